"""Reasons for each applicant, signed by a person, and fingerprints of names that must not be in them.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reasons",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "deliberation_id",
            sa.Uuid(),
            sa.ForeignKey("deliberation.id", name="fk_reasons_deliberation_id"),
            nullable=False,
        ),
        sa.Column(
            "application_id",
            sa.Uuid(),
            sa.ForeignKey("candidate.id", name="fk_reasons_application_id"),
            nullable=False,
        ),
        sa.Column("passages", JSONB(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("compiled", sa.String(), nullable=False),
        sa.Column("edited_by", sa.String(), nullable=True),
        sa.Column("signed_by", sa.String(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("deliberation_id", "application_id", name="uq_reasons_deliberation_id_application_id"),
    )
    op.create_index("ix_reasons_application_id", "reasons", ["application_id"])
    op.create_table(
        "name_print",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("words", ARRAY(sa.String()), nullable=False),
    )


def downgrade() -> None:
    message = "Restore a backup to go back: what applicants were told, and who answered for it, would be lost."
    raise NotImplementedError(message)
