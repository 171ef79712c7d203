"""The event log as a page: newest first, filtered by its address, read on by keysets, live where scripts run."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from services.notifications.models import Entry
from services.notifications.pages.filtering import Form
from services.notifications.pages.naming import event_key
from services.notifications.pages.place import PREFIX, SERVICES, in_zone
from services.notifications.pages.rows import rows_of
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as views
from services.notifications.views.entries import Place
from shared.events import EVENTS, PUBLISHERS
from shared.http import Cursor, WorkDep, does
from shared.web import Page, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 50

Before = Annotated[str | None, Query(min_length=1, max_length=200)]


@router.get("/{language}/events", **does("read_events"))
async def read_event_log(request: Request, page: PageDep, work: WorkDep, before: Before = None) -> Response:
    page = await in_zone(page, work.session)
    form = Form.of(request)
    head = await views.head(work.session)
    by_time = form.asked.since is not None or form.asked.until is not None
    found: list[Entry] = []
    if not form.wrong:
        filters = form.asked.filters(page.speech.zone)
        place = _place(before, by_time=by_time)
        found = list(await views.newest(work.session, filters, head=head, before=place, limit=SHOWN + 1))
    shown = found[:SHOWN]
    return page.show(
        "event_log.html",
        status=422 if form.wrong else 200,
        form=form,
        rows=await rows_of(page, shown, work.session),
        older=_cursor(shown[-1], by_time=by_time) if len(found) > SHOWN else None,
        first_page=before is None,
        follow=form.query(after=head) if before is None and form.asked.until is None and not form.wrong else None,
        now=work.now,
        services=SERVICES,
        types=_types(page),
    )


def _place(before: str | None, *, by_time: bool) -> Place | None:
    if before is None:
        return None
    if by_time:
        time, position = Cursor.decode(before, datetime, int)
        return Place(position=position, happened_at=time)
    (position,) = Cursor.decode(before, int)
    return Place(position=position)


def _cursor(last: Entry, *, by_time: bool) -> str:
    return Cursor.encode((last.happened_at, last.position) if by_time else (last.position,))


def _types(page: Page) -> dict[str, list[tuple[str, str]]]:
    """For each service the types that it publishes, by their names in the reader's language."""
    found: dict[str, list[tuple[str, str]]] = {}
    for service, module in PUBLISHERS.items():
        own = [type_ for type_, event in EVENTS.items() if f"{event.__module__}.".startswith(f"{module.__name__}.")]
        named = [(type_, page.speech.plain(event_key(type_))) for type_ in own if page.speech.has(event_key(type_))]
        found[service] = sorted(named, key=lambda pair: pair[1])
    return found
