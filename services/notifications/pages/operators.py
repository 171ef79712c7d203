"""Asks a service's operations, our own included, in the name of who is signed in: what they may not, we may not."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from fastapi import Request

from services.notifications.pages.place import SERVICES
from shared.logging import current_correlation_id, current_traceparent
from shared.settings import Settings
from shared.web import token_of

log = structlog.get_logger(__name__)

OWN = "notifications"
PATIENCE = 3.0
RELEASE_PATIENCE = 30.0
"""A release handles events for as long as fifteen seconds."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a service said: its document, the problem with which it refused, or that it could not be reached."""

    service: str
    state: str
    """`answered`, `refused`, `unreachable` or `unknown`."""
    told: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0

    @property
    def well(self) -> bool:
        return self.state == "answered"


class Operators:
    """The operations of the four services, for one request."""

    def __init__(self, request: Request) -> None:
        settings: Settings = request.app.state.settings
        self._urls = settings.service_urls
        self._app = request.app
        self._headers = {"Authorization": f"Bearer {token_of(request)}", "Accept": "application/json"}
        if correlation_id := current_correlation_id():
            self._headers["X-Correlation-Id"] = correlation_id
        if traceparent := current_traceparent():
            self._headers["traceparent"] = traceparent

    async def of_all(self, path: str, **params: Any) -> list[Answer]:
        """What each service says, in their order, as long as the slowest takes."""
        return await asyncio.gather(*(self.get(service, path, **params) for service in SERVICES))

    async def get(self, service: str, path: str, **params: Any) -> Answer:
        return await self._ask(service, "GET", path, params=params, timeout=PATIENCE)

    async def post(self, service: str, path: str, body: Mapping[str, Any]) -> Answer:
        return await self._ask(service, "POST", path, json=dict(body), timeout=RELEASE_PATIENCE)

    async def _ask(self, service: str, method: str, path: str, **options: Any) -> Answer:
        if service == OWN:
            transport, base = httpx.ASGITransport(app=self._app, client=("monitor", 0)), "http://monitor"
        elif url := self._urls.get(service):
            transport, base = None, url.rstrip("/")
        else:
            return Answer(service=service, state="unknown")
        try:
            async with httpx.AsyncClient(transport=transport, base_url=base, trust_env=False) as client:
                answer = await client.request(
                    method, f"/api/{service}/v1/operations/{path}", headers=self._headers, **options
                )
            told = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("operations_not_reached", asked=service, error=type(error).__name__)
            return Answer(service=service, state="unreachable")
        if not isinstance(told, dict):
            return Answer(service=service, state="unreachable")
        state = "answered" if answer.is_success else "refused"
        return Answer(service=service, state=state, told=told, status=answer.status_code)


def segment(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")
