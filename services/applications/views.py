"""What each asker may read; every list goes through a scoper that denies by default."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlmodel import col, select

from services.applications import contents, relations, repository
from services.applications.domain import applications, challenges, teams
from services.applications.domain.applications import SHOWN_ONCE_OPENED, Content, Status
from services.applications.domain.attachments import NoSuchAttachment
from services.applications.domain.calls import CallStatus
from services.applications.domain.challenges import ChallengeStatus
from services.applications.models import (
    Application,
    Attachment,
    AttachmentContent,
    Call,
    Challenge,
    Conflict,
    Edition,
    Person,
    Revision,
    Team,
    TeamMember,
)
from services.applications.permissions import authorise_or_hide, person_id
from shared.clock import Deadline
from shared.identity import Actor, Resource
from shared.work import Work

After = tuple[Any, ...] | None
"""The sort key of the last row of the page before: when it was made, and its id."""


class Member(NamedTuple):
    person_id: UUID
    name: str


class File(NamedTuple):
    """An application as one asker may see it: its team its draft, others what was handed in."""

    application: Application
    startup: str
    content: Content
    attachments: Sequence[Attachment]
    deadline: Deadline
    unsubmitted_changes: bool


class Line(NamedTuple):
    """An application in a list, by the same rule."""

    application: Application
    startup: str
    title: str | None
    challenge_ids: Sequence[UUID]


async def editions(work: Work, *, after: After, limit: int) -> Sequence[Edition]:
    return await _page(work, select(Edition), Edition, after=after, limit=limit)


async def challenges_shown(work: Work, *, edition_id: UUID | None, after: After, limit: int) -> Sequence[Challenge]:
    query = select(Challenge).where(visible_challenges(work.actor))
    if edition_id:
        query = query.where(col(Challenge.edition_id) == edition_id)
    return await _page(work, query, Challenge, after=after, limit=limit)


async def challenge(work: Work, challenge_id: UUID) -> Challenge:
    found = await work.session.get(Challenge, challenge_id)
    if found is None or not relations.may_read_challenge(work.actor, found):
        raise challenges.NoSuchChallenge
    return found


def visible_challenges(actor: Actor) -> ColumnElement[bool]:
    """Published ones for all, a partner's own for that partner, all for staff."""
    if actor.holds("staff"):
        return true()
    published = col(Challenge.status) == ChallengeStatus.PUBLISHED
    if actor.holds("partner") and actor.organisation is not None:
        return or_(published, col(Challenge.partner) == actor.organisation)
    return published


async def calls_shown(work: Work, *, edition_id: UUID | None, after: After, limit: int) -> Sequence[Call]:
    query = select(Call)
    if edition_id:
        query = query.where(col(Call.edition_id) == edition_id)
    return await _page(work, query, Call, after=after, limit=limit)


async def contact(work: Work) -> Person:
    """How to reach who asks."""
    found = await work.session.get(Person, person_id(work.actor))
    if found is None or found.forgotten_at is not None:
        raise teams.NoContactYet
    return found


async def teams_of(work: Work, *, after: After, limit: int) -> Sequence[Team]:
    """Those that who asks belongs to."""
    mine = select(TeamMember.team_id).where(col(TeamMember.person_id) == person_id(work.actor))
    return await _page(work, select(Team).where(col(Team.id).in_(mine)), Team, after=after, limit=limit)


async def team(work: Work, team_id: UUID) -> tuple[Team, Sequence[Member]]:
    found = await work.session.get(Team, team_id)
    if found is None:
        raise teams.NoSuchTeam
    query = (
        select(TeamMember.person_id, Person.name)
        .join(Person, col(Person.id) == col(TeamMember.person_id))
        .where(col(TeamMember.team_id) == team_id)
        .order_by(col(TeamMember.joined_at), col(TeamMember.id))
    )
    members = [Member(*row) for row in await work.session.exec(query)]
    related = {"member"} if person_id(work.actor) in {member.person_id for member in members} else set()
    resource = Resource(related, await relations.seal_of_team(work, found))
    authorise_or_hide(work.actor, "read_team", resource, hidden=teams.NoSuchTeam())
    return found, members


def visible_applications(actor: Actor) -> ColumnElement[bool]:
    """Own ones for applicants; once opened others' for staff, those matched to it for a partner; none in conflict."""
    me = person_id(actor)
    opened = and_(
        col(Application.status).in_(SHOWN_ONCE_OPENED),
        exists().where(col(Call.id) == col(Application.call_id), col(Call.status) == CallStatus.OPENED),
    )
    declared = exists().where(col(Conflict.application_id) == col(Application.id), col(Conflict.juror_id) == me)
    barred = or_(declared, _is_mine(me))
    visible: list[ColumnElement[bool]] = [false()]
    if actor.holds("applicant"):
        visible.append(_is_mine(me))
    if actor.holds("staff"):
        visible.append(and_(opened, ~barred))
    if actor.holds("partner") and actor.organisation is not None:
        matched = and_(
            col(Application.status) == Status.SELECTED, col(Application.matched_partner) == actor.organisation
        )
        visible.append(and_(opened, matched, ~barred))
    return or_(*visible)


async def applications_shown(
    work: Work, *, call_id: UUID | None, status: str | None, after: After, limit: int
) -> Sequence[Line]:
    mine = _is_mine(person_id(work.actor))
    query = (
        select(Application, Team.name, Revision, mine)
        .join(Team, col(Team.id) == col(Application.team_id))
        .outerjoin(
            Revision,
            and_(
                col(Revision.application_id) == col(Application.id),
                col(Revision.number) == col(Application.revision),
            ),
        )
        .where(visible_applications(work.actor))
    )
    if call_id:
        query = query.where(col(Application.call_id) == call_id)
    if status:
        query = query.where(col(Application.status) == status)
    rows = await _page(work, query, Application, after=after, limit=limit)
    return [
        Line(found, startup, found.title, found.challenge_ids)
        if is_mine or revision is None
        else Line(found, revision.startup, revision.title, _challenges_shown_to(work.actor, found, revision))
        for found, startup, revision, is_mine in rows
    ]


async def file(work: Work, application_id: UUID) -> File:
    """An application with its text and the list of its files."""
    found = await work.session.get(Application, application_id)
    if found is None:
        raise applications.NoSuchApplication
    resource = await relations.to_file(work, found)
    relations.authorise_file(work.actor, "read_application", resource)

    schedule = await repository.schedule(work, found.call_id, hold=False)
    revision = await repository.revision(work, found.id, found.revision)
    handed_in = contents.of_revision(revision)
    if "member" in resource.relations or revision is None or handed_in is None:
        startup = (await work.session.exec(select(Team.name).where(col(Team.id) == found.team_id))).one()
        attachments: Sequence[Attachment] = await repository.draft_attachments(work, found.id)
        content = contents.of_draft(found, attachments)
        changed = content != handed_in
    else:
        shown = _challenges_shown_to(work.actor, found, revision)
        startup, content, changed = revision.startup, replace(handed_in, challenge_ids=tuple(shown)), False
        attachments = await _attachments(work, content.attachment_ids)
    deadline = schedule.deadline_for(content.challenge_ids)
    return File(found, startup, content, attachments, deadline, changed)


async def revisions(work: Work, application_id: UUID) -> tuple[File, Sequence[Revision]]:
    """All that was handed in, oldest first, beside what `file` shows."""
    shown = await file(work, application_id)
    query = select(Revision).where(col(Revision.application_id) == application_id).order_by(col(Revision.number))
    return shown, list(await work.session.exec(query))


async def attachment(work: Work, application_id: UUID, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """A file of a draft for its team; of what was handed in last for others who may read it."""
    found = await work.session.get(Application, application_id)
    if found is None:
        raise applications.NoSuchApplication
    resource = await relations.to_file(work, found)
    relations.authorise_file(work.actor, "read_attachment", resource)

    wanted = await work.session.get(Attachment, attachment_id)
    if wanted is None or wanted.application_id != application_id:
        raise NoSuchAttachment
    revision = await repository.revision(work, found.id, found.revision)
    is_handed_in = revision is not None and attachment_id in contents.attachment_ids(revision)
    is_in_draft = wanted.removed_at is None and "member" in resource.relations
    if not (is_handed_in or is_in_draft):
        raise NoSuchAttachment
    content = select(AttachmentContent.content).where(col(AttachmentContent.id) == attachment_id)
    return wanted, (await work.session.exec(content)).one()


def _challenges_shown_to(actor: Actor, application: Application, revision: Revision) -> Sequence[UUID]:
    """A partner is shown its own challenge, and not which others the team would have liked too."""
    if actor.holds("staff") or application.matched_challenge_id is None:
        return revision.challenge_ids
    return [application.matched_challenge_id]


def _is_mine(me: UUID) -> ColumnElement[bool]:
    return exists().where(col(TeamMember.team_id) == col(Application.team_id), col(TeamMember.person_id) == me)


async def _attachments(work: Work, ids: frozenset[UUID]) -> Sequence[Attachment]:
    query = select(Attachment).where(col(Attachment.id).in_(ids)).order_by(col(Attachment.created_at))
    return list(await work.session.exec(query))


async def _page(work: Work, query: Any, of: Any, *, after: After, limit: int) -> Sequence[Any]:
    """Keyset paging, oldest first."""
    made, id_ = col(of.created_at), col(of.id)
    if after is not None:
        query = query.where(or_(made > after[0], and_(made == after[0], id_ > after[1])))
    return list(await work.session.exec(query.order_by(made, id_).limit(limit)))
