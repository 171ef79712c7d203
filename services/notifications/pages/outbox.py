"""Letting a service's relay take up a key again that it could not publish: why is asked, a dry run is shown, then done.

Nothing is decided here: the order goes through the service's own operations, which check, do and record it.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from services.notifications.pages.failures import Service
from services.notifications.pages.operators import Operators
from services.notifications.pages.place import PREFIX, zone
from services.notifications.permissions import PERMISSIONS
from shared.events.operations import ReleaseReason
from shared.http import Safe, WorksDep, does
from shared.web import FORM, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

Named = Annotated[str, StringConstraints(min_length=1, max_length=200), Safe()]


class ReleaseKeyForm(BaseModel):
    """Which key, why, and whether the dry run has been seen."""

    model_config = ConfigDict(frozen=True)

    topic: Named
    key: Named
    reason: ReleaseReason
    confirmed: Literal["yes"] | None = None


@router.post("/{language}/outbox/{service}/release", **does("release_outbox", transaction=False, accepts=[FORM]))
async def release_key(request: Request, page: PageDep, works: WorksDep, service: Service) -> Response:
    form = await form_of(request, ReleaseKeyForm)
    order: dict[str, Any] = form.model_dump(exclude={"confirmed"}) | {"dry_run": form.confirmed is None}
    answer = await Operators(request).post(service, "outbox/release", order)
    async with works.begin(actor=page.actor, read_only=True) as work:
        page = page.in_zone(await zone(work.session))
    return page.show(
        "outbox_release.html",
        status=answer.status if answer.state == "refused" else 200,
        place=f"{page.root}/failures",
        back=f"{page.root}/failures",
        form=form,
        answer=answer,
        service=service,
        rehearsed=form.confirmed is None,
        instant=datetime.fromisoformat,
    )
