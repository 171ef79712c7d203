"""A client of the public APIs: each person's own token, each POST safe to repeat, a service's absence waited out."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from infra.demo.people import Person

AWAY = (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError, httpx.ReadTimeout)


PRECONDITION_FAILED = 412


class Refused(Exception):
    """A service answered with a problem; `problem` is its document."""

    def __init__(self, method: str, path: str, response: httpx.Response) -> None:
        try:
            self.problem: dict[str, Any] = response.json()
        except ValueError:
            self.problem = {"title": response.text[:200]}
        self.status = response.status_code
        detail = self.problem.get("detail") or self.problem.get("title")
        super().__init__(f"{method} {path} → {self.status}: {detail} {self.problem.get('errors') or ''}")

    @property
    def slug(self) -> str:
        return str(self.problem.get("type", "")).rpartition("/")[2]


@dataclass
class Platform:
    """Where each service answers, and how to get a token; locally four addresses, behind a gateway one."""

    services: dict[str, str]
    """Service name → origin."""
    issuer: str
    mail: str
    patience: float = 60.0
    """Seconds to wait for a service that is away."""
    _http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=40))
    )
    _tokens: dict[str, str] = field(default_factory=dict)

    async def close(self) -> None:
        await self._http.aclose()

    async def token(self, person: Person) -> str:
        """A real token of the issuer, with the person's role and organisation."""
        if person.key not in self._tokens:
            form = {
                "grant_type": "urn:datacity:dev",
                "sub": str(person.id),
                "roles": person.role,
                "audience": "datacity",
                "ttl": "3600",
            }
            if person.organisation:
                form["organisation"] = person.organisation
            response = await self._patiently("POST", f"{self.issuer}/token", data=form)
            if response.is_error:
                raise Refused("POST", "/token", response)
            self._tokens[person.key] = response.json()["access_token"]
        return self._tokens[person.key]

    async def request(
        self, person: Person | None, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """Ask as a person, or as anyone. Raises Refused for a problem."""
        own = dict(headers or {})
        if person:
            own["Authorization"] = f"Bearer {await self.token(person)}"
        if method == "POST":
            own.setdefault("Idempotency-Key", str(uuid4()))
        response = await self._patiently(method, self._url(path), headers=own, **options)
        if response.is_error:
            raise Refused(method, path, response)
        return response

    async def get(self, person: Person | None, path: str, **params: Any) -> Any:
        return (await self.request(person, "GET", path, params=params)).json()

    async def post(self, person: Person | None, path: str, body: Any = None, **options: Any) -> Any:
        if body is not None:
            options["json"] = body
        response = await self.request(person, "POST", path, **options)
        return response.json() if response.content else None

    async def put(self, person: Person, path: str, body: Any, *, tag: str | None = None) -> Any:
        headers = {"If-Match": tag} if tag else {}
        return (await self.request(person, "PUT", path, json=body, headers=headers)).json()

    async def tag(self, person: Person, path: str) -> str:
        """The ETag of what is there now."""
        return (await self.request(person, "GET", path)).headers["ETag"]

    async def patch(self, person: Person, path: str, body: Any) -> Any:
        """Change what was just read: fetches the ETag, then sends it back as If-Match.

        A service that died after it had saved, and before it answered, makes the repeat look stale: read again.
        """
        tries = 3
        while True:
            tries -= 1
            headers = {"If-Match": await self.tag(person, path)}
            try:
                return (await self.request(person, "PATCH", path, json=body, headers=headers)).json()
            except Refused as refusal:
                if refusal.status != PRECONDITION_FAILED or not tries:
                    raise

    async def delete(self, person: Person, path: str) -> None:
        """Remove what was just read."""
        await self.request(person, "DELETE", path, headers={"If-Match": await self.tag(person, path)})

    async def every(self, person: Person | None, path: str, **params: Any) -> list[Any]:
        """All pages of a list."""
        items: list[Any] = []
        cursor: str | None = None
        while True:
            page = await self.get(person, path, limit=200, **params, **({"cursor": cursor} if cursor else {}))
            items.extend(page["items"])
            cursor = page["next"]
            if not cursor:
                return items

    def _url(self, path: str) -> str:
        service = "notifications" if path.startswith("/log/") else path.split("/")[2]
        return self.services[service] + path

    async def _patiently(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Ask again while the service is away (no connection, 502, 503) or asks to wait (429), up to `patience`."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + self.patience, 0.1
        while True:
            try:
                response = await self._http.request(method, url, **options)
                if response.status_code not in {429, 502, 503, 504} or loop.time() > end:
                    return response
            except AWAY:
                if loop.time() > end:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)
