"""What was forgotten, so that it is told again.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

from shared.database.backbone import create_backbone_v3

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_backbone_v3(op)


def downgrade() -> None:
    message = "Restore a backup to go back: tombstones that were told once would not be told again."
    raise NotImplementedError(message)
