"""Who asked to be forgotten, what must be kept all the same, and what was forgotten, so that it is told again.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from shared.database.backbone import create_backbone_v3

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_backbone_v3(op)
    op.add_column("person", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["person.id"], name=op.f("fk_erasure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(
        "ix_erasure_open", "erasure", ["requested_at"], unique=False, postgresql_where=sa.text("completed_at IS NULL")
    )
    op.create_table(
        "erasure_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ground IN ('accounting', 'dispute')", name=op.f("ck_erasure_hold_ground")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_hold_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_hold")),
    )
    op.create_index(op.f("ix_erasure_hold_person_id"), "erasure_hold", ["person_id"], unique=False)


def downgrade() -> None:
    message = "Restore a backup to go back: tombstones that were told once would not be told again."
    raise NotImplementedError(message)
