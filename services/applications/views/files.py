"""Applications and what belongs to them, as each asker may read them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_
from sqlmodel import col, select

from services.applications import contents, relations, repository
from services.applications.domain import applications, completeness
from services.applications.domain.applications import SHOWN_ONCE_OPENED, Content, Status
from services.applications.domain.attachments import NoSuchAttachment
from services.applications.domain.calls import CallStatus
from services.applications.domain.completeness import Completeness
from services.applications.domain.uploads import NoSuchUpload
from services.applications.models import (
    Application,
    Attachment,
    AttachmentContent,
    Call,
    Conflict,
    Revision,
    Team,
    TeamMember,
    Upload,
)
from services.applications.permissions import person_id
from services.applications.schedules import Schedule
from services.applications.views.paging import After, page_of
from shared.clock import Deadline
from shared.identity import Actor
from shared.work import Work


class File(NamedTuple):
    """An application as one asker may see it: its team its draft, others what was handed in."""

    application: Application
    startup: str
    content: Content
    attachments: Sequence[Attachment]
    deadline: Deadline
    unsubmitted_changes: bool
    completeness: Completeness | None
    """What it lacks to be handed in now; for its team alone, as long as it may write."""
    is_own: bool
    schedule: Schedule

    def may_write(self, *, now: datetime) -> bool:
        team_id, status = self.application.team_id, self.application.status
        return self.is_own and status in applications.WRITABLE and self.schedule.takes_drafts(team_id=team_id, now=now)

    def may_hand_in(self, *, now: datetime) -> bool:
        return self.schedule.takes(self.content.challenge_ids, team_id=self.application.team_id, now=now)

    def is_over(self, *, now: datetime) -> bool:
        return self.schedule.is_over(self.content.challenge_ids, team_id=self.application.team_id, now=now)


class Line(NamedTuple):
    """An application in a list, by the same rule."""

    application: Application
    startup: str
    title: str | None
    challenge_ids: Sequence[UUID]


def visible_applications(actor: Actor) -> ColumnElement[bool]:
    """Own ones for applicants; once opened others' for staff, those matched to it for a partner; none in conflict."""
    me = person_id(actor)
    opened = and_(
        col(Application.status).in_(SHOWN_ONCE_OPENED),
        exists().where(col(Call.id) == col(Application.call_id), col(Call.status) == CallStatus.OPENED),
    )
    barred = is_barred(me)
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
    rows = await page_of(work, query, Application, after=after, limit=limit)
    return [
        Line(found, startup, found.title, found.challenge_ids)
        if is_mine or revision is None
        else Line(found, revision.startup, revision.title, _challenges_shown_to(work.actor, found, revision))
        for found, startup, revision, is_mine in rows
    ]


async def file(work: Work, application_id: UUID) -> File:
    """An application with its text and the list of its files."""
    found, resource = await relations.file_to(work, application_id, "read_application")

    # What a team got by itself is its own affair, and that of those who gave it.
    team_id = found.team_id if "member" in resource.relations or work.actor.holds("staff") else None
    schedule = await repository.schedule(work, found.call_id, hold=False, team_id=team_id)
    revision = await repository.revision(work, found.id, found.revision)
    handed_in = contents.of_revision(revision)
    lacks: Completeness | None = None
    if "member" in resource.relations or revision is None or handed_in is None:
        startup = (await work.session.exec(select(Team.name).where(col(Team.id) == found.team_id))).one()
        attachments: Sequence[Attachment] = await repository.draft_attachments(work, found.id)
        content = contents.of_draft(found, attachments)
        form = await repository.form_in_force(work, schedule.call)
        changed = completeness.handed_in(form, content) != handed_in
        if found.status in applications.WRITABLE:
            lacks = completeness.completeness(form, content, work.now)
    else:
        shown = _challenges_shown_to(work.actor, found, revision)
        startup, content, changed = revision.startup, replace(handed_in, challenge_ids=tuple(shown)), False
        attachments = await _attachments(work, content.attachment_ids)
    deadline = schedule.deadline_for(content.challenge_ids, team_id=team_id)
    return File(
        found, startup, content, attachments, deadline, changed, lacks, "member" in resource.relations, schedule
    )


async def revisions(work: Work, application_id: UUID) -> tuple[File, Sequence[Revision]]:
    """All that was handed in, oldest first, beside what `file` shows."""
    shown = await file(work, application_id)
    query = select(Revision).where(col(Revision.application_id) == application_id).order_by(col(Revision.number))
    return shown, list(await work.session.exec(query))


async def attachment(work: Work, application_id: UUID, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """A file of a draft for its team; of what was handed in last for others who may read it."""
    found, resource = await relations.file_to(work, application_id, "read_attachment")

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


async def upload(work: Work, application_id: UUID, upload_id: UUID) -> Upload:
    """How far a file has come in, for those who may go on with it."""
    await relations.file_to(work, application_id, "attach_file")
    wanted = await work.session.get(Upload, upload_id)
    if wanted is None or wanted.application_id != application_id or wanted.expires_at <= work.now:
        raise NoSuchUpload
    return wanted


def _challenges_shown_to(actor: Actor, application: Application, revision: Revision) -> Sequence[UUID]:
    """A partner is shown its own challenge, and not which others the team would have liked too."""
    if actor.holds("staff") or application.matched_challenge_id is None:
        return revision.challenge_ids
    return [application.matched_challenge_id]


def is_barred(me: UUID) -> ColumnElement[bool]:
    """Of one's own team, or in conflict with oneself: whatever else one is, one decides nothing of it."""
    declared = exists().where(col(Conflict.application_id) == col(Application.id), col(Conflict.juror_id) == me)
    return or_(declared, _is_mine(me))


def _is_mine(me: UUID) -> ColumnElement[bool]:
    return exists().where(col(TeamMember.team_id) == col(Application.team_id), col(TeamMember.person_id) == me)


async def _attachments(work: Work, ids: frozenset[UUID]) -> Sequence[Attachment]:
    query = select(Attachment).where(col(Attachment.id).in_(ids)).order_by(col(Attachment.created_at))
    return list(await work.session.exec(query))
