"""A project ends when its startup withdraws, whichever of both is heard first.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawal"),
    )
    op.add_column("project", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("project", sa.Column("ended_because", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("project", "ended_because")
    op.drop_column("project", "ended_at")
    op.drop_table("withdrawal")
