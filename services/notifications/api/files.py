"""A file's story over HTTP: whole for staff and auditors, the own part for its applicant."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from services.notifications.api.shown import PREFIX, data_for
from services.notifications.domain import timeline
from services.notifications.domain.timeline import SHOWN_TO_APPLICANT, Line
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as views
from shared.errors import NotFound
from shared.http import View, WorkDep, does, service_router
from shared.identity import Actor, Resource

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["files"])


class FileUnknown(NotFound):
    message = "There is no file with this id, or it is not yours. Check the application's id."


class LineView(View):
    """An event of the story, what caused it, and how long after."""

    position: int
    id: UUID
    time: datetime
    type: str
    service: str
    actor: str
    subject: str
    sequence: int
    caused_by: str | None
    caused_by_type: str | None
    seconds_after_cause: float | None
    seconds_since_previous: float | None
    data: Any

    @classmethod
    def of(cls, line: Line, *, reader: Actor) -> Self:
        entry = line.entry
        return cls(
            position=entry.position,
            id=entry.event_id,
            time=entry.happened_at,
            type=entry.type,
            service=entry.source.rpartition("/")[2],
            actor=entry.actor,
            subject=entry.subject,
            sequence=entry.sequence,
            caused_by=entry.causation_id,
            caused_by_type=line.caused_by_type,
            seconds_after_cause=line.seconds_after_cause,
            seconds_since_previous=line.seconds_since_previous,
            data=data_for(reader, entry),
        )


class ApplicantLineView(View):
    """An event of the own file; it names no juror and no other person."""

    id: UUID
    time: datetime
    type: str
    seconds_since_previous: float | None
    data: dict[str, Any]

    @classmethod
    def of(cls, line: Line, *, reader: Actor) -> Self:
        del reader
        entry = line.entry
        return cls(
            id=entry.event_id,
            time=entry.happened_at,
            type=entry.type,
            seconds_since_previous=line.seconds_since_previous,
            data=timeline.for_applicant(entry.data, entry.type),
        )


class TimelineView(View):
    """All that happened to a file, in order."""

    application_id: UUID
    lines: list[LineView | ApplicantLineView]
    complete: bool = Field(description="False if there is more than is shown; read on with GET /events?file=….")


@router.get("/files/{application_id}/timeline", **does("read_timeline"))
async def read_timeline(application_id: UUID, work: WorkDep) -> TimelineView:
    mine = await views.is_member(work.session, application_id, work.actor.person_id)
    if not PERMISSIONS.decide(work.actor, "read_timeline", Resource({"member"} if mine else ())):
        raise FileUnknown
    whole = bool(PERMISSIONS.decide(work.actor, "read_events"))
    story = await views.story(work.session, application_id, types=None if whole else SHOWN_TO_APPLICANT.keys())
    if not story:
        raise FileUnknown
    causes = await views.causes_of(work.session, story) if whole else {}
    shown = LineView if whole else ApplicantLineView
    return TimelineView(
        application_id=application_id,
        lines=[shown.of(line, reader=work.actor) for line in timeline.tell(timeline.in_order(story), causes=causes)],
        complete=len(story) < views.LONGEST_TIMELINE,
    )
