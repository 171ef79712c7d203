"""What a worker tells of its backlog and its quarantine is true, also after a restart, and costs little to find out."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from shared import gauges
from shared.database import make_engine
from tests.support.backbone import Rig, rig, running, until
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Rig]:
    async with rig(backbone) as made:
        yield made


def told(service: Rig, name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": service.name, **labels})


async def look(service: Rig) -> dict[str, float | None]:
    await gauges.sample(service.name, service.works.engine)
    return {
        "pending": told(service, "datacity_outbox_pending"),
        "oldest": told(service, "datacity_outbox_oldest_age_seconds"),
        "parked_keys": told(service, "datacity_outbox_parked_keys"),
        "retrying": told(service, "datacity_quarantine_waiting", state="retrying"),
        "parked": told(service, "datacity_quarantine_waiting", state="parked"),
    }


async def run(service: Rig, sql: str, *values: Any) -> None:
    connection = await asyncpg.connect(service.dsn)
    try:
        await connection.execute(sql, *values, timeout=120)
    finally:
        await connection.close()


async def backlog(service: Rig, rows: int, *, seconds_ago: int = 100) -> None:
    await run(
        service,
        """
        WITH logged AS (
            INSERT INTO event_log (event_id, topic, source, type, subject, key, sequence, happened_at, correlation_id,
                                   actor, value)
            SELECT gen_random_uuid(), 'topic', 'source', 'type', gen_random_uuid()::text, 'key' || (n % 10), 1,
                   now() - make_interval(secs => $2), 'correlation', 'actor', 'value'
            FROM generate_series(1, $1::int) AS n ORDER BY n
            RETURNING position, topic, key
        )
        INSERT INTO outbox_pending (shard, topic, key, logged_at) SELECT 0, topic, key, position FROM logged
        """,
        rows,
        float(seconds_ago),
    )


async def quarantined(service: Rig, key: str, *waits: str) -> None:
    """Events of one key in order: `retrying`, `given up`, or `behind`."""
    for waiting in waits:
        await run(
            service,
            """
            INSERT INTO quarantine (topic, partition, record_offset, key, headers, error, fingerprint, attempts,
                                    next_attempt_at)
            SELECT 'topic', 0, coalesce(max(record_offset), 0) + 1, $1::text, '[]', 'error', $2::text, 1,
                   CASE WHEN $3 THEN now() END
            FROM quarantine
            """,
            key,
            "behind" if waiting == "behind" else "abc",
            waiting == "retrying",
        )


async def test_at_rest_all_is_nought_and_not_missing(service: Rig) -> None:
    assert await look(service) == {"pending": 0, "oldest": 0, "parked_keys": 0, "retrying": 0, "parked": 0}


async def test_the_oldest_record_that_could_be_sent_is_told_and_not_one_of_a_parked_key(service: Rig) -> None:
    await backlog(service, 10, seconds_ago=5000)
    await run(
        service,
        "INSERT INTO outbox_parked (topic, key, position, error) SELECT topic, key, min(position), 'too large' "
        "FROM outbox_pending GROUP BY topic, key",
    )
    assert await look(service) == {"pending": 10, "parked_keys": 10, "oldest": 0, "retrying": 0, "parked": 0}

    await service.note(uuid4(), "flows")
    seen = await look(service)

    assert (seen["pending"], seen["parked_keys"]) == (11, 10)
    assert seen["oldest"] is not None
    assert 0 < seen["oldest"] < 60


async def test_records_before_the_one_at_which_a_key_is_parked_still_count(service: Rig) -> None:
    await backlog(service, 20, seconds_ago=5000)
    await run(
        service,
        "INSERT INTO outbox_parked (topic, key, position, error) SELECT topic, key, max(position), 'too large' "
        "FROM outbox_pending GROUP BY topic, key",
    )

    oldest = (await look(service))["oldest"]

    assert oldest is not None
    assert math.isclose(oldest, 5000, abs_tol=120)


async def test_a_forgettable_record_has_an_age_too(service: Rig) -> None:
    await run(
        service,
        """
        INSERT INTO outbox_pending (shard, topic, key, envelope)
        VALUES (0, 'people.v1', 'person', jsonb_build_object('time', now() - interval '300 seconds'))
        """,
    )

    oldest = (await look(service))["oldest"]

    assert oldest is not None
    assert math.isclose(oldest, 300, abs_tol=60)


async def test_what_waits_behind_a_given_up_event_waits_for_a_person_and_behind_a_retrying_one_does_not(
    service: Rig,
) -> None:
    await quarantined(service, "a", "retrying", "behind", "behind")
    await quarantined(service, "b", "given up", "behind")
    await quarantined(service, "c", "retrying", "given up", "behind")
    await run(service, "UPDATE quarantine SET released_at = now() WHERE key = 'none'")

    seen = await look(service)

    assert (seen["retrying"], seen["parked"]) == (4, 4)


async def test_what_was_released_does_not_wait(service: Rig) -> None:
    await quarantined(service, "a", "given up", "behind")
    assert (await look(service))["parked"] == 2

    await run(service, "UPDATE quarantine SET released_at = now()")

    assert (await look(service))["parked"] == 0


async def test_a_worker_that_starts_over_a_backlog_tells_it_at_once(service: Rig) -> None:
    await backlog(service, 3)
    await quarantined(service, "a", "given up")

    async def is_told() -> bool:
        return told(service, "datacity_quarantine_waiting", state="parked") == 1

    async with running(gauges.keep_gauges(service.name, service.works.engine)):
        await until(is_told, seconds=gauges.SAMPLE_SECONDS - 1, what="the first sample")

    assert told(service, "datacity_outbox_pending") == 3


async def test_a_backlog_beyond_the_window_is_estimated_and_never_below_it(service: Rig) -> None:
    await backlog(service, gauges.WINDOW + 500)

    pending = (await look(service))["pending"]

    assert pending is not None
    assert gauges.WINDOW < pending <= gauges.WINDOW + 500


async def test_a_large_backlog_is_read_by_its_index_though_the_plan_was_made_when_there_was_none(
    service: Rig,
) -> None:
    await look(service)
    await backlog(service, 20 * gauges.WINDOW)
    await quarantined(service, "a", "retrying")
    before = await rows_read(service)

    await look(service)

    in_order, by_index = [after - then for after, then in zip(await rows_read(service), before, strict=True)]
    assert in_order == 0
    assert gauges.WINDOW < by_index < 1.2 * gauges.WINDOW


async def rows_read(service: Rig) -> tuple[int, int]:
    """Rows of the tables looked at that were read one after the other, and those found by an index."""
    async with service.works.engine.connect() as same_connection:
        await same_connection.execute(text("SELECT pg_stat_force_next_flush()"))
    connection = await asyncpg.connect(service.dsn)
    try:
        row = await connection.fetchrow(
            """
            SELECT sum(seq_tup_read)::bigint AS in_order, sum(coalesce(idx_tup_fetch, 0))::bigint AS by_index
            FROM pg_stat_user_tables WHERE relname IN ('outbox_pending', 'outbox_parked', 'event_log', 'quarantine')
            """
        )
        return row["in_order"], row["by_index"]
    finally:
        await connection.close()


async def test_a_database_that_is_away_leaves_the_old_values_and_their_age_tells_it(
    service: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    await look(service)
    before = told(service, "datacity_gauges_sampled_timestamp_seconds")
    nowhere = make_engine("postgresql+asyncpg://nobody:nothing@127.0.0.1:1/nowhere", service=service.name)

    async def it_is_logged() -> bool:
        return "gauges_not_sampled" in capsys.readouterr().out

    async with running(gauges.keep_gauges(service.name, nowhere)):
        await until(it_is_logged, what="a word of it in the log")

    assert told(service, "datacity_gauges_sampled_timestamp_seconds") == before


async def test_the_pool_tells_how_much_of_it_is_in_use(service: Rig) -> None:
    engine = service.works.engine
    gauges.describe(service.name, role="worker", revision="abc123", engine=engine)

    assert told(service, "datacity_database_pool_in_use") == 0
    async with engine.connect(), engine.connect():
        assert told(service, "datacity_database_pool_in_use") == 2
    assert told(service, "datacity_database_pool_size") == 20


async def test_a_loop_that_is_blocked_is_seen(service: Rig) -> None:
    async def it_was_late() -> bool:
        total = told(service, "datacity_event_loop_lag_seconds_count") or 0
        return total > (told(service, "datacity_event_loop_lag_seconds_bucket", le="0.25") or 0)

    async with running(gauges.watch_loop(service.name)):
        await asyncio.sleep(0)  # let it begin to wait
        free_at = time.monotonic() + gauges.LAG_SECONDS + 0.5
        while time.monotonic() < free_at:
            pass
        await until(it_was_late, what="a late wake-up")
