"""What incubation holds on a person: in which columns, whose rows they are, and what forgetting does to them."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists
from sqlmodel import col, or_, select

from services.incubation.models import (
    Challenge,
    DataGrant,
    Dataset,
    DatasetContent,
    Edition,
    Evidence,
    Experimentation,
    FocusGroup,
    LicenceAcceptance,
    Measurement,
    Milestone,
    Project,
    ReadReceipt,
    Startup,
    Workshop,
    WorkshopRegistration,
)
from shared.personal import Act, Held, Register
from shared.personal.register import Rows


def _projects(person_id: UUID) -> ColumnElement[bool]:
    return or_(col(Project.lead_id) == person_id, col(Project.member_ids).contains([person_id]))


def _is_theirs(project_id: Any, person_id: UUID) -> ColumnElement[bool]:
    found: ColumnElement[bool] = col(project_id).in_(select(Project.id).where(_projects(person_id)))
    return found


def _is_of(project_id: Any, application_id: UUID) -> ColumnElement[bool]:
    project = select(Project.id).where(col(Project.application_id) == application_id)
    found: ColumnElement[bool] = col(project_id).in_(project)
    return found


def _evidence_of(application_id: UUID) -> ColumnElement[bool]:
    return col(Evidence.milestone_id).in_(select(Milestone.id).where(_is_of(Milestone.project_id, application_id)))


def _evidence_about(person_id: UUID) -> ColumnElement[bool]:
    return col(Evidence.milestone_id).in_(select(Milestone.id).where(_is_theirs(Milestone.project_id, person_id)))


def nothing_left_of(application_id: UUID) -> ColumnElement[bool]:
    """Whether the file's newest revision is erased, from which the startup's name came."""
    return ~exists().where(col(Startup.id) == application_id)


def _by(table: Any, *columns: str) -> tuple[Held, ...]:
    """Opaque ids of those who acted."""
    return tuple(
        Held(table=table, columns=(name,), of=_where(getattr(table, name)), act=Act.KEEP, because="opaque-id")
        for name in columns
    )


def _where(column: Any) -> Rows:
    return lambda person_id: col(column) == person_id


REGISTER = Register(
    held=(
        Held(
            table=WorkshopRegistration,
            columns=("name", "email", "email_key", "language"),
            of=lambda person_id: col(WorkshopRegistration.person_id) == person_id,
        ),
        Held(
            table=Startup,
            columns=("name", "title"),
            of=lambda person_id: col(Startup.id).in_(select(Project.application_id).where(_projects(person_id))),
            act=Act.KEEP,
            because="shared-file",
            with_revision=lambda application_id, revision: and_(
                col(Startup.id) == application_id, col(Startup.revision) == revision
            ),
            with_file=lambda application_id: col(Startup.id) == application_id,
            deletes_with_file=True,
        ),
        Held(
            table=Evidence,
            columns=("text", "links"),
            of=lambda person_id: col(Evidence.submitted_by) == person_id,
            about=_evidence_about,
            with_file=_evidence_of,
        ),
        Held(
            table=Evidence,
            columns=("words",),
            of=lambda person_id: col(Evidence.decided_by) == person_id,
            about=_evidence_about,
            with_file=_evidence_of,
        ),
        Held(
            table=DataGrant,
            columns=("purpose",),
            of=lambda person_id: col(DataGrant.requested_by) == person_id,
            about=lambda person_id: _is_theirs(DataGrant.project_id, person_id),
            with_file=lambda application_id: _is_of(DataGrant.project_id, application_id),
        ),
        Held(
            table=DataGrant,
            columns=("words",),
            of=lambda person_id: col(DataGrant.decided_by) == person_id,
            about=lambda person_id: _is_theirs(DataGrant.project_id, person_id),
            with_file=lambda application_id: _is_of(DataGrant.project_id, application_id),
        ),
        Held(
            table=Milestone,
            columns=("title",),
            of=lambda person_id: _is_theirs(Milestone.project_id, person_id),
            act=Act.KEEP,
            because="shared-file",
            with_file=lambda application_id: _is_of(Milestone.project_id, application_id),
        ),
        Held(
            table=Experimentation,
            columns=("protocol", "conditions", "words"),
            of=lambda person_id: or_(
                col(Experimentation.registered_by) == person_id,
                col(Experimentation.decided_by) == person_id,
                _is_theirs(Experimentation.project_id, person_id),
            ),
            act=Act.KEEP,
            because="public-record",
        ),
        Held(
            table=LicenceAcceptance,
            columns=("person_id",),
            of=lambda person_id: col(LicenceAcceptance.person_id) == person_id,
            act=Act.KEEP,
            because="proof",
        ),
        Held(
            table=ReadReceipt,
            columns=("person_id",),
            of=lambda person_id: col(ReadReceipt.person_id) == person_id,
            act=Act.KEEP,
            because="proof",
        ),
        Held(
            table=Project,
            columns=("lead_id", "member_ids"),
            of=_projects,
            act=Act.KEEP,
            because="opaque-id",
        ),
        Held(
            table=FocusGroup,
            columns=("numa_representative_id", "partner_representative_ids"),
            of=lambda person_id: or_(
                col(FocusGroup.numa_representative_id) == person_id,
                col(FocusGroup.partner_representative_ids).contains([person_id]),
            ),
            act=Act.KEEP,
            because="opaque-id",
        ),
        *_by(WorkshopRegistration, "person_id"),
        *_by(Project, "coach_id"),
        *_by(Evidence, "submitted_by", "decided_by"),
        *_by(Dataset, "offered_by"),
        *_by(DataGrant, "requested_by", "decided_by"),
        *_by(Experimentation, "registered_by", "decided_by"),
        *_by(Measurement, "recorded_by"),
    ),
    not_personal={
        Edition: "names and zones of the programme",
        Challenge: "a partner's problem, published for everyone; it names the organisation",
        Dataset: "what an organisation says of its data, to all who may ask for it",
        DatasetContent: "an organisation's data: its licence says that it holds nothing on persons",
        FocusGroup: {"partner": "an organisation"},
        Project: {"partner": "an organisation", "ended_because": "a word of ours, from a list"},
        Workshop: "published for everyone",
        WorkshopRegistration: {"state": "a word of ours", "token_digest": "of a random token"},
        Milestone: {"kind": "a word of ours, from a list", "state": "a word of ours"},
        Evidence: {"verdict": "a word of ours"},
        DataGrant: {"state": "a word of ours"},
        Experimentation: {
            "protocol_digest": "of a public text",
            "zone": "a zone's name",
            "state": "a word of ours",
            "outcome": "a word of ours, from a list",
            "means": "numbers",
        },
        Measurement: {"indicator": "a name from the public protocol", "unit": "a unit"},
    },
)
