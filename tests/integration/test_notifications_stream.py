"""The live log: cut anywhere and resumed, it has no gap and no repeat, while events are committed all the time."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.notifications import live
from tests.support.notifications import (
    APPLICATION,
    PREFIX,
    Service,
    drafted,
    notifications,
    review_assigned,
    serving,
    submitted,
    until,
)
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


@pytest.fixture
async def url(service: Service) -> AsyncIterator[str]:
    async with serving(service.app) as served:
        yield served + PREFIX + "/events/stream"


class Follower:
    """A browser's EventSource, as far as resuming goes."""

    def __init__(self, url: str, headers: dict[str, str], **params: Any) -> None:
        self.url = url
        self.headers = headers
        self.params = params
        self.last_id: str | None = None
        self.events: list[dict[str, Any]] = []
        self.comments = 0
        self.ended = False

    @property
    def positions(self) -> list[int]:
        return [event["position"] for event in self.events]

    async def follow(self, *, until_count: int | None = None) -> None:
        """Read until cancelled, until the server ends, or until there are so many events."""
        headers = self.headers | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        message: dict[str, str] = {}
        async with (
            httpx.AsyncClient(timeout=20) as client,
            client.stream("GET", self.url, headers=headers, params=self.params) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    message[name] = value
                elif message:
                    self._dispatch(message)
                    message = {}
                    if until_count is not None and len(self.events) >= until_count:
                        return
            self.ended = True

    def _dispatch(self, message: dict[str, str]) -> None:
        self.last_id = message.get("id", self.last_id)
        if "data" in message:
            entry = json.loads(message["data"])
            assert message["event"] == entry["type"]
            assert message["id"] == str(entry["position"])
            self.events.append(entry)


async def test_a_cut_stream_resumes_without_gap_or_repeat_while_events_are_committed(
    service: Service, url: str
) -> None:
    follower = Follower(url, service.issuer.bearer("staff"), after=0)
    total = 240
    writing = asyncio.gather(*(_write(service, total // 4) for _ in range(4)))

    cuts = 0
    end = asyncio.get_running_loop().time() + 30
    while len(follower.events) < total:
        assert asyncio.get_running_loop().time() < end, f"only {len(follower.events)} events came"
        following = asyncio.create_task(follower.follow(until_count=total))
        done, _ = await asyncio.wait({following}, timeout=random.uniform(0.05, 0.4))
        if done:
            await following
        else:
            cuts += 1
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
    await writing

    assert follower.positions == list(range(1, total + 1))
    assert cuts > 2


async def _write(service: Service, count: int) -> None:
    for _ in range(count):
        await service.hear(drafted(uuid4()), twice=False)


async def test_what_is_filtered_out_is_skipped_and_the_rest_is_whole(service: Service, url: str) -> None:
    wanted = Follower(url, service.issuer.bearer("auditor"), after=0, file=str(APPLICATION))
    following = asyncio.create_task(wanted.follow(until_count=3))

    for event in (drafted(), drafted(uuid4()), submitted(), drafted(uuid4()), review_assigned()):
        await service.hear(event)
    await asyncio.wait_for(following, 10)

    assert wanted.positions == [1, 3, 5]


async def test_without_a_position_it_begins_now_and_says_where_to_resume(service: Service, url: str) -> None:
    await service.hear(drafted())
    follower = Follower(url, service.issuer.bearer("staff"))
    following = asyncio.create_task(follower.follow(until_count=1))

    async def connected() -> bool:
        return follower.last_id == "1"

    await until(connected, what="the place to resume")
    await service.hear(submitted())
    await asyncio.wait_for(following, 10)

    assert follower.positions == [2]


async def test_last_event_id_wins_over_after(service: Service, url: str) -> None:
    for _ in range(4):
        await service.hear(drafted(uuid4()))
    follower = Follower(url, service.issuer.bearer("staff"), after=0)
    follower.last_id = "3"

    await asyncio.wait_for(follower.follow(until_count=1), 10)

    assert follower.positions == [4]


async def test_an_idle_stream_shows_that_it_lives(service: Service, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.1)
    follower = Follower(url, service.issuer.bearer("staff"))
    following = asyncio.create_task(follower.follow())

    async def beats() -> bool:
        return follower.comments > 1

    await until(beats, what="a heartbeat")
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following


async def test_it_ends_when_the_token_expires(service: Service, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TOKEN_CHECK_SECONDS", 0.1)
    now = service.issuer.claims()["iat"]
    token = service.issuer.token("staff", exp=now - 28)  # within the leeway, for two seconds more
    follower = Follower(url, {"Authorization": f"Bearer {token}"})

    await asyncio.wait_for(follower.follow(), 15)

    assert follower.ended


async def test_a_crowd_is_turned_away_with_a_word_when_to_return(
    service: Service, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 0)

    async with httpx.AsyncClient() as client:
        answer = await client.get(url, headers=service.issuer.bearer("staff"))

    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_a_strange_last_event_id_is_refused(service: Service, url: str) -> None:
    async with httpx.AsyncClient(headers=service.issuer.bearer("staff")) as client:
        for position in ("-1", "x", "9223372036854775808", "1.5"):
            answer = await client.get(url, headers={"Last-Event-ID": position})

            assert answer.status_code == 422
            assert answer.headers["content-type"] == "application/problem+json"
