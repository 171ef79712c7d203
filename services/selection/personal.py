"""What selection holds on a person: in which columns, whose rows they are, and what forgetting does to them."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists
from sqlmodel import col, or_, select

from services.selection.domain.decisions import DecisionsState
from services.selection.models import (
    Approval,
    Bid,
    CallForm,
    Candidate,
    Challenge,
    Conflict,
    Decision,
    Deliberation,
    Dossier,
    Edition,
    Interest,
    Jury,
    Minutes,
    PhaseOpening,
    Ranking,
    Reasons,
    Remark,
    Review,
    Seat,
    Shortlist,
    TeamMember,
)
from services.selection.personal_discussions import NOT_PERSONAL, held_in_discussions
from services.selection.personal_names import held_of_names
from services.selection.personal_ties import ties
from shared.personal import Act, Held, Register


def _applications(person_id: UUID) -> ColumnElement[bool]:
    teams = select(TeamMember.team_id).where(col(TeamMember.person_id) == person_id)
    return or_(col(Candidate.team_id).in_(teams), col(Candidate.lead_id) == person_id)


def _is_of(application_id: Any, person_id: UUID) -> ColumnElement[bool]:
    found: ColumnElement[bool] = col(application_id).in_(select(Candidate.id).where(_applications(person_id)))
    return found


def _is_told_to(application_id: Any, person_id: UUID) -> ColumnElement[bool]:
    """Of its own file, and published: nobody learns what is decided by asking for the data that is held."""
    published = (
        select(Decision.application_id)
        .join(Deliberation, col(Deliberation.id) == Decision.deliberation_id)
        .where(Deliberation.state == DecisionsState.PUBLISHED)
    )
    return and_(_is_of(application_id, person_id), col(application_id).in_(published))


def nothing_left_of(application_id: UUID) -> ColumnElement[bool]:
    """Whether the last revision of a file is erased."""
    return ~exists().where(col(Dossier.application_id) == application_id)


REGISTER = Register(
    held=(
        Held(
            table=Dossier,
            columns=("startup", "title", "summary", "answers", "attachments"),
            of=lambda person_id: _is_of(Dossier.application_id, person_id),
            act=Act.KEEP,
            because="shared-file",
            with_revision=lambda application_id, revision: and_(
                col(Dossier.application_id) == application_id, col(Dossier.revision) == revision
            ),
            with_file=lambda application_id: col(Dossier.application_id) == application_id,
            deletes_with_file=True,
        ),
        Held(
            table=Review,
            columns=("note", "recused_because"),
            of=lambda person_id: col(Review.juror_id) == person_id,
            about=lambda person_id: _is_told_to(Review.application_id, person_id),
            with_file=lambda application_id: col(Review.application_id) == application_id,
        ),
        # An applicant's reasons: they stay with the applicant's file, whoever wrote them.
        Held(
            table=Review,
            columns=("comment", "remarks"),
            of=lambda person_id: or_(col(Review.juror_id) == person_id, _is_told_to(Review.application_id, person_id)),
            act=Act.KEEP,
            because="reason-given",
            with_file=lambda application_id: col(Review.application_id) == application_id,
        ),
        Held(
            table=Review,
            columns=("juror_id",),
            of=lambda person_id: col(Review.juror_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Conflict,
            columns=("note", "decided_because"),
            of=lambda person_id: col(Conflict.juror_id) == person_id,
            about=lambda person_id: _is_of(Conflict.application_id, person_id),
            with_file=lambda application_id: col(Conflict.application_id) == application_id,
        ),
        Held(
            table=Conflict,
            columns=("juror_id",),
            of=lambda person_id: col(Conflict.juror_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Conflict,
            columns=("decided_by",),
            of=lambda person_id: col(Conflict.decided_by) == str(person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
        *ties(_is_of),
        Held(
            table=Decision,
            columns=("changed_because", "because_salt"),
            of=lambda person_id: _is_told_to(Decision.application_id, person_id),
            act=Act.KEEP,
            because="reason-given",
            with_file=lambda application_id: col(Decision.application_id) == application_id,
        ),
        Held(
            table=Decision,
            columns=("changed_by",),
            of=lambda person_id: col(Decision.changed_by) == str(person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=PhaseOpening,
            columns=("reason",),
            of=lambda person_id: col(PhaseOpening.opened_by) == str(person_id),
        ),
        Held(
            table=PhaseOpening,
            columns=("opened_by",),
            of=lambda person_id: col(PhaseOpening.opened_by) == str(person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Seat,
            columns=("juror_id",),
            of=lambda person_id: col(Seat.juror_id) == person_id,
            act=Act.DELETE,
        ),
        Held(
            table=TeamMember,
            columns=("person_id",),
            of=lambda person_id: col(TeamMember.person_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Candidate,
            columns=("lead_id",),
            of=lambda person_id: col(Candidate.lead_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Ranking,
            columns=("frozen_by",),
            of=lambda person_id: col(Ranking.frozen_by) == str(person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Deliberation,
            columns=("proposed_by", "published_by"),
            of=lambda person_id: or_(
                col(Deliberation.proposed_by) == str(person_id), col(Deliberation.published_by) == str(person_id)
            ),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Reasons,
            columns=("passages", "salt", "compiled"),
            of=lambda person_id: and_(
                _is_told_to(Reasons.application_id, person_id),
                col(Reasons.deliberation_id).in_(
                    select(Deliberation.id).where(Deliberation.state == DecisionsState.PUBLISHED)
                ),
            ),
            act=Act.KEEP,
            because="reason-given",
            with_file=lambda application_id: col(Reasons.application_id) == application_id,
        ),
        Held(
            table=Reasons,
            columns=("edited_by", "signed_by"),
            of=lambda person_id: or_(
                col(Reasons.edited_by) == str(person_id), col(Reasons.signed_by) == str(person_id)
            ),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Remark,
            columns=("words", "salt"),
            of=lambda person_id: or_(
                col(Remark.made_by) == str(person_id),
                col(Remark.juror_id) == person_id,
                _is_told_to(Remark.application_id, person_id),
            ),
            act=Act.KEEP,
            because="reason-given",
            with_file=lambda application_id: col(Remark.application_id) == application_id,
        ),
        Held(
            table=Remark,
            columns=("made_by", "juror_id"),
            of=lambda person_id: or_(col(Remark.made_by) == str(person_id), col(Remark.juror_id) == person_id),
            act=Act.KEEP,
            because="opaque-id",
        ),
        *held_of_names(),
        Held(
            table=Shortlist,
            columns=("opened_by", "ordered_by"),
            of=lambda person_id: or_(
                col(Shortlist.opened_by) == str(person_id), col(Shortlist.ordered_by) == str(person_id)
            ),
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=Approval,
            columns=("approver_id",),
            of=lambda person_id: col(Approval.approver_id) == person_id,
            act=Act.KEEP,
            because="opaque-id",
        ),
        *held_in_discussions(_is_of),
    ),
    not_personal={
        **NOT_PERSONAL,
        Edition: "names and zones of the programme",
        Challenge: "a partner's problem, published for everyone; it names the organisation",
        CallForm: "what a call asks, in the programme's words, published for everyone",
        Jury: "the rule of a jury, and its phases",
        PhaseOpening: {"phase": "a word of ours"},
        Candidate: {"state": "a word of ours"},
        Conflict: {
            "kind": "a word of ours, from a list",
            "state": "a word of ours",
            "evidence": "kinds and ids of ties, which name nobody",
        },
        Interest: {"kind": "a word of ours, from a list", "source": "a word of ours"},
        Bid: {"bid": "a word of ours, from a list"},
        Review: {"state": "a word of ours", "scores": "numbers, by criterion", "abstained": "names of criteria"},
        Ranking: {
            "method": "a word of ours",
            "inputs": "ids and numbers",
            "inputs_digest": "of ids and numbers",
            "files": "ids and numbers",
            "report": "ids, numbers and sentences of ours",
            "result_digest": "of ids and numbers",
            "libraries": "names and versions of software",
        },
        Deliberation: {
            "state": "a word of ours",
            "kind": "a word of ours",
            "capacities": "numbers",
            "reserves": "numbers",
            "vacated": "ids",
            "market": "ids and numbers",
            "salt": "chance",
        },
        Decision: {"outcome": "a word of ours", "because_digest": "salted; it says nothing once the salt is erased"},
        Minutes: "ids, numbers, words of ours and salted digests",
        Remark: {"kind": "a word of ours", "digest": "salted; it says nothing once the salt is erased"},
        Reasons: {"digest": "salted; it says nothing once the salt is erased"},
        Approval: {"digest": "of ids, words of ours and salted digests", "voided_because": "a word of ours"},
    },
)
