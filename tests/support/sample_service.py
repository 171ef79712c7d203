"""A service with no business over HTTP: shelves of notes, with a fake or a real Works behind them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import structlog
from fastapi import APIRouter, FastAPI, Request, Response, UploadFile
from sqlalchemy import text
from starlette.responses import JSONResponse, StreamingResponse

from shared.errors import Conflict
from shared.http import (
    ActorDep,
    Body,
    IfMatch,
    LongText,
    Page,
    PagingDep,
    ShortText,
    View,
    WorkDep,
    WorksDep,
    create_app,
    does,
    service_router,
    set_etag,
)
from shared.http.health import Check
from shared.identity import Actor, PermissionTable, Rule
from shared.settings import Environment, Settings
from tests.support.issuer import FakeIssuer

# The traces of structlog's default are drawn with every local variable, which takes seconds.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

PREFIX = "/api/sample/v1"

PERMISSIONS = PermissionTable(
    [
        Rule("anyone", "read_notes"),
        Rule("anyone", "leave_note"),
        Rule("writer", "write_note"),
        Rule("writer", "change_note"),
        Rule("writer", "attach_file"),
        Rule("writer", "send_raw"),
        Rule({"writer", "reader"}, "watch"),
        Rule("writer", "break_things"),
    ]
)


class NoteBody(Body):
    title: ShortText
    text: LongText | None = None
    pages: int = 1


class NoteView(View):
    title: str
    version: int = 1


class ShelfFull(Conflict):
    slug = "shelf-full"

    def __init__(self, *, since: datetime) -> None:
        super().__init__("The shelf is full. Take something off first.", since=since, status=200)


def sample_router() -> APIRouter:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.get("/notes", **does("read_notes"))
    async def list_notes(work: WorkDep, paging: PagingDep) -> Page[NoteView]:
        after = paging.after(int)
        rows = list(range(after[0] + 1 if after else 0, 5))[: paging.fetch]
        return paging.page(rows, key=lambda row: (row,), view=lambda row: NoteView(title=f"note {row}"))

    @router.get("/numbers/{number}", **does("read_notes"))
    async def read_number(number: int, work: WorkDep, response: Response) -> NoteView:
        set_etag(response, 3)
        return NoteView(title=f"note {number}", version=3)

    @router.post("/notes", status_code=201, **does("write_note"))
    async def write_note(body: NoteBody, work: WorkDep, response: Response) -> NoteView:
        connection = await work.session.connection()
        await connection.execute(text("INSERT INTO effect (subject, note) VALUES ('note', :t)"), {"t": body.title})
        response.headers["Location"] = f"{PREFIX}/notes/1"
        return NoteView(title=body.title)

    @router.post("/visitors", status_code=201, **does("leave_note"))
    async def leave_note(body: NoteBody, work: WorkDep, actor: ActorDep) -> NoteView:
        return NoteView(title=body.title)

    @router.patch("/notes/{note_id}", **does("change_note"))
    async def change_note(note_id: UUID, body: NoteBody, version: IfMatch, work: WorkDep) -> NoteView:
        return NoteView(title=body.title, version=version + 1)

    @router.post("/files", status_code=201, **does("attach_file", body_limit=3 * 2**20))
    async def attach_file(file: UploadFile, work: WorkDep) -> NoteView:
        size = 0
        while chunk := await file.read(2**16):
            size += len(chunk)
        return NoteView(title=f"{size} bytes")

    @router.put("/raw", **does("send_raw", accepts=["application/pdf"], body_limit=100))
    async def send_raw(request: Request, work: WorkDep) -> NoteView:
        return NoteView(title=f"{len(await request.body())} bytes")

    @router.get(
        "/watch",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/plain": {}}}},
        **does("watch", transaction=False),
    )
    async def watch(works: WorksDep, actor: ActorDep) -> StreamingResponse:
        async def lines() -> AsyncIterator[bytes]:
            async with works.begin(actor=actor) as work:
                yield f"{work.actor.person_id}\n".encode()
            yield b"end\n"

        return StreamingResponse(lines(), media_type="text/plain")

    return router


def breaking_router(error: Exception | Response) -> APIRouter:
    """One route, `POST /break` (and GET), that raises or answers what it is told."""
    router = service_router(PREFIX, permissions=PERMISSIONS)

    async def break_things(work: WorkDep) -> Response:
        if isinstance(error, Exception):
            raise error
        return error

    for method in ("GET", "POST"):
        router.add_api_route("/break", break_things, methods=[method], name=f"break_{method}", **does("break_things"))
    return router


class FakeSession:
    """Takes every statement, and answers as if it were the first."""

    async def connection(self) -> "FakeSession":
        return self

    async def execute(self, *_args: object) -> "FakeSession":
        return self

    def first(self) -> tuple[int]:
        return (1,)


class FakeWork:
    def __init__(self, actor: Actor, correlation_id: str | None, now: datetime | None) -> None:
        self.session = FakeSession()
        self.actor = actor
        self.correlation_id = correlation_id
        self.now = now or datetime.now(UTC)


class FakeWorks:
    """Remembers how each Work ended: `committed`, `rolled back` or `read`."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.works: list[FakeWork] = []
        self.opened = 0

    @asynccontextmanager
    async def begin(
        self,
        *,
        actor: Actor,
        correlation_id: str | None = None,
        traceparent: str | None = None,
        now: datetime | None = None,
        read_only: bool = False,
    ) -> AsyncIterator[FakeWork]:
        self.opened += 1
        work = FakeWork(actor, correlation_id, now)
        self.works.append(work)
        try:
            yield work
        except BaseException:
            self.ended.append("rolled back")
            raise
        self.ended.append("read" if read_only else "committed")


def settings(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "environment": Environment.DEVELOPMENT,
        "kafka": "localhost:1",
        "database_url": "postgresql+asyncpg://nobody@localhost/none",
        "issuer": "https://issuer.test",
        "rate_limit_per_minute": 0,
    }
    return Settings(**{**values, **changes})


def sample_app(
    *routers: APIRouter,
    issuer: FakeIssuer,
    works: Any = None,
    checks: Mapping[str, Check] | None = None,
    **changes: Any,
) -> FastAPI:
    return create_app(
        "sample",
        settings=settings(**changes),
        works=works if works is not None else FakeWorks(),
        permissions=PERMISSIONS,
        routers=routers or [sample_router()],
        checks=checks,
        authenticator=issuer.authenticator(),
    )


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, in this process."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sample.test") as client:
        yield client


def refused(status: int = 409) -> Response:
    return JSONResponse({"refused": True}, status_code=status)
