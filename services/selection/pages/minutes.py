"""The minutes of published decisions, drawn in one of three languages and given as a download."""

import asyncio
from uuid import UUID

from starlette.responses import Response

from services.selection.domain.tongues import Language
from services.selection.minutes.rendering import pdf_of
from services.selection.pages.place import PREFIX
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import minutes as views
from shared.http import WorkDep, does
from shared.web import page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/decisions/{decisions_id}/minutes/{tongue}", **does("read_minutes"))
async def draw_minutes(work: WorkDep, decisions_id: UUID, tongue: Language) -> Response:
    row = await views.minutes(work.session, decisions_id, person_id=person_id(work.actor))
    # Off the event loop: other requests go on while it is drawn.
    drawn = await asyncio.to_thread(pdf_of, row.facts, digest=row.digest, words=row.words, language=tongue)
    named = f'attachment; filename="minutes-{decisions_id}-{tongue}.pdf"'
    return Response(drawn, media_type="application/pdf", headers={"Content-Disposition": named})
