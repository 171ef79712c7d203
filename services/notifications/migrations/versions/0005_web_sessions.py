"""Signed-in pages, and indexes for what the monitor asks of the event log.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

from shared.database.sessions import create_sessions_v1

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_sessions_v1(op)
    op.create_index("ix_entry_source_position", "entry", ["source", "position"], unique=False)
    op.create_index("ix_entry_causation_id_position", "entry", ["causation_id", "position"], unique=False)
    # In order of time, and among events of one instant in the order of their positions: what pages are cut by.
    op.create_index("ix_entry_happened_at_position", "entry", ["happened_at", "position"], unique=False)
    op.drop_index("ix_entry_happened_at", table_name="entry")


def downgrade() -> None:
    op.create_index("ix_entry_happened_at", "entry", ["happened_at"], unique=False)
    op.drop_index("ix_entry_happened_at_position", table_name="entry")
    op.drop_index("ix_entry_causation_id_position", table_name="entry")
    op.drop_index("ix_entry_source_position", table_name="entry")
    op.execute("DROP TABLE web_sign_in, web_session")
