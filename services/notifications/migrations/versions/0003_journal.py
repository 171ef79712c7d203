"""The journal's tree: hashes, full tiles, the salts of sealed entries, checkpoints and who cosigned them.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE journal_hash (
        level smallint NOT NULL,
        index bigint NOT NULL,
        hash bytea NOT NULL,
        CONSTRAINT pk_journal_hash PRIMARY KEY (level, index),
        CONSTRAINT ck_journal_hash_hash CHECK (octet_length(hash) = 32)
    )
    """,
    """
    CREATE TABLE journal_tile (
        level smallint NOT NULL,
        index bigint NOT NULL,
        hashes bytea NOT NULL,
        CONSTRAINT pk_journal_tile PRIMARY KEY (level, index),
        CONSTRAINT ck_journal_tile_hashes CHECK (octet_length(hashes) = 8192)
    )
    """,
    """
    CREATE TABLE journal_salt (
        index bigint NOT NULL,
        salt bytea NOT NULL,
        CONSTRAINT pk_journal_salt PRIMARY KEY (index),
        CONSTRAINT ck_journal_salt_salt CHECK (octet_length(salt) = 32)
    )
    """,
    """
    CREATE TABLE journal_checkpoint (
        size bigint NOT NULL,
        root bytea NOT NULL,
        note bytea NOT NULL,
        sealed_at timestamptz NOT NULL,
        CONSTRAINT pk_journal_checkpoint PRIMARY KEY (size),
        CONSTRAINT ck_journal_checkpoint_root CHECK (octet_length(root) = 32)
    )
    """,
    """
    CREATE TABLE journal_key (
        vkey text NOT NULL,
        first_used_at timestamptz NOT NULL,
        CONSTRAINT pk_journal_key PRIMARY KEY (vkey)
    )
    """,
    """
    CREATE TABLE journal_cosignature (
        size bigint NOT NULL,
        witness text NOT NULL,
        key_id bytea NOT NULL,
        signature bytea NOT NULL,
        cosigned_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        CONSTRAINT pk_journal_cosignature PRIMARY KEY (size, witness, key_id),
        CONSTRAINT fk_journal_cosignature_size FOREIGN KEY (size) REFERENCES journal_checkpoint (size)
    )
    """,
)
NAMES = ("journal_hash", "journal_tile", "journal_salt", "journal_checkpoint", "journal_key", "journal_cosignature")

GRANT = """
    DO $$
    DECLARE runtime text := regexp_replace(current_user, '_owner$', '');
    BEGIN
        IF runtime <> current_user AND EXISTS (SELECT 1 FROM pg_roles WHERE rolname = runtime) THEN
            EXECUTE format('GRANT SELECT, INSERT ON %s TO %I', '{tables}', runtime);
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I', '{tables}', runtime);
        END IF;
    END
    $$
"""


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for name in NAMES:
        op.execute(
            f"CREATE TRIGGER {name}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(GRANT.replace("{tables}", ", ".join(NAMES)))


def downgrade() -> None:
    message = "A journal is not taken back: restore the database from its backup instead."
    raise NotImplementedError(message)
