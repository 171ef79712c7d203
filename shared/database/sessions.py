"""The tables behind signed-in pages, which a migration of each service that has pages creates.

A released version of these statements never changes: a later change is a new function, called by a new migration.
"""

from shared.database.backbone import Executes

V1 = (
    """
    CREATE TABLE web_session (
        id_hash bytea PRIMARY KEY,
        person_id text NOT NULL,
        tokens bytea NOT NULL,
        expires_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_web_session_ends_at ON web_session (ends_at)",
    """
    CREATE TABLE web_sign_in (
        id_hash bytea PRIMARY KEY,
        state_hash bytea NOT NULL,
        verifier text NOT NULL,
        nonce text NOT NULL,
        return_to text NOT NULL,
        ends_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_web_sign_in_ends_at ON web_sign_in (ends_at)",
)


def create_sessions_v1(op: Executes) -> None:
    for statement in V1:
        op.execute(statement)
