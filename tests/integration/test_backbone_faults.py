"""Consumers that are disturbed in mid-handler: each event has its effect once, and in the order of its key."""

import asyncio
import signal
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from shared.messaging import Consumer, consuming
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone
from tests.support.workers import BLOCK, worker


@pytest.fixture
async def service(backbone: Backbone) -> Any:
    async with rig(backbone) as made:
        yield made


async def write(service: Rig, subjects: int, notes: int) -> dict[str, list[str]]:
    """Notes about several subjects, in turn; what must be told of them."""
    ids = [uuid4() for _ in range(subjects)]
    for number in range(notes):
        async with service.works.begin() as work:
            for subject in ids:
                work.publish(NoteWritten(subject_id=subject, text=str(number)))
    return {str(subject): [str(number) for number in range(notes)] for subject in ids}


async def relayed(service: Rig) -> bool:
    return not await service.scalar("SELECT EXISTS (SELECT FROM outbox_pending)")


async def effects(service: Rig) -> int:
    return int(await service.scalar("SELECT count(*) FROM effect"))


async def at_least(service: Rig, count: int) -> bool:
    return await effects(service) >= count


async def in_kafka(service: Rig) -> None:
    async with running(service.relay().run()):
        await until(lambda: relayed(service), what="an empty outbox")


async def nothing_waits(service: Rig) -> bool:
    return not await service.scalar("SELECT EXISTS (SELECT FROM quarantine WHERE released_at IS NULL)")


@pytest.mark.parametrize(("revoke_seconds", "in_mid_handler"), [(5.0, False), (0.02, True)])
async def test_a_rebalance_in_mid_handler_leaves_each_effect_once_and_in_order(
    service: Rig, monkeypatch: pytest.MonkeyPatch, revoke_seconds: float, in_mid_handler: bool
) -> None:
    monkeypatch.setattr(consuming, "REVOKE_SECONDS", revoke_seconds)
    wanted = await write(service, subjects=24, notes=10)
    await in_kafka(service)
    began: dict[str, int] = {"stays": 0, "comes and goes": 0}

    def member(name: str) -> Consumer:
        async def take_time(_note: NoteWritten, _work: Work) -> None:
            began[name] += 1
            await asyncio.sleep(0.03)

        return Consumer(service.handling(take_time, budget=60), kafka=service.kafka)

    async def has_begun(name: str, count: int) -> bool:
        return began[name] >= count

    with structlog.testing.capture_logs() as lines:
        async with running(member("stays").run()):
            await until(lambda: has_begun("stays", 3), seconds=30, what="a handler")
            async with running(member("comes and goes").run()):
                await until(lambda: has_begun("comes and goes", 3), seconds=60, what="the other's handler")
            await until(lambda: at_least(service, 240), seconds=60, what="every effect")

    assert await service.told() == wanted
    told = {line["event"] for line in lines}
    assert ("partitions_revoked_in_mid_handler" in told) is in_mid_handler
    assert await service.scalar("SELECT count(*) FROM quarantine") == 0


@pytest.mark.parametrize("patient", [True, False], ids=["that ends in time", "that is given up"])
async def test_a_consumer_cancelled_in_mid_handler_leaves_each_effect_once(
    service: Rig, monkeypatch: pytest.MonkeyPatch, patient: bool
) -> None:
    if not patient:
        monkeypatch.setattr(consuming, "STOP_SECONDS", 0.1)
    wanted = await write(service, subjects=5, notes=4)
    await in_kafka(service)
    in_handler, ends = asyncio.Event(), asyncio.Event()

    async def wait(_note: NoteWritten, _work: Work) -> None:
        in_handler.set()
        await ends.wait()

    task = asyncio.create_task(Consumer(service.handling(wait), kafka=service.kafka).run())
    async with asyncio.timeout(30):
        await in_handler.wait()
    task.cancel()
    if patient:
        asyncio.get_running_loop().call_later(0.3, ends.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    done = await effects(service)
    ends.set()
    async with running(Consumer(service.handling(), kafka=service.kafka).run()):
        await until(lambda: at_least(service, 20), seconds=30, what="every effect")

    assert (done > 0) is patient
    assert await service.told() == wanted
    assert await service.scalar("SELECT count(*) FROM quarantine") == 0


async def test_workers_ended_by_a_signal_in_mid_handler_leave_each_effect_once(service: Rig) -> None:
    wanted = await write(service, subjects=20, notes=10)
    codes = []
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        async with worker(service, pause_seconds=0.1) as ended:
            await until(lambda ended=ended: ended.has_logged("handler_began", 3), seconds=60, what="a handler")  # type: ignore[misc]
            codes.append(await ended.end(number))
    assert 0 < await effects(service) < 200
    async with worker(service) as last:
        await until(lambda: at_least(service, 200), seconds=60, what="every effect")
        assert await last.end(signal.SIGTERM) == 0

    assert codes == [0, -signal.SIGKILL, 0]
    assert await service.told() == wanted
    assert await service.scalar("SELECT count(*) FROM quarantine") == 0
    assert await service.scalar("SELECT sum(gaps)::int FROM inbox_head") == 0


async def test_a_worker_whose_event_loop_was_blocked_for_40_seconds_recovers_without_a_restart(service: Rig) -> None:
    """In a handler, its transaction open, and with it the only relay; another member has its partitions meanwhile."""
    wanted = await write(service, subjects=6, notes=3)
    blocking = uuid4()
    await service.note(blocking, BLOCK, "behind")
    wanted[str(blocking)] = [BLOCK, "behind"]

    async with worker(service, block_seconds=40) as blocked:
        await until(lambda: blocked.has_logged("loop_blocks"), seconds=60, what="a blocked loop")
        other = Consumer(service.handling(budget=60), kafka=service.kafka)
        async with running(other.run()):
            await until(lambda: _has_partitions(other), seconds=35, what="partitions taken from the blocked one")
            assert not blocked.lines("loop_goes_on")
            late = await _write_late(service, wanted)
            await until(lambda: at_least(service, sum(map(len, wanted.values()))), seconds=120, what="every effect")
        await until(lambda: nothing_waits(service), seconds=60, what="an empty quarantine")
        after = uuid4()
        await service.note(after, "to the one that was blocked")
        wanted[str(after)] = ["to the one that was blocked"]
        await until(lambda: at_least(service, sum(map(len, wanted.values()))), seconds=60, what="the last effect")
        restarts = [line["event"] for line in (*blocked.lines("consumer_stuck"), *blocked.lines("loop_restarted"))]
        assert await blocked.end(signal.SIGTERM) == 0

    assert not restarts
    assert str(late) in wanted
    assert await service.told() == wanted


async def _write_late(service: Rig, wanted: dict[str, list[str]]) -> UUID:
    """While the only relay is blocked."""
    subject = uuid4()
    await service.note(subject, "written while the relay was blocked")
    wanted[str(subject)] = ["written while the relay was blocked"]
    return subject


async def _has_partitions(consumer: Consumer) -> bool:
    return bool(consumer.assigned)
