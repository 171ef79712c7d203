"""Signed-in pages.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

from shared.database.sessions import create_sessions_v1

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_sessions_v1(op)


def downgrade() -> None:
    op.execute("DROP TABLE web_sign_in, web_session")
