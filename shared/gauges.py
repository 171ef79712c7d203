"""What a service tells of itself by looking now and then: its backlog, its quarantine, its pool, its event loop.

Whatever is sampled from the database is the same in each worker of a service, also right after a restart: take the
maximum over its processes, never the sum.
"""

import asyncio
import platform
import time

import structlog
from prometheus_client import Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

log = structlog.get_logger(__name__)

SAMPLE_SECONDS = 10.0
STATEMENT_MILLISECONDS = 2000
"""A sample that takes longer is given up: whoever is in trouble already is not to be asked harder."""

WINDOW = 1000
"""As many rows are counted one by one; beyond, PostgreSQL's own estimate is taken, and never less than this."""

LAG_SECONDS = 0.25

PENDING = Gauge("datacity_outbox_pending", "Records not yet acknowledged; estimated above 1,000", ["service"])
OLDEST = Gauge(
    "datacity_outbox_oldest_age_seconds", "Age of the oldest record that could be sent; 0 if none waits", ["service"]
)
PARKED_KEYS = Gauge("datacity_outbox_parked_keys", "Keys whose next record can't be sent", ["service"])
QUARANTINED = Gauge(
    "datacity_quarantine_waiting", "Events in quarantine: tried again by themselves, or waiting for a person",
    ["service", "state"],
)  # fmt: skip
SAMPLED_AT = Gauge(
    "datacity_gauges_sampled_timestamp_seconds", "When outbox and quarantine were last looked at", ["service"]
)
POOL_IN_USE = Gauge("datacity_database_pool_in_use", "Connections of the pool that are in use", ["service"])
POOL_SIZE = Gauge("datacity_database_pool_size", "Connections that the pool may open", ["service"])
LAG = Histogram(
    "datacity_event_loop_lag_seconds",
    "How much later than asked the event loop woke a task",
    ["service"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BUILD = Gauge("datacity_build_info", "Always 1; what runs here", ["service", "role", "revision", "python"])

# The plan of a statement is kept for as long as its connection, and begins on tables that are empty, which are read
# whole: without the rest, the first backlog would be read whole too, and sorted, every ten seconds.
SETTLE = text(
    f"""
    SELECT set_config('statement_timeout', '{STATEMENT_MILLISECONDS}', true),
           set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
           set_config('enable_sort', 'off', true)
    """
)

STATES = ("retrying", "parked")

# By position, as the relay reads: an index scan marks the rows that are dead, and the next one skips them.
# A parked key's rows stay at the front for as long as it is parked, and say nothing of whether the others flow. If the
# whole window is theirs, the record after it is the oldest that might be sent.
OUTBOX = text(
    f"""
    WITH seen AS MATERIALIZED (
        SELECT p.position, EXISTS (SELECT 1 FROM outbox_parked k
                                   WHERE k.topic = p.topic AND k.key = p.key AND k.position <= p.position) AS parked
        FROM (SELECT position, topic, key FROM outbox_pending ORDER BY position LIMIT {WINDOW + 1}) p
    ),
    total AS MATERIALIZED (
        SELECT count(*) AS rows, min(position) FILTER (WHERE NOT parked) AS first, max(position) AS last FROM seen
    )
    SELECT CASE WHEN rows <= {WINDOW} THEN rows
                ELSE GREATEST(rows, pg_stat_get_live_tuples(CAST('outbox_pending' AS regclass))) END AS pending,
           (SELECT count(*) FROM (SELECT 1 FROM outbox_parked LIMIT {WINDOW}) AS few) AS parked_keys,
           (
               SELECT CAST(extract(epoch FROM clock_timestamp() - coalesce(
                          (SELECT happened_at FROM event_log e WHERE e.position = p.logged_at),
                          CAST(p.envelope ->> 'time' AS timestamptz)
                      )) AS float8)
               FROM outbox_pending p
               WHERE p.position = coalesce(first, CASE WHEN rows > {WINDOW} THEN last END)
           ) AS oldest
    FROM total
    """  # noqa: S608  the only text put in is the constant above
)

# What waits behind an event that is tried again is tried after it; what waits behind one that was given up waits for
# the same person. Beyond the window nothing is counted: that many want the same look.
QUARANTINE = text(
    f"""
    SELECT count(*) FILTER (WHERE NOT given_up) AS retrying, count(*) FILTER (WHERE given_up) AS parked
    FROM (
        SELECT bool_or(next_attempt_at IS NULL AND fingerprint <> 'behind')
               OVER (PARTITION BY topic, key ORDER BY id) AS given_up
        FROM (SELECT topic, key, id, next_attempt_at, fingerprint FROM quarantine
              WHERE released_at IS NULL ORDER BY topic, key, id LIMIT {WINDOW}) AS few
    ) AS waiting
    """  # noqa: S608  the only text put in is the constant above
)


def describe(service: str, *, role: str, revision: str, engine: AsyncEngine) -> None:
    """Tell what runs here, and let the pool be read at each scrape."""
    BUILD.labels(service, role, revision, platform.python_version()).set(1)
    pool = engine.pool
    in_use, opened, overflow = (getattr(pool, name) for name in ("checkedout", "size", "_max_overflow"))
    POOL_IN_USE.labels(service).set_function(in_use)
    POOL_SIZE.labels(service).set(opened() + overflow)


async def watch_loop(service: str) -> None:
    """See how late the event loop is, until cancelled: what blocks it delays every request and every event."""
    loop, lag = asyncio.get_running_loop(), LAG.labels(service)
    while True:
        due = loop.time() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        lag.observe(max(0.0, loop.time() - due))


async def keep_gauges(service: str, engine: AsyncEngine) -> None:
    """Sample outbox and quarantine until cancelled; a sample that fails is logged, and its age tells of it."""
    while True:
        try:
            await sample(service, engine)
        except Exception as fault:
            log.warning("gauges_not_sampled", service=service, error=type(fault).__name__)
        await asyncio.sleep(SAMPLE_SECONDS)


async def sample(service: str, engine: AsyncEngine) -> None:
    """Look once, in one read-only transaction of bounded cost."""
    async with engine.connect() as connection:
        await connection.execute(SETTLE)
        outbox = (await connection.execute(OUTBOX)).one()
        quarantine = (await connection.execute(QUARANTINE)).one()
    PENDING.labels(service).set(outbox.pending)
    PARKED_KEYS.labels(service).set(outbox.parked_keys)
    OLDEST.labels(service).set(max(0.0, outbox.oldest or 0.0))
    for state in STATES:
        QUARANTINED.labels(service, state).set(getattr(quarantine, state))
    SAMPLED_AT.labels(service).set(time.time())
