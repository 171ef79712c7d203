"""What the monitor shows, to whom, and at which cost when the log is long."""

import asyncio
import contextlib
import random
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlmodel import select

from services.notifications import live
from services.notifications.models import Entry
from services.notifications.views import entries as views
from services.notifications.views import progress
from services.notifications.views.entries import Filters
from shared.clock import zone_named
from tests.support.long_log import fill
from tests.support.monitor import BEGUN, CANARIES, JUDGING, STAFF, Monitor, monitor, tell_the_story
from tests.support.notifications import APPLICATION, CHALLENGE, LEAD, drafted, edition
from tests.support.stack import Backbone

PLACES = (
    "events", "events/3", "events/4", "events/7", "events/8", f"files/{APPLICATION}", f"events?actor={LEAD}",
    "failures", "failures/notifications/feedfacecafebeef", "failures/notifications/events/1", "health", "programme",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Monitor]:
    async with monitor(backbone, tmp_path_factory.mktemp("issuer")) as shown:
        await tell_the_story(shown)
        yield shown


async def seen_by(shown: Monitor, roles: str, *, sub: UUID | None = None) -> str:
    """All pages that somebody can open, as one text."""
    pages = []
    async with shown.signed_in(roles, sub=sub) as client:
        for place in PLACES:
            answer = await client.get(shown.address(place))
            assert answer.status_code == 200, (place, answer.text)
            pages.append(answer.text)
    return "\n".join(pages)


async def test_staff_read_names(told: Monitor) -> None:
    pages = await seen_by(told, "staff", sub=STAFF)

    assert all(name in pages for name in CANARIES.values())
    assert "@example.org" not in pages


async def test_an_auditor_reads_ids_alone(told: Monitor) -> None:
    pages = await seen_by(told, "auditor")

    assert "Zzyzx" not in pages
    assert str(LEAD) in pages


async def test_staff_who_judge_learn_neither_whose_file_it_is_nor_what_others_gave(told: Monitor) -> None:
    pages = await seen_by(told, "staff juror", sub=JUDGING)
    position = await told.service.scalar("SELECT position FROM entry WHERE type LIKE '%review.submitted%'")
    async with told.signed_in("staff juror") as client:
        review = (await client.get(told.address(f"events/{position}"))).text
    async with told.signed_in("staff") as client:
        open_review = (await client.get(told.address(f"events/{position}"))).text

    assert "Zzyzx" not in pages
    assert "Scores are hidden" in review
    assert ">Scores<" not in review
    assert "SHA-256" not in review
    assert ">Scores<" in open_review


@pytest.mark.parametrize("role", ["applicant", "juror", "partner", "city", "coach"])
async def test_for_all_others_there_is_nothing_behind_any_address(told: Monitor, role: str) -> None:
    async with told.signed_in(role) as client:
        answers = [await client.get(told.address(place)) for place in PLACES if str(LEAD) not in place]

    assert {answer.status_code for answer in answers} == {403}
    assert not any("Zzyzx" in answer.text or str(LEAD) in answer.text for answer in answers)


async def test_who_may_watch_but_not_act_finds_no_button_and_no_way(told: Monitor) -> None:
    async with told.signed_in("auditor") as client:
        page = await client.get(told.address("failures/notifications/feedfacecafebeef"))
        order = await client.post(
            told.address("failures/notifications/feedfacecafebeef/release"), data={"note": "please", "confirmed": "yes"}
        )

    assert page.status_code == 200
    assert "<textarea" not in page.text
    assert order.status_code == 403


async def test_an_order_without_a_reason_is_not_taken(told: Monitor) -> None:
    async with told.signed_in("staff") as client:
        answer = await client.post(told.address("failures/notifications/feedfacecafebeef/release"), data={"note": " "})

    assert answer.status_code == 422


async def test_a_service_that_does_not_answer_is_said_to_not_answer_and_hides_no_other(told: Monitor) -> None:
    async with told.signed_in("staff") as client:
        page = (await client.get(told.address("failures"))).text

    assert "This service does not answer just now" in page
    assert "no address is configured for it" in page
    assert "sqlalchemy.exc.DBAPIError at load:7" in page
    assert "feedfacecafebeef" in page


async def test_pages_of_the_log_join_without_gap_or_repeat(told: Monitor) -> None:
    total = await told.service.scalar("SELECT max(position) FROM entry")
    for query in ("", "?from=2016-01-01T00:00"):
        found: list[int] = []
        async with told.signed_in("staff") as client:
            address: str | None = told.address(f"events{query}")
            while address:
                page = (await client.get(address)).text
                found += [int(each) for each in re.findall(r'data-position="(\d+)"', page)]
                older = re.search(r'rel="next" href="([^"]+)"', page)
                address = told.url + older[1].replace("&amp;", "&") if older else None
        assert len(found) == len(set(found)) == total
        assert query or found == list(range(total, 0, -1))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("service=selection", 3),
        ("type=io.datacity.project.opened.v1", 1),
        (f"file={APPLICATION}", 9),
        ("to=2017-02-20T09:29", 0),
        ("from=2017-02-20T09:30&to=2017-02-20T09:31", 1),
        ("correlation=nonsense", 0),
        ("service=&type=&file=&actor=&correlation=&from=&to=", 50),
    ],
)
async def test_filters_are_in_the_address(told: Monitor, query: str, count: int) -> None:
    async with told.signed_in("staff") as client:
        page = await client.get(told.address(f"events?{query}"))

    assert page.status_code == 200
    assert page.text.count("data-position=") == count


async def test_times_are_told_in_the_editions_zone(told: Monitor) -> None:
    async with told.signed_in("staff") as client:
        page = (await client.get(told.address(f"files/{APPLICATION}"))).text

    assert f'<time datetime="{BEGUN:%Y}-02-21T11:30:00Z"' in page
    assert "Africa/Casablanca (UTC+00:00)" in page


async def test_charts_count_what_the_log_holds(told: Monitor) -> None:
    async with told.service.works.begin(read_only=True) as work:
        days = await progress.per_day(work.session, "applications", zone=zone_named("Africa/Casablanca"))
        reviews = await progress.reviews(work.session)
        stages = {each.before: each for each in await progress.between_stages(work.session)}
        promised = [(each.kind, each.approved_at) for each in await progress.milestones(work.session)]

    submitted = await told.service.scalar("SELECT count(*) FROM entry WHERE type LIKE '%application.submitted%'")
    assert sum(sum(each.values()) for each in days.values()) == submitted
    assert reviews[CHALLENGE] == {"assigned": 1, "submitted": 1}
    assert stages["submitted"].files == 1
    assert stages["submitted"].median_seconds == 9 * 24 * 3600
    assert promised == [("prototype", None)]


# The stream, for who is signed in.


async def test_a_stream_that_is_cut_at_random_has_no_gap_and_no_repeat(
    backbone: Backbone, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cuts = 1_000 if request.config.getoption("--web") else 40
    async with monitor(backbone, tmp_path) as shown:
        await shown.service.hear(edition(), twice=False)
        async with shown.signed_in("staff") as client:
            done = asyncio.Event()
            writing = [asyncio.create_task(_write(shown, done)) for _ in range(3)]
            holding = [asyncio.create_task(_hold_transactions(shown, done)) for _ in range(3)]
            follower = Follower(client, shown.address("events/stream?after=0"))
            for _ in range(cuts):
                await follower.follow_for(random.uniform(0.0, 0.12))
            done.set()
            await asyncio.gather(*writing, *holding)
            total = await shown.service.scalar("SELECT max(position) FROM entry")
            deadline = time.monotonic() + 30
            while len(follower.positions) < total:
                assert time.monotonic() < deadline
                await follower.follow_for(0.5)

    assert total > cuts
    assert follower.positions == list(range(1, total + 1))


class Follower:
    """A browser's EventSource, as far as resuming goes."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self.client = client
        self.url = url
        self.last: str | None = None
        self.positions: list[int] = []

    async def follow_for(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._follow()

    async def _follow(self) -> None:
        headers = {"Last-Event-ID": self.last} if self.last else {}
        async with self.client.stream("GET", self.url, headers=headers) as answer:
            assert answer.status_code == 200
            message: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    message[name] = value
                    continue
                self.last = message.get("id", self.last)
                if "data" in message:
                    assert f'data-position="{message["id"]}"' in message["data"]
                    self.positions.append(int(message["id"]))
                message = {}


async def _write(shown: Monitor, done: asyncio.Event) -> None:
    while not done.is_set():
        await shown.service.hear(drafted(uuid4()), twice=False)
        await asyncio.sleep(random.uniform(0, 0.03))


async def _hold_transactions(shown: Monitor, done: asyncio.Event) -> None:
    """Each has an id and a snapshot of its own, and ends long after those that began later."""
    while not done.is_set():
        async with shown.service.works.engine.begin() as connection:
            await connection.execute(text("SELECT pg_current_xact_id(), count(*) FROM entry"))
            await asyncio.sleep(random.uniform(0.2, 1.5))


async def test_a_stream_ends_with_the_session(told: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TOKEN_CHECK_SECONDS", 0.1)
    async with told.signed_in("staff") as client:
        async with told.service.works.begin() as work:
            await (await work.session.connection()).exec_driver_sql("DELETE FROM web_session")
        refused = await client.get(told.address("events/stream"), headers={"Accept": "text/event-stream"})
    async with told.signed_in("staff") as client, client.stream("GET", told.address("events/stream")) as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        async with told.service.works.begin() as work:
            await (await work.session.connection()).exec_driver_sql("DELETE FROM web_session")
        async with asyncio.timeout(10):
            async for _ in lines:
                pass

    assert refused.status_code == 401


# At which cost.

MANY = 200_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def long_log(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Monitor]:
    """A year's."""
    async with monitor(backbone, tmp_path_factory.mktemp("issuer")) as shown:
        await shown.service.hear(edition(), twice=False)
        await fill(shown.service.owner_url, MANY)
        yield shown


@pytest.mark.parametrize(
    "wanted",
    [
        Filters(),
        Filters(service="selection"),
        Filters(service="notifications"),
        Filters(types=("io.datacity.call.closed.v1",)),
        Filters(types=("io.datacity.application.drafted.v1",)),
        Filters(file=UUID(int=5)),
        Filters(actor=str(UUID(int=7))),
        Filters(correlation=str(UUID(int=7))),
        Filters(until=BEGUN),
        Filters(since=BEGUN, until=BEGUN.replace(month=6)),
        Filters(service="incubation", until=BEGUN),
    ],
    ids=lambda wanted: ", ".join(name for name, value in vars(wanted).items() if value) or "none",
)
async def test_no_filter_reads_the_whole_log(long_log: Monitor, wanted: Filters) -> None:
    async with long_log.service.works.begin(read_only=True) as work:
        head = await views.head(work.session)
        query = wanted.of(select(Entry)).where(Entry.position <= head)
        by_time = wanted.since or wanted.until
        order = (Entry.happened_at.desc(), Entry.position.desc()) if by_time else (Entry.position.desc(),)  # type: ignore[attr-defined]
        compiled = (
            query.order_by(*order)
            .limit(51)
            .compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        )
        plan = await _plan(work, str(compiled))

    assert "Seq Scan on entry" not in plan, plan
    assert _rows_read(plan) < 3_000, plan


async def test_live_effects_and_cases_are_found_by_an_index(long_log: Monitor) -> None:
    queries = (
        f"SELECT * FROM entry WHERE position > {MANY - 20} AND position <= {MANY} ORDER BY position LIMIT 200",
        "SELECT * FROM entry WHERE causation_id = 'x' ORDER BY position LIMIT 100",
        "SELECT * FROM entry WHERE file = '00000000-0000-0000-0000-000000000005' ORDER BY position LIMIT 5000",
        "SELECT coalesce(max(position), 0) FROM entry",
    )
    async with long_log.service.works.begin(read_only=True) as work:
        for query in queries:
            assert "Seq Scan" not in await _plan(work, query)


@pytest.mark.alone
async def test_pages_of_a_long_log_are_quick(long_log: Monitor) -> None:
    file = await long_log.service.scalar("SELECT file FROM entry WHERE position = 77777")
    places = (
        "events", "events?service=notifications", "events?type=io.datacity.call.closed.v1",
        "events?to=2017-01-05T00:00", "events/100000", f"files/{file}", "programme",
    )  # fmt: skip
    seconds: dict[str, float] = {}
    async with long_log.signed_in("staff") as client:
        for place in places:
            await client.get(long_log.address(place))
            taken = []
            for _ in range(3):
                began = time.perf_counter()
                assert (await client.get(long_log.address(place))).status_code == 200
                taken.append(time.perf_counter() - began)
            seconds[place] = min(taken)

    assert max(seconds.values()) < 0.3, seconds


async def _plan(work: Any, query: str) -> str:
    found = await (await work.session.connection()).exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {query}")
    return "\n".join(row[0] for row in found)


def _rows_read(plan: str) -> int:
    """What the scans returned, and what they read for nothing."""
    scans = re.findall(r"Scan.*\(actual rows=(\d+)", plan)
    return sum(map(int, scans)) + sum(map(int, re.findall(r"Rows Removed by Filter: (\d+)", plan)))
