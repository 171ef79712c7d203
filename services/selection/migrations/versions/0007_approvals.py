"""Decisions are approved, by several people, before they are published.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliberation", sa.Column("approvals_needed", sa.Integer(), nullable=False, server_default="2"))
    op.add_column("deliberation", sa.Column("salt", sa.String(), nullable=False, server_default=""))
    op.add_column("decision", sa.Column("because_salt", sa.String(), nullable=True))
    op.add_column("decision", sa.Column("because_digest", sa.String(), nullable=True))
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "deliberation_id",
            sa.Uuid(),
            sa.ForeignKey("deliberation.id", name="fk_approval_deliberation_id"),
            nullable=False,
        ),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_because", sa.String(), nullable=True),
    )
    op.create_index("ix_approval_deliberation_id", "approval", ["deliberation_id"])
    op.create_index(
        "uq_approval_standing",
        "approval",
        ["deliberation_id", "approver_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )


def downgrade() -> None:
    message = "Restore a backup to go back: it would be lost who approved what."
    raise NotImplementedError(message)
