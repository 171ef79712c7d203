"""What every request passes before its route runs, in which order, and what is committed afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from shared.http import WorkDep, does, service_router
from shared.http.receiving import ReceivedBody
from tests.support.issuer import PERSON, FakeIssuer
from tests.support.sample_service import (
    PERMISSIONS,
    PREFIX,
    FakeWorks,
    ShelfFull,
    breaking_router,
    calling,
    refused,
    sample_app,
)

ISSUER = FakeIssuer()
NOTE = {"title": "A note"}
WAYS_TO_BE_REFUSED = sorted(ISSUER.bad_tokens("writer"))


def slug(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition("/")[2]


# Who asks.


async def test_without_a_token_the_caller_is_told_to_sign_in() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.post(f"{PREFIX}/notes", json=NOTE)

    assert (answer.status_code, slug(answer)) == (401, "sign-in-required")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("fault", WAYS_TO_BE_REFUSED)
@pytest.mark.parametrize("path", ["notes", "visitors"])
async def test_a_bad_token_is_refused_also_where_none_is_needed(fault: str, path: str) -> None:
    works = FakeWorks()
    async with calling(sample_app(issuer=ISSUER, works=works)) as client:
        token = ISSUER.bad_tokens("writer")[fault]
        answer = await client.post(f"{PREFIX}/{path}", json=NOTE, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert works.opened == 0


async def test_two_authorization_headers_are_one_too_many() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        good = ISSUER.bearer("writer")["Authorization"]
        answer = await client.get(f"{PREFIX}/notes", headers=[("Authorization", good), ("Authorization", good)])

    assert (answer.status_code, slug(answer)) == (401, "token-invalid")


async def test_a_public_action_needs_no_token_and_takes_a_good_one() -> None:
    works = FakeWorks()
    async with calling(sample_app(issuer=ISSUER, works=works)) as client:
        assert (await client.get(f"{PREFIX}/notes")).status_code == 200
        assert (await client.get(f"{PREFIX}/notes", headers=ISSUER.bearer("reader"))).status_code == 200

    assert [work.actor.person_id for work in works.works] == ["anyone", PERSON]


async def test_a_role_that_the_table_does_not_name_is_refused_with_those_it_does() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.post(f"{PREFIX}/notes", json=NOTE, headers=ISSUER.bearer("reader"))

    assert (answer.status_code, slug(answer)) == (403, "role-not-permitted")
    assert answer.json()["roles"] == ["writer"]


async def test_a_token_can_not_give_the_roles_that_are_ours_to_give() -> None:
    actor = await ISSUER.authenticator().actor_of(ISSUER.token("system", "anyone", "writer"))

    assert actor.roles == {"writer"}


async def test_an_issuer_that_never_answered_means_try_again_and_not_unknown() -> None:
    issuer = FakeIssuer()
    issuer.away = True
    async with calling(sample_app(issuer=issuer)) as client:
        answer = await client.post(f"{PREFIX}/notes", json=NOTE, headers=issuer.bearer("writer"))

    assert (answer.status_code, slug(answer)) == (503, "issuer-away")
    assert int(answer.headers["retry-after"]) > 0


# In which order.


@pytest.mark.parametrize(
    ("role", "kind", "content", "status"),
    [
        (None, "text/plain", b"x" * 2_000_000, 401),
        ("reader", "text/plain", b"x" * 2_000_000, 403),
        ("writer", "text/plain", b"x" * 2_000_000, 415),
        ("writer", "application/json", b"x" * 2_000_000, 413),
        ("writer", "application/json", b"x", 400),
        ("writer", "application/json", b"{}", 422),
    ],
)
async def test_who_comes_first_then_what_kind_then_how_much(
    role: str | None, kind: str, content: bytes, status: int
) -> None:
    headers = {"content-type": kind, **(ISSUER.bearer(role) if role else {})}
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.post(f"{PREFIX}/notes", content=content, headers=headers)

    assert answer.status_code == status
    assert slug(answer)


# The transaction.


async def test_a_good_answer_is_committed_before_it_is_sent() -> None:
    works = FakeWorks()
    async with calling(sample_app(issuer=ISSUER, works=works)) as client:
        answer = await client.post(f"{PREFIX}/notes", json=NOTE, headers=ISSUER.bearer("writer"))

    assert answer.status_code == 201
    assert works.ended == ["committed"]


async def test_reading_commits_nothing() -> None:
    works = FakeWorks()
    async with calling(sample_app(issuer=ISSUER, works=works)) as client:
        await client.get(f"{PREFIX}/notes")

    assert works.ended == ["read"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (refused(409), 409),
        (refused(500), 500),
        (ShelfFull(since=datetime(2026, 1, 1, tzinfo=UTC)), 409),
        (RuntimeError("secret"), 500),
    ],
    ids=["an answer of 409", "an answer of 500", "a refusal", "an accident"],
)
async def test_any_failure_rolls_back(fault: Any, status: int) -> None:
    works = FakeWorks()
    async with calling(sample_app(breaking_router(fault), issuer=ISSUER, works=works)) as client:
        answer = await client.post(f"{PREFIX}/break", headers=ISSUER.bearer("writer"))

    assert answer.status_code == status
    assert works.ended == ["rolled back"]


async def test_a_commit_that_fails_is_never_answered_as_done() -> None:
    class LosesItsConnection(FakeWorks):
        @asynccontextmanager
        async def begin(self, **options: Any) -> AsyncIterator[Any]:
            async with super().begin(**options) as work:
                yield work
            raise ConnectionResetError

    async with calling(sample_app(issuer=ISSUER, works=LosesItsConnection())) as client:
        answer = await client.post(f"{PREFIX}/notes", json=NOTE, headers=ISSUER.bearer("writer"))

    assert (answer.status_code, slug(answer)) == (503, "unavailable")


async def test_a_stream_holds_no_transaction_and_opens_its_own() -> None:
    works = FakeWorks()
    async with calling(sample_app(issuer=ISSUER, works=works)) as client:
        answer = await client.get(f"{PREFIX}/watch", headers=ISSUER.bearer("reader"))

    assert answer.text == f"{PERSON}\nend\n"
    assert works.opened == 1


async def test_a_body_that_a_route_streams_is_its_own_to_read_and_to_bound() -> None:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.put("/raw", **does("send_raw", accepts=["text/x"], transaction=False, streams=True, body_limit=1))
    async def count(request: Request) -> int:
        return sum([len(chunk) async for chunk in request.stream()])

    works = FakeWorks()
    headers = ISSUER.bearer("writer") | {"Content-Type": "text/x"}
    async with calling(sample_app(router, issuer=ISSUER, works=works)) as client:
        answer = await client.put(f"{PREFIX}/raw", content=b"x" * 5000, headers=headers)
        other = await client.put(f"{PREFIX}/raw", content=b"x", headers=headers | {"Content-Type": "text/y"})

    assert (answer.json(), other.status_code, works.opened) == (5000, 415, 0)


async def test_what_a_route_always_says_is_said_with_a_refusal_too() -> None:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.get("/notes/{n}", **does("write_note", headers={"X-Spoken": "1.0"}))
    async def read(n: int, work: WorkDep) -> int:
        return n

    async with calling(sample_app(router, issuer=ISSUER)) as client:
        answers = [
            await client.get(f"{PREFIX}/notes/{n}", headers=headers)
            for n, headers in (("1", ISSUER.bearer("writer")), ("x", ISSUER.bearer("writer")), ("1", {}))
        ]

    assert [(answer.status_code, answer.headers["x-spoken"]) for answer in answers] == [
        (200, "1.0"),
        (422, "1.0"),
        (401, "1.0"),
    ]


async def test_what_takes_long_holds_no_more_connections_than_it_may() -> None:
    router = service_router(PREFIX, permissions=PERMISSIONS)
    works, go_on = FakeWorks(), asyncio.Event()

    @router.post("/notes", **does("write_note", at_once=2))
    async def think(work: WorkDep) -> int:
        await go_on.wait()
        return 1

    async with calling(sample_app(router, issuer=ISSUER, works=works)) as client:
        asked = [asyncio.create_task(client.post(f"{PREFIX}/notes", headers=ISSUER.bearer("writer"))) for _ in range(5)]
        for _ in range(200):
            await asyncio.sleep(0)
        opened = works.opened
        go_on.set()
        answers = await asyncio.gather(*asked)

    assert (opened, works.opened) == (2, 5)
    assert {answer.status_code for answer in answers} == {200}


async def test_a_changing_route_that_streams_is_a_programming_error() -> None:
    works = FakeWorks()
    app = sample_app(breaking_router(StreamingResponse(iter([b"x"]))), issuer=ISSUER, works=works)
    async with calling(app) as client:
        answer = await client.post(f"{PREFIX}/break", headers=ISSUER.bearer("writer"))

    assert answer.status_code == 500
    assert works.ended == ["rolled back"]


async def test_the_work_carries_the_callers_correlation() -> None:
    works = FakeWorks()
    correlation = "0197a9a2-8d63-7c57-9f3b-2f2f0a3f5b11"
    async with calling(sample_app(issuer=ISSUER, works=works)) as client:
        answer = await client.get(f"{PREFIX}/notes", headers={"X-Correlation-Id": correlation})

    assert works.works[0].correlation_id == correlation == answer.headers["x-correlation-id"]


# How much.


async def asgi(app: Any, headers: list[tuple[bytes, bytes]], chunks: Any, *, path: str = f"{PREFIX}/notes") -> Any:
    """Call the app as a server does; returns what it answered, and how many chunks it had taken in by then."""
    taken = taken_before_answering = 0
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        chunk = next(chunks, None)
        if chunk is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        taken += 1
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message: Any) -> None:
        nonlocal taken_before_answering
        if not sent:
            taken_before_answering = taken
        sent.append(message)

    authorization = ISSUER.bearer("writer")["Authorization"].encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "server": ("sample.test", 80),
        "client": ("192.0.2.1", 1),
        "headers": [(b"authorization", authorization), *headers],
    }
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), taken_before_answering


async def test_a_gigabyte_that_is_announced_is_refused_unread() -> None:
    chunks = (b"x" * 2**16 for _ in range(2**14))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1073741824")]

    status, answered, taken = await asgi(sample_app(issuer=ISSUER), headers, chunks)

    assert (status, taken) == (413, 0)
    assert answered[b"connection"] == b"close"


async def test_a_gigabyte_in_chunks_is_refused_at_the_limit() -> None:
    chunks = (b"x" * 2**16 for _ in range(2**14))
    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]

    status, answered, taken = await asgi(sample_app(issuer=ISSUER), headers, chunks)

    assert (status, taken) == (413, 17)
    assert answered[b"connection"] == b"close"


@pytest.mark.parametrize("length", [b"-1", b"ten", b"1e3", b"9" * 5000])
async def test_a_content_length_that_is_no_length_is_refused(length: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]

    status, _, taken = await asgi(sample_app(issuer=ISSUER), headers, iter([b"{}"]))

    assert status in {400, 413}
    assert taken == 0


async def test_each_route_has_its_own_limit() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        headers = ISSUER.bearer("writer")
        fits = await client.post(f"{PREFIX}/files", files={"file": b"x" * 2 * 2**20}, headers=headers)
        too_large = await client.post(f"{PREFIX}/files", files={"file": b"x" * 3 * 2**20}, headers=headers)
        raw = {**headers, "content-type": "application/pdf"}
        raw_too_large = await client.put(f"{PREFIX}/raw", content=b"x" * 101, headers=raw)

    assert (fits.status_code, fits.json()["title"]) == (201, f"{2 * 2**20} bytes")
    assert (too_large.status_code, too_large.json()["limit"]) == (413, 3 * 2**20)
    assert raw_too_large.status_code == 413


async def test_a_large_body_waits_on_disk_and_not_in_memory() -> None:
    chunks = iter([b"x" * 2**16] * 64)

    async def receive() -> dict[str, Any]:
        chunk = next(chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    received = await ReceivedBody.of(Request({"type": "http", "headers": []}, receive), limit=2**23)

    assert received.size == 2**22
    assert received._file._rolled  # type: ignore[attr-defined]
    received.close()


# What kind.


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("notes", "application/json", 422),
        ("notes", "application/json; charset=utf-8", 422),
        ("notes", "application/merge-patch+json", 422),
        ("notes", "text/json", 415),
        ("notes", "application/x-www-form-urlencoded", 415),
        ("notes", "", 415),
        ("files", "application/json", 415),
        ("files", "multipart/form-data", 400),
        ("files", "multipart/form-data; boundary=x", 422),
    ],
)
async def test_only_the_documented_formats_are_read(path: str, content_type: str, status: int) -> None:
    headers = {**ISSUER.bearer("writer"), "content-type": content_type}
    content = b"--x--\r\n" if "multipart" in content_type else b"{}"
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.post(f"{PREFIX}/{path}", content=content, headers=headers)

    assert answer.status_code == status
    assert slug(answer)


async def test_a_body_without_a_content_type_is_refused() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        request = client.build_request("POST", f"{PREFIX}/notes", content=b"{}", headers=ISSUER.bearer("writer"))
        request.headers.pop("content-type", None)
        answer = await client.send(request)

    assert answer.status_code == 415
