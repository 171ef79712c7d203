"""To which team somebody is invited, and the code to accept with, for the letter that says so.

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
    op.add_column("contact", sa.Column("invited_to", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("invitation_code", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("contact", "invitation_code")
    op.drop_column("contact", "invited_to")
