"""What operators do when a run is over: causes are mended, and all that was parked is let go, each key in its order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import structlog

from infra.provision import plain
from shared.database import make_engine
from shared.database.engine import asyncpg_dsn
from shared.events import MalformedEnvelope
from shared.identity import Actor
from shared.inbox.inspection import head_of_key, keys_of_group, list_groups
from shared.messaging import Handling
from shared.messaging.discarding import discard
from shared.messaging.releasing import NoSuchGroup, Operator, Releasing
from shared.outbox import Relay, Wakeup
from shared.work import Works
from tests.chaos.calling import make_client
from tests.chaos.entries import PREFIX
from tests.chaos.ground import Ground
from tests.chaos.schedule import HEARING
from tests.chaos.wiring import listener

log = structlog.get_logger(__name__)

OPERATOR = Operator(actor=Actor(person_id="operator", roles=frozenset({"staff"})))
AT_A_TIME = 100
LARGEST_RECORD = 1_000_000
"""What the mended relay sends: more than the largest entry, and still less than Kafka refuses."""


@dataclass(kw_only=True)
class LetGo:
    """What operators did."""

    released: int = 0
    discarded: int = 0
    keys: int = 0
    """Of the outbox."""


@asynccontextmanager
async def mended_relay(ground: Ground) -> AsyncIterator[None]:
    """In the place of those that send no record as large."""
    relay = Relay(
        service="origin",
        dsn=asyncpg_dsn(ground.database("origin")),
        kafka=ground.kafka.bootstrap(),
        wakeup=Wakeup(),
        largest_record=LARGEST_RECORD,
    )
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def release_outbox(ground: Ground, done: LetGo) -> None:
    """Every key, over HTTP."""
    origin = await asyncpg.connect(plain(ground.database("origin")))
    try:
        parked = await origin.fetch("SELECT topic, key FROM outbox_parked")
    finally:
        await origin.close()
    async with make_client() as client:
        for row in parked:
            answer = await client.post(f"{ground.apis[0]}{PREFIX}/operations/outbox/release", json=dict(row))
            answer.raise_for_status()
            done.keys += 1


async def release_quarantines(ground: Ground, done: LetGo) -> None:
    """Every group, in the operators' own process; what is no event is discarded."""
    for service in HEARING:
        await _release_quarantine(ground, service, done)


async def _release_quarantine(ground: Ground, service: str, done: LetGo) -> None:
    engine = make_engine(ground.database(service), service=service)
    works = Works(engine, service=service, topic=ground.topics[service])
    handling = Handling(listener(service, ground.topics, mended=True), works)
    try:
        while True:
            async with works.begin(read_only=True) as work:
                groups = await list_groups(work.session, after=None, limit=AT_A_TIME)
            if not groups:
                return
            for group in groups:
                if MalformedEnvelope.__qualname__ in group.error:
                    done.discarded += await _discard(works, group.fingerprint)
                else:
                    # What waits behind a released event may have been taken up by a worker since.
                    with contextlib.suppress(NoSuchGroup):
                        release = await Releasing(handling).group(group.fingerprint, operator=OPERATOR, limit=AT_A_TIME)
                        done.released += release.released
    finally:
        await engine.dispose()


async def _discard(works: Works, fingerprint: str) -> int:
    async with works.begin(actor=OPERATOR.actor) as work:
        keys = await keys_of_group(work.session, fingerprint, limit=AT_A_TIME)
        for topic, key in keys:
            head = await head_of_key(work.session, topic=topic, key=key)
            if head is not None:
                await discard(head.id, work, reason="malformed", note=None, budget_seconds=1)
        return len(keys)
