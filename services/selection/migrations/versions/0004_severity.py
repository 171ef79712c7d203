"""How sure a ranking is, and with what it was computed.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ranking", sa.Column("report", JSONB(), nullable=True))
    op.add_column("ranking", sa.Column("result_digest", sa.String(), nullable=True))
    op.add_column("ranking", sa.Column("libraries", JSONB(), nullable=True))


def downgrade() -> None:
    message = "Restore a backup to go back: frozen rankings would lose how sure they are."
    raise NotImplementedError(message)
