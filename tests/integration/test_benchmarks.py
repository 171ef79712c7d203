"""Every benchmark runs, tiny, against a real backbone, checks what it measured, and answers as JSON."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from benchmarks import assignment, consumer, journal, latency, monitor, relay, saving, submit, writing
from benchmarks.figures import FIGURES
from benchmarks.measuring import Result
from tests.support.backbone import rig
from tests.support.stack import Backbone

TINY: dict[str, tuple[Callable[[Backbone], Awaitable[Result]], list[str]]] = {
    "relay": (
        lambda backbone: relay.measure(backbone, 400, peer_events=100),
        ["ours", *relay.RAW, "faststream-outbox, in order", "faststream-outbox, fastest"],
    ),
    "latency": (lambda backbone: latency.measure(backbone, 40), ["ours"]),
    "consumer": (
        lambda backbone: consumer.measure(backbone, 400),
        ["ours, a row added", "ours, an UPSERT each", "FastStream, plain"],
    ),
    "writing": (
        lambda backbone: writing.measure(backbone, 64),
        [
            f"{who}, {writers}"
            for writers in ("16 writers", "1 writer")
            for who in ("ours", "asyncpg, state and outbox row", "asyncpg, state alone")
        ],
    ),
    "journal": (
        lambda backbone: journal.measure(backbone, 600),
        [
            "ours, sealed",
            "asyncpg, inserted",
            "ours, proven",
            "ours, verified from the database",
            "ours, verified from files",
        ],
    ),
    "monitor": (
        lambda backbone: monitor.measure(backbone, 2_000, times=3),
        [
            "ours, the log",
            "ours, the log, one service",
            "ours, the log, a service without events",
            "ours, the log, a rare type",
            "ours, the log, a stretch of time",
            "ours, an event",
            "ours, a case",
            "ours, the programme's charts",
            "ours, failures",
        ],
    ),
    "saving": (lambda backbone: saving.measure(backbone, 40, people=20, pause=0.05), ["ours"]),
    "assignment": (
        lambda backbone: assignment.measure(backbone, 60),
        [
            "ours, assigned and committed",
            "ours, again after 20 recusals",
            "ours, solved",
            "ours, explained",
            "HiGHS",
        ],
    ),
    "submit": (
        lambda backbone: submit.measure(backbone, 40, connections=4),
        ["ours", "bare FastAPI + asyncpg, one insert"],
    ),
}


READS = {"monitor"}


def test_none_is_left_out() -> None:
    assert set(TINY) == set(FIGURES)


@pytest.mark.parametrize("name", TINY)
async def test_a_benchmark_answers_for_ours_and_for_each_reference(name: str, backbone: Backbone) -> None:
    measure, contenders = TINY[name]

    answer: dict[str, Any] = json.loads(json.dumps((await measure(backbone)).as_json()))

    assert answer["figure"] == name
    assert answer["machine"]["libraries"]["aiokafka"]
    assert [each["name"] for each in answer["measured"]] == contenders
    for each in answer["measured"]:
        assert each["value"] > 0
        assert each["events"] > 0
        assert each["seconds"] > 0
        assert each["costs"]["own_cpu_seconds_per_1000"] > 0
    assert name in READS or answer["measured"][0]["costs"]["wal_bytes_per_event"] > 0
    for target in answer["targets"]:
        assert target["met"] == (
            target["found"] >= target["bound"] if target["at_least"] else target["found"] <= target["bound"]
        )


async def test_a_commit_that_left_nothing_is_no_figure(backbone: Backbone) -> None:
    async def forget(_: object) -> None:
        """Acknowledges, and writes nothing."""

    async with rig(backbone, tables=writing.TABLES) as service:
        with pytest.raises(RuntimeError, match="were acknowledged"):
            await writing.written("ours", service, forget, 4, 1, note="", counted="outbox_pending")
