"""A long log in the monitor's database: events of 8,000 files by three services, with one rare type among them."""

import asyncpg

from infra.provision import plain

FILES = 40_000
"""Of which there are counts: as many as a log of a million events would be of."""

FILL = """
    INSERT INTO entry (position, event_id, topic, partition, record_offset, source, type, subject, key, sequence,
                       happened_at, correlation_id, causation_id, actor, value, data, file, recorded_at)
    SELECT n + 1, md5('event' || n)::uuid, 't', 0, n,
           '/services/' || (ARRAY['applications', 'applications', 'selection', 'incubation'])[1 + n % 4],
           CASE WHEN n % 50000 = 7 THEN 'io.datacity.call.closed.v1'
                ELSE 'io.datacity.' || (ARRAY['application.drafted', 'application.submitted', 'review.assigned',
                                              'milestone.planned'])[1 + n % 4] || '.v1' END,
           md5('file' || n % 8000)::uuid::text, 'k', n, TIMESTAMPTZ '2017-01-01 00:00Z' + n * interval '150 seconds',
           md5('request' || n / 3)::uuid::text, md5('event' || n - 1)::uuid::text, md5('person' || n % 900)::uuid::text,
           '{}', '{"call_id": "x"}', md5('file' || n % 8000)::uuid,
           TIMESTAMPTZ '2017-01-01 00:00Z' + n * interval '150 seconds'
    FROM generate_series(1, $1::int) AS n
    """


FILL_COUNTS = (
    """
    INSERT INTO progress (file_id, drafted, submitted, screened, decided)
    SELECT md5('file' || n)::uuid, at, at + n % 900 * interval '1 minute', at + n % 90 * interval '1 day',
           at + (90 + n % 30) * interval '1 day'
    FROM generate_series(1, $1::int) AS n,
         LATERAL (SELECT TIMESTAMPTZ '2017-01-01 00:00Z' + n * interval '2 minutes' AS at) AS began
    """,
    """
    INSERT INTO tally (what, challenge_id, quarter, count)
    SELECT 'applications', md5('challenge' || n % 14)::uuid,
           TIMESTAMPTZ '2017-01-01 00:00Z' + n / 7 * interval '15 minutes', 3
    FROM generate_series(1, $1::int) AS n ON CONFLICT DO NOTHING
    """,
)


async def fill(owner_url: str, events: int) -> None:
    """Indexes are made afterwards, which takes a third of the time."""
    owner = await asyncpg.connect(plain(owner_url))
    indexes = await owner.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'entry'")
    secondary = [each for each in indexes if each["indexname"].startswith("ix_")]
    for each in secondary:
        await owner.execute(f"DROP INDEX {each['indexname']}")
    await owner.execute(FILL, events)
    for statement in FILL_COUNTS:
        await owner.execute(statement, FILES)
    for each in secondary:
        await owner.execute(each["indexdef"])
    await owner.execute("VACUUM ANALYZE entry")
    await owner.close()
