"""What every answer carries, what is logged of it, and how the process tells how it is."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from shared.errors import TooMany
from shared.http.limiting import HEADERS, RateLimits
from tests.support.issuer import PERSON, FakeIssuer
from tests.support.sample_service import PREFIX, breaking_router, calling, sample_app

ISSUER = FakeIssuer()
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def log() -> Iterator[list[dict[str, Any]]]:
    """What was logged during the test, with what was bound at the edge."""
    lines: list[dict[str, Any]] = []

    def keep(_logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        lines.append({**structlog.contextvars.get_contextvars(), **event, "level": method})
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[keep])
    yield lines
    structlog.configure(**before)


# Ids.


async def test_a_request_without_an_id_gets_one_that_sorts_by_time() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        first, second = [(await client.get("/healthz")).headers["x-correlation-id"] for _ in range(2)]

    assert UUID(first).version == UUID(second).version == 7
    assert first < second


@pytest.mark.parametrize("given", ["", "not-a-uuid", "zineb@mail.example", "x" * 5000])
async def test_an_id_that_is_none_is_replaced(given: str) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get("/healthz", headers={"X-Correlation-Id": given})

    assert UUID(answer.headers["x-correlation-id"])


async def test_the_callers_trace_is_in_the_problem_and_in_the_log(log: list[dict[str, Any]]) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get("/nowhere", headers={"traceparent": TRACEPARENT})

    assert answer.json()["trace_id"] == TRACE
    assert {line["trace_id"] for line in log} == {TRACE}


@pytest.mark.parametrize("given", ["", "00-0-0-0", f"00-{'0' * 32}-00f067aa0ba902b7-01", "ff" + TRACEPARENT[2:], "x"])
async def test_a_trace_that_is_none_is_replaced_by_the_correlation(given: str) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get("/nowhere", headers={"traceparent": given})

    assert answer.json()["trace_id"] == UUID(answer.headers["x-correlation-id"]).hex


# Headers.


@pytest.mark.parametrize("path", [f"{PREFIX}/notes", "/nowhere", "/healthz", f"{PREFIX}/docs", f"{PREFIX}/break"])
async def test_every_answer_is_guarded(path: str) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get(path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in answer.headers


async def test_an_accident_is_guarded_too() -> None:
    async with calling(sample_app(breaking_router(RuntimeError()), issuer=ISSUER)) as client:
        answer = await client.post(f"{PREFIX}/break", headers=ISSUER.bearer("writer"))

    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-correlation-id"]


# The access log.


async def test_a_request_is_one_line_with_the_route_and_not_the_path(log: list[dict[str, Any]]) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        await client.get(f"{PREFIX}/numbers/42?email=zineb@mail.example", headers=ISSUER.bearer("writer"))

    [line] = [line for line in log if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("GET", f"{PREFIX}/numbers/{{number}}", 200)
    assert line["ms"] >= 0
    assert (line["service"], line["level"]) == ("sample", "info")
    assert UUID(line["correlation_id"])
    assert not re.search(f"42|zineb|{PERSON}", str({k: v for k, v in line.items() if not k.endswith(("_id", "ms"))}))


async def test_an_unknown_address_is_not_logged_as_it_was_asked(log: list[dict[str, Any]]) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        await client.get("/people/zineb")

    assert [line["route"] for line in log] == ["unmatched"]


async def test_probes_do_not_drown_the_rest(log: list[dict[str, Any]]) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        await client.get("/healthz")

    assert [line["level"] for line in log] == ["debug"]


# Health.


async def test_alive_is_not_ready() -> None:
    async def database() -> None:
        raise ConnectionRefusedError("postgresql://user:hunter2@host")

    async def kafka() -> None: ...

    app = sample_app(issuer=ISSUER, checks={"database": database, "kafka": kafka})
    async with calling(app) as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.json() == {
        "status": "not ready",
        "checks": {"database": "failed: ConnectionRefusedError", "kafka": "ok"},
    }
    assert "hunter2" not in ready.text


async def test_a_check_that_hangs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.health._PATIENCE", 0.01)

    async def hangs() -> None:
        await asyncio.Event().wait()

    async with calling(sample_app(issuer=ISSUER, checks={"kafka": hangs})) as client:
        ready = await client.get("/readyz")

    assert ready.json()["checks"] == {"kafka": "failed: TimeoutError"}


async def test_with_all_well_the_service_is_ready() -> None:
    async def database() -> None: ...

    async with calling(sample_app(issuer=ISSUER, checks={"database": database})) as client:
        ready = await client.get("/readyz")

    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


async def test_metrics_count_by_route_and_not_by_path() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        await client.get(f"{PREFIX}/numbers/4711")
        await client.request("BREW", "/coffee-4711")
        metrics = (await client.get("/metrics")).text

    labels = f'method="GET",route="{PREFIX}/numbers/{{number}}",service="sample",status="200"'
    assert f"datacity_http_requests_total{{{labels}}}" in metrics
    assert 'method="OTHER",route="unmatched"' in metrics
    routes = re.findall(r'route="([^"]*)"', metrics)
    assert not [route for route in routes if "4711" in route]


# The documentation page.


async def test_the_page_loads_everything_from_here() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        page = await client.get(f"{PREFIX}/docs")
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        answers = {path: await client.get(f"{PREFIX}/{path}") for path in loaded}

    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"<script>|<style|onload|https?://", page.text)
    assert {answer.status_code for answer in answers.values()} == {200}
    assert "docs/swagger-ui-bundle.js" in answers
    assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", f"{PREFIX}/docs/../app.py"])
async def test_fastapis_own_pages_are_off(path: str) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        assert (await client.get(path)).status_code == 404


# How fast.


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_again() -> None:
    clock, scope = Clock(), dict[str, Any]()
    limits = RateLimits(60, clock=clock)

    for _ in range(20):
        limits.spend(scope, "caller")
    with pytest.raises(TooMany) as refused:
        limits.spend(scope, "caller")
    assert refused.value.retry_after == 1
    limits.spend(scope, "another")

    clock.now += 1
    limits.spend(scope, "caller")
    with pytest.raises(TooMany):
        limits.spend(scope, "caller")


def test_the_number_of_buckets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.limiting._MOST_CALLERS", 3)
    limits = RateLimits(60, clock=Clock())

    for caller in "abcde":
        limits.spend({}, caller)

    assert list(limits._buckets) == ["c", "d", "e"]


def test_no_limit_leaves_no_trace() -> None:
    scope: dict[str, Any] = {}

    RateLimits(0).spend(scope, "caller")

    assert HEADERS not in scope


async def test_each_caller_is_told_and_held_to_a_limit_of_its_own() -> None:
    async with calling(sample_app(issuer=ISSUER, rate_limit_per_minute=6)) as client:
        mine = [await client.get(f"{PREFIX}/notes", headers=ISSUER.bearer("writer")) for _ in range(3)]
        yours = await client.get(f"{PREFIX}/notes", headers=ISSUER.bearer("writer", person_id="someone-else"))
        health = await client.get("/healthz")

    assert [answer.status_code for answer in mine] == [200, 200, 429]
    assert mine[0].headers["ratelimit-policy"] == '"default";q=6;w=60'
    assert mine[0].headers["ratelimit"].startswith('"default";r=1;t=')
    assert int(mine[2].headers["retry-after"]) in range(1, 11)
    assert mine[2].json()["type"].endswith("/too-many-requests")
    assert yours.status_code == 200
    assert "ratelimit" not in health.headers


async def test_guessing_tokens_is_slowed_down_as_well() -> None:
    async with calling(sample_app(issuer=ISSUER, rate_limit_per_minute=6)) as client:
        headers = {"Authorization": "Bearer guess"}
        guesses = [(await client.get(f"{PREFIX}/notes", headers=headers)).status_code for _ in range(4)]

    assert guesses == [401, 401, 429, 429]
