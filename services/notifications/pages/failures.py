"""What failed, in each service: keys in quarantine, grouped by what went wrong, one event of them, and parked keys."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, get_args

from fastapi import Path, Request
from markupsafe import Markup
from starlette.responses import Response

from services.notifications.pages.naming import event_name
from services.notifications.pages.operators import Operators, segment
from services.notifications.pages.place import PREFIX, in_zone
from services.notifications.permissions import PERMISSIONS
from shared.errors import NotFound
from shared.events.operations import ReleaseReason
from shared.http import WorkDep, does
from shared.web import Page, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 100
REASONS = ("malformed", "not-ours", "superseded", "obsolete", "mended-by-hand")

Service = Literal["applications", "selection", "incubation", "notifications"]
Fingerprint = Annotated[str, Path(min_length=1, max_length=64, pattern="^[0-9a-z-]+$")]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/{language}/failures", **does("watch_operations"))
async def read_failures(request: Request, page: PageDep, work: WorkDep) -> Response:
    page = await in_zone(page, work.session)
    operators = Operators(request)
    groups, parked = await asyncio.gather(
        operators.of_all("quarantine/groups", limit=SHOWN), operators.of_all("outbox/parked", limit=SHOWN)
    )
    return page.show(
        "failures.html",
        answers=list(zip(groups, parked, strict=True)),
        may_release_keys=bool(PERMISSIONS.decide(page.actor, "release_outbox")),
        release_reasons=get_args(ReleaseReason),
        instant=datetime.fromisoformat,
        type_name=names(page),
    )


@router.get("/{language}/failures/{service}/{fingerprint}", **does("watch_operations"))
async def read_group(
    request: Request, page: PageDep, work: WorkDep, service: Service, fingerprint: Fingerprint
) -> Response:
    page = await in_zone(page, work.session)
    return await group(request, page, service, fingerprint)


@router.get("/{language}/failures/{service}/events/{number}", **does("watch_operations"))
async def read_failed_event(
    request: Request, page: PageDep, work: WorkDep, service: Service, number: Number
) -> Response:
    page = await in_zone(page, work.session)
    return await event(request, page, service, number)


async def group(request: Request, page: Page, service: str, fingerprint: str) -> Response:
    """The page of a group."""
    found = await Operators(request).get(service, "quarantine/events", fingerprint=fingerprint, limit=SHOWN)
    return page.show(
        "failure_group.html",
        answer=found,
        service=service,
        fingerprint=fingerprint,
        may_release=bool(PERMISSIONS.decide(page.actor, "release_quarantine")),
        instant=datetime.fromisoformat,
        type_name=names(page),
    )


async def event(request: Request, page: Page, service: str, number: int) -> Response:
    """The page of one event in quarantine."""
    found = await Operators(request).get(service, f"quarantine/events/{segment(str(number))}")
    if found.status == 404:
        raise NotFound
    return page.show(
        "failure_event.html",
        answer=found,
        service=service,
        number=number,
        may_release=bool(PERMISSIONS.decide(page.actor, "release_quarantine")),
        may_discard=bool(PERMISSIONS.decide(page.actor, "discard_quarantine")),
        reasons=REASONS,
        instant=datetime.fromisoformat,
        type_name=names(page),
    )


def names(page: Page) -> Callable[[str | None], Markup]:
    def name(type_: str | None) -> Markup:
        return event_name(page, type_) if type_ else page.speech.t("failure.no_type")

    return name
