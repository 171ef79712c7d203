"""A startup's case: its story across the four services as lanes, what caused what, and the time between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query
from markupsafe import Markup
from starlette.responses import Response

from services.notifications.domain import timeline
from services.notifications.domain.lanes import Drawn, Step, Stroke, draw
from services.notifications.domain.timeline import Line
from services.notifications.models import Entry
from services.notifications.pages.facts import person
from services.notifications.pages.naming import event_name, service_of
from services.notifications.pages.place import PREFIX, SERVICES, in_zone
from services.notifications.pages.proofs import proof_state
from services.notifications.pages.rows import Row, row_of
from services.notifications.pages.sight import Sight, sees_names
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as views
from services.notifications.views import journal
from shared.errors import NotFound
from shared.http import WorkDep, does
from shared.web import Page, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 200
APART, EDGE = 24, 12
"""Between lanes, and beside the outer ones, in the units of the drawing."""

WIDTH = APART * (len(SERVICES) - 1) + 2 * EDGE


class NoSuchFile(NotFound):
    message = "There is no file with this id. Check the application's id."


@dataclass(frozen=True, kw_only=True)
class Told:
    """A row of the story."""

    row: Row
    drawing: Markup
    caused_by: Markup | None
    cause_position: int | None
    after_cause: float | None
    since_previous: float | None
    proof: str


@router.get("/{language}/files/{application_id}", **does("read_events"))
async def read_case(
    page: PageDep,
    work: WorkDep,
    application_id: UUID,
    start: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Response:
    story = timeline.in_order(await views.story(work.session, application_id))
    if not story:
        raise NoSuchFile
    page = await in_zone(page, work.session, file=application_id)
    causes = await views.causes_of(work.session, story)
    lines = list(timeline.tell(story, causes=causes))[start : start + SHOWN]
    shown = [line.entry for line in lines]
    sight = await Sight.of(page.actor, shown, work.session)
    members = await views.members_of(work.session, application_id)
    team = Sight(page.actor, await views.names_of(work.session, members) if sees_names(page.actor) else {})
    return page.show(
        "case.html",
        application_id=application_id,
        told=_told(page, lines, sight, sealed=await journal.size(work.session)),
        counts={service: sum(service_of(each.source) == service for each in story) for service in SERVICES},
        first=story[0].happened_at,
        last=story[-1].happened_at,
        total=len(story),
        complete=len(story) < views.LONGEST_TIMELINE,
        earlier=max(0, start - SHOWN) if start else None,
        later=start + SHOWN if start + SHOWN < len(story) else None,
        team=[person(page, each, team) for each in members],
        width=WIDTH,
        services=SERVICES,
    )


def _told(page: Page, lines: Sequence[Line], sight: Sight, *, sealed: int) -> list[Told]:
    entries: list[Entry] = [line.entry for line in lines]
    drawn = draw(_steps(entries))
    by_id = {str(entry.event_id): entry for entry in entries}
    return [
        Told(
            row=row_of(page, line.entry, sight),
            drawing=_drawing(row),
            caused_by=event_name(page, line.caused_by_type) if line.caused_by_type else None,
            cause_position=cause.position if (cause := by_id.get(line.entry.causation_id or "")) else None,
            after_cause=line.seconds_after_cause,
            since_previous=line.seconds_since_previous,
            proof=proof_state(line.entry.position, sealed=sealed),
        )
        for line, row in zip(lines, drawn, strict=True)
    ]


def _steps(entries: Sequence[Entry]) -> list[Step]:
    rows = {str(entry.event_id): row for row, entry in enumerate(entries)}
    return [Step(lane=_lane(entry), caused_by=rows.get(entry.causation_id or "")) for entry in entries]


def _lane(entry: Entry) -> int:
    service = service_of(entry.source)
    return SERVICES.index(service) if service in SERVICES else len(SERVICES) - 1


def _drawing(row: Drawn) -> Markup:
    """Paths in a square that is stretched to the row's height; the strokes keep their width."""
    paths = [
        Markup('<path class="{} lane-{}" d="{}"/>').format(
            "cause" if stroke.tells_cause else "lane", stroke.lane, _path(stroke)
        )
        for stroke in row.strokes
    ]
    mark = Markup('<path class="mark lane-{}" d="M{} 50h0.01"/>').format(row.lane, _x(row.lane))
    return Markup().join([*paths, mark])


def _path(stroke: Stroke) -> str:
    x, to = _x(stroke.lane), _x(stroke.to_lane)
    if stroke.part == "out_of":
        return f"M{x} 50V100"
    if stroke.part == "through":
        return f"M{x} 0V100"
    return f"M{x} 0V50" if x == to else f"M{x} 0C{x} 30 {to} 20 {to} 50"


def _x(lane: int) -> int:
    return EDGE + APART * lane
