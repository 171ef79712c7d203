"""Which applications of a call look alike.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "likeness_search",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["call.id"], name=op.f("fk_likeness_search_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likeness_search")),
    )
    op.create_table(
        "likeness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("in_common", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_likeness_call_id")),
        sa.ForeignKeyConstraint(["first_id"], ["application.id"], name=op.f("fk_likeness_first_id")),
        sa.ForeignKeyConstraint(["second_id"], ["application.id"], name=op.f("fk_likeness_second_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likeness")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_likeness_first_id_second_id")),
    )
    op.create_index("ix_likeness_listing", "likeness", ["call_id", "created_at", "id"])
    op.create_index(op.f("ix_likeness_second_id"), "likeness", ["second_id"])


def downgrade() -> None:
    op.drop_table("likeness")
    op.drop_table("likeness_search")
