"""How each service's backbone stands: what it has to hear and to tell, what is stuck; and how far all is sealed."""

import asyncio

from fastapi import Request
from starlette.responses import Response

from services.notifications.pages.operators import Operators
from services.notifications.pages.place import PREFIX, in_zone
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as views
from services.notifications.views import journal
from shared.http import WorkDep, does
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

LATE_SECONDS = 60
"""An outbox whose oldest event waits for longer is late; the alerts say the same."""


@router.get("/{language}/health", **does("watch_operations"))
async def read_health(request: Request, page: PageDep, work: WorkDep) -> Response:
    page = await in_zone(page, work.session)
    operators = Operators(request)
    counted, standing = await asyncio.gather(operators.of_all("backbone"), operators.of_all("standing"))
    return page.show(
        "health.html",
        answers=zip(counted, standing, strict=True),
        head=await views.head(work.session),
        sealed=await journal.size(work.session),
        vkeys=await journal.vkeys(work.session),
        witnesses=await journal.witnesses(work.session),
        late_seconds=LATE_SECONDS,
    )
