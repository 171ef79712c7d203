"""Events that fail: set aside at once, tried again beside the others, parked when their time is up, let go in order."""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.messaging import Consumer, Handling, Retrier
from shared.messaging.patience import FIRST_REST_SECONDS, backoff
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone

BUDGET_SECONDS = 4.0
SLACK_SECONDS = 3.0
"""What a busy machine may add."""


@pytest.fixture
async def service(backbone: Backbone) -> Any:
    """All keys share one partition: what one of them holds up, it holds up for all."""
    async with rig(backbone, partitions=1) as made:
        yield made


@dataclass
class Choke:
    """A handler that fails for some notes, until the fault goes away."""

    texts: set[str]
    attempts: dict[str, list[float]] = field(default_factory=dict)
    cured: bool = False

    async def __call__(self, note: NoteWritten, _work: Work) -> None:
        self.attempts.setdefault(note.text, []).append(asyncio.get_running_loop().time())
        if note.text in self.texts and not self.cured:
            raise RuntimeError(note.text)


async def effects_are(service: Rig, count: int) -> bool:
    return await service.scalar("SELECT count(*) FROM effect") == count


async def waiting_are(service: Rig, count: int) -> bool:
    return await service.scalar("SELECT count(*) FROM quarantine WHERE released_at IS NULL") == count


async def is_parked(service: Rig) -> bool:
    return bool(
        await service.scalar(
            "SELECT count(*) FROM quarantine "
            "WHERE released_at IS NULL AND next_attempt_at IS NULL AND fingerprint <> 'behind'"
        )
    )


async def in_kafka(service: Rig) -> None:
    async def relayed() -> bool:
        return not await service.scalar("SELECT EXISTS (SELECT FROM outbox_pending)")

    async with running(service.relay().run()):
        await until(relayed, what="an empty outbox")


async def test_a_poison_event_delays_no_other_key_is_tried_again_and_parked_when_its_budget_is_used_up(
    service: Rig,
) -> None:
    poisoned, healthy = uuid4(), [uuid4() for _ in range(5)]
    await service.note(poisoned, "poison")
    for number in range(20):
        await service.note(healthy[number % 5], str(number))
    await service.note(poisoned, "behind", "and behind")
    await in_kafka(service)
    choke = Choke({"poison"})
    handling = service.handling(choke, budget=BUDGET_SECONDS)
    loop = asyncio.get_running_loop()

    async with running(Consumer(handling, kafka=service.kafka).run(), Retrier(handling, poll_seconds=0.1).run()):
        await until(lambda: effects_are(service, 20), what="the effects of the other keys")
        others_waited = loop.time() - choke.attempts["poison"][0]
        await until(lambda: waiting_are(service, 3), what="three events in quarantine")
        await until(lambda: is_parked(service), what="a parked event")
        parked_after = loop.time() - choke.attempts["poison"][0]

    async with service.works.engine.connect() as connection:
        rows = (await connection.exec_driver_sql("SELECT * FROM quarantine ORDER BY record_offset")).all()
    attempts = choke.attempts["poison"]
    rests = [later - earlier for earlier, later in pairwise(attempts)]
    assert others_waited < BUDGET_SECONDS / 2
    assert BUDGET_SECONDS * 0.9 < parked_after < BUDGET_SECONDS + SLACK_SECONDS
    assert str(poisoned) not in await service.told()
    assert [row.fingerprint for row in rows[1:]] == ["behind", "behind"]
    # If the first attempt of all was a batch's, it is not the event's own: it was undone with its neighbours.
    assert rows[0].attempts in {len(attempts) - 1, len(attempts)}
    assert rows[0].error.startswith("builtins.RuntimeError at __call__")
    assert len(rows[0].fingerprint) == 16
    in_quarantine = [rest for rest in rests[1:] if rest >= 0.75 * FIRST_REST_SECONDS]
    assert len(in_quarantine) >= 3
    del in_quarantine[-1]  # the budget cut it short
    assert all(rest >= 0.75 * FIRST_REST_SECONDS * 2**number for number, rest in enumerate(in_quarantine, -1)), rests


def test_rests_grow_and_no_two_events_rest_equally_long() -> None:
    for rests in range(6):
        drawn = [backoff(rests) for _ in range(200)]
        middle = FIRST_REST_SECONDS * 2**rests
        assert all(0.75 * middle <= seconds <= 1.25 * middle for seconds in drawn)
        assert len(set(drawn)) > 190
        assert max(drawn) - min(drawn) > 0.3 * middle
    assert backoff(1000) <= 75


async def test_a_fault_that_goes_away_by_itself_leaves_the_order_of_the_key(service: Rig) -> None:
    subject, other = uuid4(), uuid4()
    choke = Choke({"b"})
    handling = service.handling(choke, budget=60)
    async with running(
        service.relay().run(),
        Consumer(handling, kafka=service.kafka).run(),
        Retrier(handling, poll_seconds=0.1).run(),
    ):
        await service.note(subject, "a", "b", "c")
        await service.note(other, "x")
        await until(lambda: waiting_are(service, 2), what="two events in quarantine")
        choke.cured = True
        await service.note(subject, "d", "e")
        await until(lambda: effects_are(service, 6), what="every effect")

    assert await service.told() == {str(subject): ["a", "b", "c", "d", "e"], str(other): ["x"]}
    assert await waiting_are(service, 0)
    assert await service.scalar("SELECT array_agg(DISTINCT released_by) FROM quarantine") == ["system:retrier"]
    assert await service.scalar("SELECT count(*) FROM quarantine WHERE value IS NOT NULL") == 0


async def set_aside(service: Rig, keys: int, notes: int) -> tuple[Choke, Handling, dict[str, list[str]]]:
    """So many keys, each with its first event failing and the others behind it; the fault has gone."""
    subjects = [uuid4() for _ in range(keys)]
    choke = Choke({f"{subject} 0" for subject in subjects})
    wanted = {str(subject): [f"{subject} {number}" for number in range(notes)] for subject in subjects}
    for subject, texts in wanted.items():
        await service.note(UUID(subject), *texts)
    await in_kafka(service)
    handling = service.handling(choke, budget=60)
    async with running(Consumer(handling, kafka=service.kafka).run()):
        await until(lambda: waiting_are(service, keys * notes), seconds=40, what="all of them in quarantine")
    choke.cured = True
    return choke, handling, wanted


async def test_two_retriers_at_once_leave_each_effect_once_and_in_order(service: Rig) -> None:
    _, handling, wanted = await set_aside(service, keys=12, notes=4)

    async with running(*(Retrier(handling, poll_seconds=0.05).run() for _ in range(2))):
        await until(lambda: effects_are(service, 48), seconds=40, what="every effect")
        await until(lambda: waiting_are(service, 0), what="an empty quarantine")

    assert await service.told() == wanted


async def test_a_retrier_that_dies_between_two_events_of_a_key_holds_up_the_rest_for_a_moment_only(
    service: Rig,
) -> None:
    choke, handling, wanted = await set_aside(service, keys=1, notes=4)
    handling.longest_seconds = 1.0
    in_second = asyncio.Event()

    async def die(note: NoteWritten, work: Work) -> None:
        await choke(note, work)
        if note.text.endswith(" 1"):
            in_second.set()
            await asyncio.Event().wait()

    dying = Handling(service.listener(die), service.works, budget_seconds=60)
    task = asyncio.create_task(Retrier(dying, poll_seconds=0.05).run())
    async with asyncio.timeout(20):
        await in_second.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await effects_are(service, 1)
    # What the dead one had claimed is due again after twice an attempt's longest time: sixty seconds, as it was told.
    due_in = await service.scalar("SELECT extract(epoch FROM min(next_attempt_at) - now()) FROM quarantine")
    assert 50 < due_in <= 2 * dying.longest_seconds
    async with service.works.begin() as work:
        await (await work.session.connection()).exec_driver_sql(
            "UPDATE quarantine SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"
        )
    async with running(Retrier(handling, poll_seconds=0.05).run()):
        await until(lambda: effects_are(service, 4), seconds=30, what="the rest")

    assert await service.told() == wanted


async def test_a_handler_that_hangs_is_tried_once_and_its_partition_goes_on(service: Rig) -> None:
    """Its own time-out is longer than any patience: it is not tried a second time before the others."""
    hanging, healthy = uuid4(), uuid4()
    began: list[float] = []

    async def hang(note: NoteWritten, _work: Work) -> None:
        if note.text == "hangs":
            began.append(asyncio.get_running_loop().time())
            await asyncio.Event().wait()

    handling = service.handling(hang, budget=60)
    handling.longest_seconds = 1.0
    await service.note(hanging, "hangs")
    await service.note(healthy, "flows")
    await in_kafka(service)
    async with running(Consumer(handling, kafka=service.kafka).run()):
        await until(lambda: effects_are(service, 1), what="the other's effect")

    assert len(began) == 2  # with its neighbours, and alone
    assert await service.told() == {str(healthy): ["flows"]}
