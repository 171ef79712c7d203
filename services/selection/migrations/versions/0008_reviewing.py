"""Remarks by criterion, and criteria that a juror can't judge.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review", sa.Column("remarks", JSONB(), nullable=False, server_default="{}"))
    op.add_column("review", sa.Column("abstained", JSONB(), nullable=False, server_default="[]"))
    op.add_column("review", sa.Column("could_not_judge", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    message = "Restore a backup to go back: an abstention would be a score that is missing."
    raise NotImplementedError(message)
