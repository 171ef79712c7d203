"""Idempotency and faults of the HTTP kit on a real PostgreSQL."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import APIRouter, FastAPI, Path, Query, Response
from sqlalchemy import text

from shared.database import make_engine
from shared.http import WorkDep, does, service_router
from shared.http.problem import TYPES
from shared.work import Work, Works
from tests.support.backbone import Rig, rig
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import PERMISSIONS, PREFIX, NoteBody, NoteView, calling, sample_app
from tests.support.stack import Backbone

ISSUER = FakeIssuer()
NOTE = {"title": "A note"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Rig]:
    async with rig(backbone) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def client(service: Rig) -> AsyncIterator[httpx.AsyncClient]:
    async with service.works.engine.begin() as connection:
        await connection.execute(text("DELETE FROM effect"))
    async with calling(sample_app(effects_router(), issuer=ISSUER, works=service.works)) as made:
        yield made


async def run(work: Work, sql: str, **values: object) -> None:
    await (await work.session.connection()).execute(text(sql), values)


def effects_router() -> APIRouter:
    """Routes that leave rows, wait, clash and overflow."""
    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.post("/notes", status_code=201, **does("write_note"))
    async def write_note(body: NoteBody, work: WorkDep, response: Response) -> NoteView:
        await run(work, "INSERT INTO effect (subject, note) VALUES ('note', :t)", t=body.title)
        await asyncio.sleep(0.05)  # long enough for another to arrive meanwhile
        response.headers["Location"] = f"{PREFIX}/notes/1"
        if body.title == "refuse":
            response.status_code = 409
        return NoteView(title=body.title)

    @router.post("/visitors", status_code=201, **does("leave_note"))
    async def leave_note(body: NoteBody, work: WorkDep) -> NoteView:
        await run(work, "INSERT INTO effect (subject, note) VALUES ('visit', :t)", t=body.title)
        return NoteView(title=body.title)

    @router.get("/rows/{number}", **does("read_notes"))
    async def read_row(number: Annotated[int, Path()], work: WorkDep, title: Annotated[str, Query()] = "") -> NoteView:
        await run(work, "SELECT 1 FROM effect WHERE id = :n AND note = :t", n=number, t=title)
        return NoteView(title="found")

    @router.post("/clash", status_code=201, **does("write_note"))
    async def clash(work: WorkDep) -> NoteView:
        for _ in range(2):
            await run(work, "INSERT INTO inbox (event_id) VALUES ('" + "0" * 32 + "')")
        return NoteView(title="never")

    @router.post("/deadlock/{first}/{second}", status_code=201, **does("write_note"))
    async def deadlock(first: int, second: int, work: WorkDep) -> NoteView:
        for shard in (first, second):
            await run(work, "UPDATE outbox_shard SET fence = fence + 1 WHERE shard = :s", s=shard)
            await asyncio.sleep(0.1)
        return NoteView(title="done")

    return router


def keyed(key: str, *roles: str, person_id: str = str(uuid4())) -> dict[str, str]:
    return {**ISSUER.bearer(*(roles or ("writer",)), person_id=person_id), "Idempotency-Key": key}


async def test_a_request_sent_again_has_one_effect_and_the_same_answer(client: httpx.AsyncClient, service: Rig) -> None:
    headers = keyed(str(uuid4()))

    first = await client.post(f"{PREFIX}/notes", json=NOTE, headers=headers)
    again = await client.post(f"{PREFIX}/notes", json=NOTE, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await service.effects() == [("note", "A note")]


async def test_ten_at_the_same_time_have_one_effect(client: httpx.AsyncClient, service: Rig) -> None:
    headers = keyed(str(uuid4()))

    answers = await asyncio.gather(*(client.post(f"{PREFIX}/notes", json=NOTE, headers=headers) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 9
    assert await service.effects() == [("note", "A note")]


async def test_without_a_key_each_request_counts(client: httpx.AsyncClient, service: Rig) -> None:
    for _ in range(2):
        await client.post(f"{PREFIX}/notes", json=NOTE, headers=ISSUER.bearer("writer"))

    assert len(await service.effects()) == 2


@pytest.mark.parametrize("change", ["body", "route", "query"])
async def test_a_key_stands_for_one_request_only(client: httpx.AsyncClient, service: Rig, change: str) -> None:
    headers = keyed(str(uuid4()))
    await client.post(f"{PREFIX}/notes", json=NOTE, headers=headers)

    other = await client.post(
        f"{PREFIX}/visitors" if change == "route" else f"{PREFIX}/notes",
        params={"x": "1"} if change == "query" else None,
        json={"title": "Another"} if change == "body" else NOTE,
        headers=headers,
    )

    assert other.status_code == 422
    assert other.json()["type"] == f"{TYPES}idempotency-key-reused"
    assert len(await service.effects()) == 1


async def test_keys_belong_to_their_owner(client: httpx.AsyncClient, service: Rig) -> None:
    key = str(uuid4())

    mine = await client.post(f"{PREFIX}/notes", json=NOTE, headers=keyed(key, person_id=str(uuid4())))
    yours = await client.post(f"{PREFIX}/notes", json=NOTE, headers=keyed(key, person_id=str(uuid4())))
    nobodys = [await client.post(f"{PREFIX}/visitors", json=NOTE, headers={"Idempotency-Key": key}) for _ in range(2)]

    assert mine.status_code == yours.status_code == 201
    assert "idempotency-replayed" not in yours.headers
    assert [answer.headers.get("idempotency-replayed") for answer in nobodys] == [None, "true"]
    assert len(await service.effects()) == 3


async def test_a_refusal_is_not_kept_so_that_the_request_can_be_mended(client: httpx.AsyncClient, service: Rig) -> None:
    headers = keyed(str(uuid4()))

    refused = await client.post(f"{PREFIX}/notes", json={"title": "refuse"}, headers=headers)
    mended = await client.post(f"{PREFIX}/notes", json=NOTE, headers=headers)

    assert (refused.status_code, mended.status_code) == (409, 201)
    assert await service.effects() == [("note", "A note")]


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "tab\there"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    headers = {**ISSUER.bearer("writer"), "Idempotency-Key": key.encode()}

    answer = await client.post(f"{PREFIX}/notes", json=NOTE, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["type"] == f"{TYPES}malformed-idempotency-key"


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**40])
async def test_a_number_beyond_the_database_is_the_callers_fault(client: httpx.AsyncClient, number: int) -> None:
    answer = await client.get(f"{PREFIX}/rows/{number}")

    assert answer.status_code in {200, 422}
    assert number < 2**63 or answer.json()["type"] == f"{TYPES}value-not-storable"


@pytest.mark.parametrize("title", ["\x00", "a%00b", "\ud800"])
async def test_text_that_can_not_be_stored_is_the_callers_fault(client: httpx.AsyncClient, title: str) -> None:
    query = f"title={title}" if "%" in title else httpx.QueryParams({"title": title.encode("utf-8", "surrogatepass")})

    answer = await client.get(f"{PREFIX}/rows/1?{query}")

    assert answer.status_code in {200, 400, 422}


async def test_what_is_there_already_is_a_conflict(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{PREFIX}/clash", headers=ISSUER.bearer("writer"))

    assert answer.status_code == 409
    assert answer.json()["type"] == f"{TYPES}already-there-or-in-use"
    assert "Key" not in answer.text


async def test_a_deadlock_is_tried_again(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        client.post(f"{PREFIX}/deadlock/1/2", headers=ISSUER.bearer("writer")),
        client.post(f"{PREFIX}/deadlock/2/1", headers=ISSUER.bearer("writer")),
    )

    assert [answer.status_code for answer in answers] == [201, 201]


async def test_a_database_that_is_away_means_try_again(service: Rig, backbone: Backbone) -> None:
    engine = make_engine("postgresql+asyncpg://nobody:x@127.0.0.1:1/none", service="sample")
    works = Works(engine, service="sample", topic=service.topic)
    async with calling(sample_app(effects_router(), issuer=ISSUER, works=works)) as client:
        answer = await client.get(f"{PREFIX}/rows/1")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "127.0.0.1" not in answer.text


async def test_connections_that_die_under_the_service_are_replaced(service: Rig, backbone: Backbone) -> None:
    async with calling(sample_app(effects_router(), issuer=ISSUER, works=service.works)) as client:
        await client.get(f"{PREFIX}/rows/1")
        admin = await asyncpg.connect(backbone.admin_url)
        name = f"datacity-{service.name}"
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", name)
        await admin.close()

        answers = [await client.get(f"{PREFIX}/rows/1") for _ in range(3)]

    assert {answer.status_code for answer in answers} <= {200, 503}
    assert answers[-1].status_code == 200


# Over a real socket.


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    """The port at which uvicorn serves the app."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, server_header=False, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def upload(port: int, *headers: str) -> tuple[bytes, int]:
    """Send up to a gigabyte for as long as the server takes it; its answer, and how much was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    authorization = ISSUER.bearer("writer")["Authorization"]
    lines = [f"POST {PREFIX}/files HTTP/1.1", "Host: sample.test", f"Authorization: {authorization}", *headers]
    writer.write("\r\n".join([*lines, "Content-Type: multipart/form-data; boundary=x", "", ""]).encode())
    sent, chunk = 0, b"10000\r\n" + b"x" * 2**16 + b"\r\n"
    with contextlib.suppress(ConnectionError):  # it may close while we write
        while sent < 2**30 and not writer.is_closing() and not reader._buffer:  # type: ignore[attr-defined]
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)
    async with asyncio.timeout(10):
        answer = await reader.read()  # to the end: the server closes
    writer.close()
    return answer, sent


@pytest.mark.parametrize("header", ["Content-Length: 1073741824", "Transfer-Encoding: chunked"])
async def test_an_upload_of_a_gigabyte_is_refused_early_and_the_connection_closed(header: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with served(sample_app(issuer=ISSUER)) as port:
        answer, sent = await upload(port, header)

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()
    assert b"server:" not in answer.lower()
    assert b"body-too-large" in answer
    assert sent < 64 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


async def test_a_client_that_sends_all_before_it_listens_still_hears_the_refusal() -> None:
    async def quarter_gigabyte() -> AsyncIterator[bytes]:
        for _ in range(2**8):
            yield b"x" * 2**20

    async with served(sample_app(issuer=ISSUER)) as port, httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(
            f"http://127.0.0.1:{port}{PREFIX}/files",
            content=quarter_gigabyte(),
            headers={**ISSUER.bearer("writer"), "Content-Type": "multipart/form-data; boundary=x"},
        )

    assert (answer.status_code, answer.json()["limit"]) == (413, 3 * 2**20)


async def test_after_a_refusal_that_left_nothing_unread_the_connection_lives_on() -> None:
    async with served(sample_app(issuer=ISSUER)) as port, httpx.AsyncClient() as client:
        answers = [await client.post(f"http://127.0.0.1:{port}{PREFIX}/notes", json={}) for _ in range(2)]
        kept = await client.post(f"http://127.0.0.1:{port}{PREFIX}/notes", json={}, headers=ISSUER.bearer("writer"))

    assert [answer.status_code for answer in [*answers, kept]] == [401, 401, 422]
    assert "connection" not in kept.headers
