"""What a call asks: its form, in versions; and which of them a revision answered.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_form_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_form")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_call_form_call_id_number")),
    )
    op.add_column("call", sa.Column("form_id", sa.Uuid(), nullable=True))
    op.add_column("revision", sa.Column("form_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    message = "Restore a backup to go back: what calls asked, and what was answered to which question, would be lost."
    raise NotImplementedError(message)
