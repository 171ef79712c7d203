"""Letting failed events go on, or letting them go: a reason is asked, a dry run is shown, and only then is it done.

Nothing is decided here: each order goes through the service's own operations, which check, do and record it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from services.notifications.pages.failures import Fingerprint, Number, Service, names
from services.notifications.pages.operators import Answer, Operators
from services.notifications.pages.place import PREFIX, zone
from services.notifications.permissions import PERMISSIONS
from shared.events.operations import DiscardReason
from shared.http import Safe, WorksDep, does
from shared.web import FORM, Page, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), Safe(multiline=True)]


class ReleaseForm(BaseModel):
    """Why, and whether the dry run has been seen."""

    model_config = ConfigDict(frozen=True)

    note: Why
    confirmed: Literal["yes"] | None = None


class DiscardForm(ReleaseForm):
    reason: DiscardReason


@router.post(
    "/{language}/failures/{service}/{fingerprint}/release",
    **does("release_quarantine", transaction=False, accepts=[FORM]),
)
async def release_group(
    request: Request, page: PageDep, works: WorksDep, service: Service, fingerprint: Fingerprint
) -> Response:
    form = await form_of(request, ReleaseForm)
    answer = await _order(request, service, f"quarantine/groups/{fingerprint}/release", form, {"note": form.note})
    return await _show(page, works, "release.html", form, answer, back=f"failures/{service}/{fingerprint}")


@router.post(
    "/{language}/failures/{service}/events/{number}/release",
    **does("release_quarantine", transaction=False, accepts=[FORM]),
)
async def release_event(request: Request, page: PageDep, works: WorksDep, service: Service, number: Number) -> Response:
    form = await form_of(request, ReleaseForm)
    answer = await _order(request, service, f"quarantine/events/{number}/release", form, {"note": form.note})
    return await _show(page, works, "release.html", form, answer, back=f"failures/{service}/events/{number}")


@router.post(
    "/{language}/failures/{service}/events/{number}/discard",
    **does("discard_quarantine", transaction=False, accepts=[FORM]),
)
async def discard_event(request: Request, page: PageDep, works: WorksDep, service: Service, number: Number) -> Response:
    form = await form_of(request, DiscardForm)
    body = {"reason": form.reason, "note": form.note}
    answer = await _order(request, service, f"quarantine/events/{number}/discard", form, body)
    return await _show(page, works, "discard.html", form, answer, back=f"failures/{service}/events/{number}")


async def _order(request: Request, service: str, path: str, form: ReleaseForm, body: Mapping[str, Any]) -> Answer:
    return await Operators(request).post(service, path, {**body, "dry_run": form.confirmed is None})


async def _show(
    page: Page, works: WorksDep, template: str, form: ReleaseForm, answer: Answer, *, back: str
) -> Response:
    """The rehearsal with a button to go through with it, or what was done."""
    async with works.begin(actor=page.actor, read_only=True) as work:
        page = page.in_zone(await zone(work.session))
    return page.show(
        template,
        status=answer.status if answer.state == "refused" else 200,
        place=f"{page.root}/{back}",
        back=f"{page.root}/{back}",
        form=form,
        answer=answer,
        rehearsed=form.confirmed is None,
        instant=datetime.fromisoformat,
        type_name=names(page),
    )
