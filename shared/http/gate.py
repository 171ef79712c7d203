"""What every request passes, in this order, before its route runs, and what happens after.

authenticate → rate → one of the action's roles → content type → size → transaction → idempotency key → the route →
commit → send
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import params
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from shared import clock
from shared.errors import Unauthenticated, Unavailable
from shared.http.dependencies import ACTOR, HEADERS, WORK
from shared.http.described import is_idempotent
from shared.http.faults import is_worth_repeating
from shared.http.idempotency import Claim
from shared.http.receiving import ReceivedBody, check_content_type
from shared.identity import ANYONE, Actor
from shared.logging import current_correlation_id, current_traceparent

if TYPE_CHECKING:
    from shared.http.routes import ActionRoute
    from shared.work import Work, Works

Handler = Callable[[Request], Awaitable[Response]]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class StreamedAnswer(TypeError):
    """A programming error, seen at the route's first test."""

    def __init__(self) -> None:
        super().__init__("a changing route answers a whole body; to stream, use does(…, transaction=False)")


class _Refused(Exception):
    """Carries an answer of 400 or more out of the transaction, which is thereby rolled back."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Gate:
    """Stands before one route."""

    def __init__(self, route: "ActionRoute", handler: Handler) -> None:
        self.route = route
        self.doing = route.doing
        self.handler = handler
        self.accepted = _accepted_types(route)
        self.fits = _json_type(route)
        self.idempotent = is_idempotent(route)
        self.turns: AbstractAsyncContextManager[Any] = (
            asyncio.Semaphore(self.doing.at_once) if self.doing.at_once else nullcontext()
        )
        self.headers = [(name.lower().encode(), value.encode()) for name, value in self.doing.headers]

    async def handle(self, request: Request) -> Response:
        request.scope[HEADERS] = self.headers
        actor = request.scope[ACTOR] = await self._admit(request)
        if request.method in _SAFE:
            return await (self._read(request, actor) if self.doing.transaction else self.handler(request))
        if self.accepted:
            check_content_type(request.headers, self.accepted)
        if self.doing.streams:
            return await self.handler(request)
        body = await ReceivedBody.of(request, limit=self.doing.body_limit)
        try:
            if not self.doing.transaction:
                return await self.handler(body.request(request, self.fits))
            async with self.turns:
                return await self._change_or_repeat(request, actor, body)
        finally:
            body.close()

    async def _change_or_repeat(self, request: Request, actor: Actor, body: ReceivedBody) -> Response:
        """A transaction that lost against another (deadlock, serialisation) is tried once more.

        As of the same moment: what was received before a deadline is in time, however often it is tried.
        """
        received_at = clock.now()
        claim = Claim.of(request, actor, body) if self.idempotent else None
        try:
            return await self._change(body.request(request, self.fits), actor, claim, received_at)
        except Exception as error:
            if not is_worth_repeating(error):
                raise
        return await self._change(body.request(request, self.fits), actor, claim, received_at)

    async def _change(self, request: Request, actor: Actor, claim: Claim | None, received_at: datetime) -> Response:
        try:
            async with self._work(request, actor, read_only=False, now=received_at) as work:
                if claim and (stored := await claim.answered(work)):
                    raise _Refused(stored)  # nothing to commit: the effect is there already
                response = await self.handler(request)
                if response.status_code >= 400:
                    raise _Refused(response)
                if not isinstance(getattr(response, "body", None), bytes | memoryview):
                    raise StreamedAnswer
                if claim:
                    await claim.keep(work, response)
        except _Refused as refused:
            return refused.response
        return response

    async def _read(self, request: Request, actor: Actor) -> Response:
        async with self._work(request, actor, read_only=True):
            return await self.handler(request)

    @asynccontextmanager
    async def _work(
        self, request: Request, actor: Actor, *, read_only: bool, now: datetime | None = None
    ) -> AsyncIterator["Work"]:
        works: Works = request.app.state.works
        begun = works.begin(
            actor=actor,
            correlation_id=current_correlation_id(),
            traceparent=current_traceparent(),
            now=now,
            read_only=read_only,
        )
        async with begun as work:
            try:
                await work.session.connection()
            except OSError as unreachable:  # raw from the driver, and of kinds that mean other things elsewhere
                raise Unavailable from unreachable
            request.scope[WORK] = work
            try:
                yield work
            finally:
                del request.scope[WORK]

    async def _admit(self, request: Request) -> Actor:
        state = request.app.state
        client = request.client.host if request.client else "unknown"
        try:
            actor = await self._who(request)
            if actor.is_anonymous and not self.route.table.is_public(self.doing.action):
                raise Unauthenticated
        except Unauthenticated:
            state.rate_limits.spend(request.scope, f"client:{client}")  # guessing tokens is slowed down too
            raise
        if self.doing.limited:
            caller = f"client:{client}" if actor.is_anonymous else f"person:{actor.person_id}"
            state.rate_limits.spend(request.scope, caller)
        self.route.table.require_role(actor, self.doing.action)
        return actor

    async def _who(self, request: Request) -> Actor:
        given = request.headers.getlist("authorization")
        return await request.app.state.authenticator.authenticate(given) if given else ANYONE


def _accepted_types(route: "ActionRoute") -> frozenset[str]:
    """The media types of the route's body; none if it takes no body."""
    if route.doing.accepts:
        return frozenset(route.doing.accepts)
    if route.body_field is None:
        return frozenset()
    field = route.body_field.field_info
    return frozenset({field.media_type}) if isinstance(field, params.Body) else frozenset()


def _json_type(route: "ActionRoute") -> TypeAdapter[Any] | None:
    """What a JSON body must be; none for forms, and for bodies that FastAPI assembles from several parameters."""
    field = route.body_field
    if field is None or route._embed_body_fields or isinstance(field.field_info, params.Form):
        return None
    annotation: Any = field.field_info.annotation
    return TypeAdapter(annotation)
