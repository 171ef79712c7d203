"""The main job, as its user runs it: alone, with things killed under it, with a service away, and read for names."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from infra.demo.people import gather_cast
from infra.local.stack import Stack
from shared.events import EVENT_TOPICS
from tests.support.backbone import until
from tests.support.demo import demo

SERVICES = tuple(EVENT_TOPICS)


@pytest.fixture(scope="module")
async def home() -> AsyncIterator[Path]:
    """A stack of its own, ended and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="datacity-e2e-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "home"
        try:
            yield path
        finally:
            await Stack.open(path).erase()


async def test_the_first_edition_runs_and_keeps_every_promise(home: Path) -> None:
    async with demo(home) as run:
        code, printed = await run.finish()

    assert code == 0, run.story + printed
    assert "promises kept" in run.story
    assert "broken" not in printed
    assert "experimentation reported" in printed


async def test_no_name_or_address_is_in_an_event_or_a_log(home: Path) -> None:
    """Reads what the run before left: every event topic from the beginning, and every log file."""
    cast = gather_cast("x")
    canaries = [person.name for person in cast.people] + [startup.name for startup in cast.startups]
    canaries += [".demo.example", "Résidente Imaginaire", "Cousin of the founder", "Please add the minutes"]
    stack = Stack.open(home)
    consumer = AIOKafkaConsumer(
        *EVENT_TOPICS.values(), bootstrap_servers=stack.urls["kafka"], auto_offset_reset="earliest"
    )
    await consumer.start()
    texts: list[str] = []
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                texts += [f"{record.headers}{(record.value or b'').decode()}" for record in records]
    finally:
        await consumer.stop()
    logs = log_files(home)

    assert len(texts) > 300
    assert {name for name in SERVICES if any(name in path.name for path in logs)} == set(SERVICES)
    seen_in_events = [canary for canary in canaries if any(canary in text for text in texts)]
    seen_in_logs = [
        (canary, path.name) for path in logs for canary in canaries if canary in path.read_text(errors="replace")
    ]
    assert (seen_in_events, seen_in_logs) == ([], [])


def log_files(home: Path) -> list[Path]:
    """The services' own logs; Kafka's and PostgreSQL's hold no business data."""
    return [path for path in home.rglob("*.log*") if path.is_file() and "/kafka/" not in str(path)]


async def answers(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False


def ends_of_logs(home: Path) -> str:
    """What one wants to read when a run broke off."""
    return "".join(f"\n— {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in log_files(home))


async def test_killing_every_part_while_startups_apply_loses_nothing(home: Path) -> None:
    """All six die while startups write; three of them once more, as soon as startups write again."""
    stack = Stack.open(home)
    async with demo(home, "--call-seconds", "150", "--patience", "120", "--mail-repeats", "5") as run:
        await run.said("The call is open")
        for part in (*SERVICES, "kafka", "postgres"):
            stack.kill(part)
        recovery = asyncio.create_task(stack.up())
        await until(lambda: answers(f"{stack.urls['applications']}/healthz"), seconds=60, what="applications' return")
        for part in ("applications", "kafka", "postgres"):
            stack.kill(part)
        assert "draft, attach a pitch deck and submit" not in run.story, "all was over before the killing was"
        # What it waits for has died again; the next one mends that.
        recovery.cancel()
        await asyncio.gather(recovery, return_exceptions=True)
        await stack.up()
        code, printed = await run.finish(seconds=300)

    assert code == 0, run.story + printed + ends_of_logs(home)


async def test_with_a_service_away_the_others_answer_and_it_catches_up(home: Path) -> None:
    stack = Stack.open(home)
    async with demo(home, "--patience", "120") as run:
        await run.said("A jury selects")
        for absent in ("incubation", "notifications"):
            await stack.stop(absent)
        present = [service for service in SERVICES if service not in {"incubation", "notifications"}]
        async with httpx.AsyncClient() as client:
            answers = await asyncio.gather(*(client.get(f"{stack.urls[name]}/readyz") for name in present))
        await run.said("Results are published together")
        for absent in ("incubation", "notifications"):
            await stack.start(absent)
        code, printed = await run.finish()

    assert [answer.status_code for answer in answers] == [200] * len(present)
    assert code == 0, run.story + printed + ends_of_logs(home)
