"""Phases of a jury's round: the plan, the one that is open, and each that was opened.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jury", sa.Column("phase", sa.String(), nullable=True))
    op.add_column("jury", sa.Column("phase_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jury", sa.Column("phase_by_date", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("jury", sa.Column("plan", JSONB(), nullable=False, server_default="[]"))
    op.add_column("jury", sa.Column("phase_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_jury_phase_due_at", "jury", ["phase_due_at"], postgresql_where=sa.text("phase_due_at IS NOT NULL")
    )
    op.create_table(
        "phase_opening",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("jury_id", sa.Uuid(), sa.ForeignKey("jury.id", name="fk_phase_opening_jury_id"), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_date", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
    )
    op.create_index("ix_phase_opening_jury_id", "phase_opening", ["jury_id"])


def downgrade() -> None:
    message = "Restore a backup to go back: juries would lose when each phase was opened, and why."
    raise NotImplementedError(message)
