"""The backbone's own tables, which each service's first migration creates beside its business tables.

A released version of these statements never changes: a later change is a new function, called by a new migration.
"""

from typing import Protocol

SHARDS = 16
"""How many shards the outbox's keys are spread over; relays lease shards, never rows."""


class Executes(Protocol):
    """What Alembic's `op` offers, and all that is needed of it."""

    def execute(self, sqltext: str) -> object: ...


V1 = (
    """
    CREATE TABLE aggregate_head (
        subject text PRIMARY KEY,
        sequence bigint NOT NULL
    )
    """,
    """
    CREATE TABLE event_log (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL UNIQUE,
        topic text NOT NULL,
        source text NOT NULL,
        type text NOT NULL,
        subject text NOT NULL,
        key text NOT NULL,
        sequence bigint NOT NULL,
        happened_at timestamptz NOT NULL,
        correlation_id text NOT NULL,
        causation_id text,
        actor text NOT NULL,
        traceparent text,
        value bytea NOT NULL,
        UNIQUE (subject, sequence)
    )
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: write a new event instead of changing an old one', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
    """,
    """
    CREATE TRIGGER event_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TABLE outbox_pending (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        shard smallint NOT NULL,
        topic text NOT NULL,
        key text NOT NULL,
        logged_at bigint REFERENCES event_log (position),
        envelope jsonb,
        value bytea
    )
    """,
    """
    COMMENT ON TABLE outbox_pending IS
    'What Kafka has not acknowledged yet. An event is named by its position in event_log; a forgettable record '
    '(people, dossiers) carries its own envelope and value, as event_log must never hold it.'
    """,
    "CREATE INDEX ix_outbox_pending_shard ON outbox_pending (shard, position)",
    """
    CREATE TABLE outbox_shard (
        shard smallint PRIMARY KEY,
        holder uuid,
        leased_until timestamptz NOT NULL DEFAULT '-infinity',
        fence bigint NOT NULL DEFAULT 0
    )
    """,
    f"INSERT INTO outbox_shard (shard) SELECT generate_series(0, {SHARDS - 1})",
    """
    CREATE TABLE outbox_parked (
        topic text NOT NULL,
        key text NOT NULL,
        position bigint NOT NULL,
        error text NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (topic, key)
    )
    """,
    """
    CREATE TABLE inbox (
        event_id uuid PRIMARY KEY,
        handled_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE inbox_head (
        source text NOT NULL,
        subject text NOT NULL,
        sequence bigint NOT NULL,
        gaps bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (source, subject)
    )
    """,
    """
    CREATE TABLE quarantine (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL,
        partition integer NOT NULL,
        record_offset bigint NOT NULL,
        key text NOT NULL,
        headers jsonb NOT NULL,
        value bytea,
        error text NOT NULL,
        fingerprint text NOT NULL,
        attempts integer NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(),
        released_at timestamptz,
        released_by text,
        UNIQUE (topic, partition, record_offset)
    )
    """,
    "CREATE INDEX ix_quarantine_waiting ON quarantine (topic, key, id) WHERE released_at IS NULL",
    """
    CREATE TABLE idempotency_keys (
        actor text NOT NULL,
        key text NOT NULL,
        request_digest text NOT NULL,
        status integer,
        headers jsonb,
        body bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (actor, key)
    )
    """,
    """
    DO $$
    DECLARE runtime text := regexp_replace(current_user, '_owner$', '');
    BEGIN
        IF runtime <> current_user AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = runtime) THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', runtime);
            EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I', runtime);
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON event_log FROM %I', runtime);
        END IF;
    END
    $$
    """,
)


def create_backbone_v1(op: Executes) -> None:
    """Event log, outbox, inbox, quarantine and idempotency keys, with the runtime role's grants."""
    for statement in V1:
        op.execute(statement)


V2 = (
    """
    ALTER TABLE quarantine
        ADD COLUMN event_id uuid,
        ADD COLUMN type text,
        ADD COLUMN next_attempt_at timestamptz,
        ADD COLUMN give_up_at timestamptz,
        ADD COLUMN last_attempt_at timestamptz,
        ADD COLUMN ended_as text CHECK (ended_as IN ('released', 'discarded')),
        ADD COLUMN reason text,
        ADD COLUMN note text
    """,
    "UPDATE quarantine SET ended_as = 'released' WHERE released_at IS NOT NULL",
    """
    COMMENT ON COLUMN quarantine.next_attempt_at IS
    'When the service itself tries again; NULL: it gave up (or never tried), and a person decides.'
    """,
    """
    CREATE INDEX ix_quarantine_due ON quarantine (next_attempt_at)
    WHERE released_at IS NULL AND next_attempt_at IS NOT NULL
    """,
    "CREATE INDEX ix_quarantine_fingerprint ON quarantine (fingerprint, id) WHERE released_at IS NULL",
    "CREATE INDEX ix_quarantine_order ON quarantine (topic, key, partition, record_offset) WHERE released_at IS NULL",
    "CREATE INDEX ix_inbox_head_gaps ON inbox_head (gaps) WHERE gaps > 0",
    """
    CREATE TABLE outbox_relay (
        id uuid PRIMARY KEY,
        seen_until timestamptz NOT NULL
    )
    """,
    """
    COMMENT ON TABLE outbox_relay IS
    'Who relays at this moment, so that each knows its fair share of the shards.'
    """,
    # Every row is deleted a moment after it was written: what counts is how many died, not which part of the table.
    """
    ALTER TABLE outbox_pending SET (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000
    )
    """,
    """
    DO $$
    DECLARE runtime text := regexp_replace(current_user, '_owner$', '');
    BEGIN
        IF runtime <> current_user AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = runtime) THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON outbox_relay TO %I', runtime);
        END IF;
    END
    $$
    """,
)


def create_backbone_v2(op: Executes) -> None:
    """Quarantine that tries again by itself and says how each stay ended; relays that share their shards."""
    for statement in V2:
        op.execute(statement)


V3 = (
    """
    CREATE TABLE tombstone (
        topic text NOT NULL,
        key text NOT NULL,
        told_at timestamptz NOT NULL,
        times integer NOT NULL DEFAULT 1,
        PRIMARY KEY (topic, key)
    )
    """,
    """
    COMMENT ON TABLE tombstone IS
    'What was forgotten. Each is told twice: Kafka compacts a record away only once the tombstone after it is in a '
    'segment that a later record closed.'
    """,
    "CREATE INDEX ix_tombstone_again ON tombstone (told_at) WHERE times < 2",
    """
    DO $$
    DECLARE runtime text := regexp_replace(current_user, '_owner$', '');
    BEGIN
        IF runtime <> current_user AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = runtime) THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON tombstone TO %I', runtime);
        END IF;
    END
    $$
    """,
)


def create_backbone_v3(op: Executes) -> None:
    """What was forgotten, so that it is told again."""
    for statement in V3:
        op.execute(statement)
