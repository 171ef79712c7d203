"""Routes of a jury's minutes: the facts, and the document in three languages."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from services.selection.domain.tongues import Language
from services.selection.minutes.rendering import pdf_of
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import minutes as views
from shared.http import View, WorkDep, does, service_router

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["minutes"])


class MinutesView(View):
    """What the minutes are made of. `digest` is the SHA-256 of `facts` as canonical JSON, as the event of the
    publication tells it; words of people are apart from them, as they may be erased."""

    decisions_id: UUID
    digest: str
    facts: dict[str, Any] = Field(description="Ids, numbers and digests, frozen with the publication.")


@router.get("/decisions/{decisions_id}/minutes", **does("read_minutes"))
async def read_minutes(decisions_id: UUID, work: WorkDep) -> MinutesView:
    row = await views.minutes(work.session, decisions_id, person_id=person_id(work.actor))
    return MinutesView(decisions_id=decisions_id, digest=row.digest, facts=row.facts)


@router.get(
    "/decisions/{decisions_id}/minutes.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The minutes, as PDF/UA-1."}},
    **does("read_minutes"),
)
async def draw_minutes(
    decisions_id: UUID,
    work: WorkDep,
    language: Annotated[Language, Query(description="The same facts give the same bytes.")] = "fr",
) -> Response:
    row = await views.minutes(work.session, decisions_id, person_id=person_id(work.actor))
    # Off the event loop: other requests go on while it is drawn.
    drawn = await asyncio.to_thread(pdf_of, row.facts, digest=row.digest, words=row.words, language=language)
    named = f'attachment; filename="minutes-{decisions_id}-{language}.pdf"'
    return Response(drawn, media_type="application/pdf", headers={"content-disposition": named})
