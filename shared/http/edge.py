"""The outermost layer: ids for the request, headers for the answer, one log line, and no accident without an answer."""

import re
import time
from typing import Any
from uuid import UUID

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from shared import tracing
from shared.errors import BadRequest
from shared.http.dependencies import HEADERS as ROUTE_HEADERS
from shared.http.health import KitRoute
from shared.http.limiting import HEADERS as RATE_LIMIT
from shared.http.lingering import LINGER, send_and_linger
from shared.http.metrics import known_method, observe
from shared.http.rendering import answer_for, refuse
from shared.logging import bound_contextvars

log = structlog.get_logger("shared.http")

CSP = "datacity.csp"
"""A page may set its own Content-Security-Policy in the scope under this name."""

API_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
)
_UNSEEN = re.compile(rb"%00|\x00", re.IGNORECASE)


class NulInAddress(BadRequest):
    slug = "nul-in-address"
    message = "The address holds a NUL character. Remove it."


class Edge:
    """Pure ASGI, so that streams and server-sent events pass through as they are made."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        correlation_id = _correlation_of(headers.get("x-correlation-id"))
        given = tracing.TRACEPARENT.fullmatch(headers.get("traceparent", ""))
        trace = tracing.serving(self.service, given[0] if given else None, method=known_method(scope["method"]))
        scope["datacity.trace_id"] = trace.traceparent[3:35] if trace.traceparent else correlation_id.hex
        with (
            trace,
            bound_contextvars(
                service=self.service, correlation_id=str(correlation_id), trace_id=scope["datacity.trace_id"]
            ),
        ):
            await self._serve(scope, receive, send, str(correlation_id), trace)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, correlation_id: str, trace: tracing.Trace
    ) -> None:
        began = time.perf_counter()
        status = 0
        broken: Exception | None = None

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _dress(scope, message, correlation_id)
            elif scope.get(LINGER) and not message.get("more_body", False):
                await send_and_linger(message, receive, send)
                return
            await send(message)

        try:
            if _UNSEEN.search(scope["query_string"]) or "\x00" in scope["path"]:
                await refuse(Request(scope, receive), NulInAddress())(scope, receive, answer)
            else:
                await self.app(scope, receive, answer)
        except Exception as accident:
            broken = accident
            response = answer_for(Request(scope, receive), accident)
            if status:
                raise  # part of the answer is on its way: only closing the connection tells that it is broken
            await response(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - began
            found = scope.get("route")
            route: str = getattr(found, "path_format", "unmatched")
            method = known_method(scope["method"])
            observe(self.service, method=method, route=route, status=status, seconds=seconds)
            # Probes would drown the rest.
            probe = isinstance(found, KitRoute) and status < 400
            if not probe:
                _tell(trace, method, route, status, broken, correlation_id)
            tell = log.debug if probe else log.info
            tell("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _correlation_of(given: str | None) -> UUID:
    """The caller's id if it is a UUID, as anything else could be anything, personal data included."""
    try:
        return UUID(given) if given else uuid7()
    except ValueError:
        return uuid7()


def _tell(
    trace: tracing.Trace, method: str, route: str, status: int, broken: Exception | None, correlation_id: str
) -> None:
    attributes: dict[str, Any] = {"http__response__status_code": status} if status else {}
    fault = (broken or str(status or "cancelled")) if status >= 500 or not status else None
    trace.end(
        f"{method} {route}", fault=fault, http__route=route, datacity__correlation_id=correlation_id, **attributes
    )


def _dress(scope: Scope, message: Message, correlation_id: str) -> None:
    """Add what the answer does not say itself. Raw bytes, as every answer passes here."""
    headers = list(message.get("headers", ()))
    said = {name for name, _ in headers}
    headers += [(name, value) for name, value in _SECURITY if name not in said]
    if b"content-security-policy" not in said:
        headers.append((b"content-security-policy", scope.get(CSP, API_CSP).encode()))
    headers.append((b"x-correlation-id", correlation_id.encode()))
    headers += scope.get(RATE_LIMIT, ())
    headers += scope.get(ROUTE_HEADERS, ())
    message["headers"] = headers
