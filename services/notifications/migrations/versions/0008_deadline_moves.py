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
    op.add_column("mail", sa.Column("drafted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_mail_drafts", "mail", ["about_event_id", "template"], postgresql_where=sa.text("drafted AND attempts = 0")
    )


def downgrade() -> None:
    op.drop_index("ix_mail_drafts", "mail")
    op.drop_column("mail", "drafted")
    op.drop_table("deadline_move")
    op.drop_index("ix_file_call_id", "file")
    for column in ("withdrawn_at", "begun_at", "call_id"):
        op.drop_column("file", column)
