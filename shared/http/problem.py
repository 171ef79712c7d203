"""RFC 9457: how every refusal looks on the wire."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from shared.errors import DomainError

MEDIA_TYPE = "application/problem+json"
TYPES = "https://datacity.example/problems/"


class ProblemError(BaseModel):
    """One thing wrong with one part of the request."""

    pointer: str = Field(description="JSON pointer fragment into the body, or `query/…`, `path/…`, `header/…`.")
    detail: str
    code: str


class Problem(BaseModel):
    """Why a request was refused, and what to do about it (RFC 9457). More members say the facts."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable address of this kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What happened and what to do.")
    instance: str = Field(description="The path that was asked for.")
    trace_id: str = Field(description="Quote it when you ask for help.")
    errors: list[ProblemError] = []


_OWN = frozenset(Problem.model_fields)


def problem_response(
    error: DomainError, *, instance: str, trace_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer for a refusal; its facts become members, and can't replace the standard ones."""
    document: dict[str, Any] = {
        "type": TYPES + error.slug,
        "title": error.short_title(),
        "status": error.status,
        "detail": error.message,
        "instance": quote(instance, safe="/:@!$&'()*+,;=~-._"),
        "trace_id": trace_id,
        "errors": [{"pointer": e.pointer, "detail": e.detail, "code": e.code} for e in error.errors],
    }
    document |= {name: value for name, value in error.extra.items() if name not in _OWN}
    all_headers = dict(headers or {})
    if error.retry_after is not None:
        all_headers["Retry-After"] = str(error.retry_after)
    body = json.dumps(document, default=_plain, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status_code=error.status, headers=all_headers, media_type=MEDIA_TYPE)


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
