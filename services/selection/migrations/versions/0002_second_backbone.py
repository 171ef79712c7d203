"""The backbone's second release: quarantine that tries again by itself, and says how each stay ended.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from shared.database.backbone import create_backbone_v2

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_backbone_v2(op)


def downgrade() -> None:
    message = "Restore a backup to go back: what was discarded meanwhile would look released to the release before."
    raise NotImplementedError(message)
