"""A file's attachments, fetched from applications in the name of the juror who reads, and given as downloads only."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import structlog
from fastapi import Request
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from services.selection.pages.place import PREFIX
from services.selection.permissions import PERMISSIONS
from services.selection.views.own_review import own_review
from shared.errors import NotFound, Unavailable
from shared.http import WorksDep, does
from shared.http.dependencies import ActorDep
from shared.settings import Settings
from shared.web import page_router, token_of

router = page_router(PREFIX, permissions=PERMISSIONS)
log = structlog.get_logger(__name__)

PATIENCE = httpx.Timeout(10.0, read=30.0)
PASSED_ON = ("content-type", "content-length", "content-disposition")


class AttachmentsAway(Unavailable):
    slug = "attachments-away"
    message = "The service that keeps attachments can't be reached just now. Try again in a minute."


class NoSuchAttachment(NotFound):
    message = "The file has no such attachment, or it is not open to you any more."


@router.get("/{language}/reviews/{review_id}/attachments/{attachment_id}", **does("read_file", transaction=False))
async def read_attachment(
    request: Request, works: WorksDep, actor: ActorDep, review_id: UUID, attachment_id: UUID
) -> Response:
    """Applications decides once more whether this person may."""
    async with works.begin(read_only=True, actor=actor) as work:
        mine = await own_review(work.session, actor, review_id, now=work.now)
        dossier = mine.file.dossier if mine.file else None
        if dossier is None or str(attachment_id) not in {each["attachment_id"] for each in dossier.attachments}:
            raise NoSuchAttachment
        application_id = mine.review.application_id
    settings: Settings = request.app.state.settings
    base = settings.service_urls.get("applications")
    if base is None:
        raise AttachmentsAway
    address = f"/api/applications/v1/applications/{application_id}/attachments/{attachment_id}"
    return await _fetched(base.rstrip("/") + address, token=token_of(request))


async def _fetched(address: str, *, token: str | None) -> Response:
    client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False)
    try:
        asked = client.build_request("GET", address, headers={"Authorization": f"Bearer {token}"})
        answer = await client.send(asked, stream=True)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        await client.aclose()
        log.warning("attachment_not_fetched", error=type(error).__name__)
        raise AttachmentsAway from error

    async def close() -> None:
        await answer.aclose()
        await client.aclose()

    if not answer.is_success:
        status = answer.status_code
        await close()
        log.warning("attachment_not_fetched", status=status)
        raise NoSuchAttachment if status in {403, 404} else AttachmentsAway
    headers: dict[str, Any] = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    if not headers.get("content-disposition", "").startswith("attachment"):
        headers["content-disposition"] = "attachment"
    # Never shown on our own origin, whatever a browser thinks that it is.
    headers |= {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_bytes(answer), headers=headers, background=BackgroundTask(close))


async def _bytes(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_bytes():
        yield chunk
