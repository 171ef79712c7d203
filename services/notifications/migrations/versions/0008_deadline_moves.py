"""Whose files a call has, so that they are told when its deadlines move; and letters to many that wait as drafts.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DRAFTED, WITHDRAWN = "io.datacity.application.drafted.v1", "io.datacity.application.withdrawn.v1"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.add_column("file", sa.Column("call_id", sa.Uuid(), nullable=True))
    op.add_column("file", sa.Column("begun_at", instant, nullable=True))
    op.add_column("file", sa.Column("withdrawn_at", instant, nullable=True))
    op.create_index("ix_file_call_id", "file", ["call_id"])
    op.create_table(
        "deadline_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("moved_at", instant, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("common", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("own", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deadline_move"),
    )
    op.create_index("ix_deadline_move_call_id", "deadline_move", ["call_id"])
    # What was heard before is in the event log already.
    op.execute(
        sa.text(
            "UPDATE file SET call_id = CAST(entry.data ->> 'call_id' AS uuid), begun_at = entry.happened_at "
            "FROM entry WHERE entry.file = file.id AND entry.type = :type"
        ).bindparams(type=DRAFTED)
    )
    op.execute(
        sa.text(
            "UPDATE file SET withdrawn_at = entry.happened_at "
            "FROM entry WHERE entry.file = file.id AND entry.type = :type"
        ).bindparams(type=WITHDRAWN)
    )
    _states("'drafted', 'waiting_for_person', 'queued', 'sent', 'failed', 'dropped'", "'drafted', ")


def downgrade() -> None:
    op.execute("UPDATE mail SET state = 'queued' WHERE state = 'drafted'")
    _states("'waiting_for_person', 'queued', 'sent', 'failed', 'dropped'", "")
    op.drop_table("deadline_move")
    op.drop_index("ix_file_call_id", "file")
    for column in ("withdrawn_at", "begun_at", "call_id"):
        op.drop_column("file", column)


def _states(every: str, also_to_be_sent: str) -> None:
    # The first release named it by the convention twice.
    op.execute("ALTER TABLE mail DROP CONSTRAINT IF EXISTS ck_mail_ck_mail_state")
    op.execute("ALTER TABLE mail DROP CONSTRAINT IF EXISTS ck_mail_state")
    op.create_check_constraint(op.f("ck_mail_state"), "mail", f"state IN ({every})")
    op.drop_index("ix_mail_to_be_sent", "mail")
    op.create_index(
        "ix_mail_to_be_sent",
        "mail",
        ["next_attempt_at"],
        postgresql_where=sa.text(f"state IN ({also_to_be_sent}'queued', 'waiting_for_person')"),
    )
