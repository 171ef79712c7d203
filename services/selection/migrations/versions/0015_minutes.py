"""Notes and dissent on decisions that are not published yet, and minutes that are frozen with them.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remark",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "deliberation_id",
            sa.Uuid(),
            sa.ForeignKey("deliberation.id", name="fk_remark_deliberation_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "application_id", sa.Uuid(), sa.ForeignKey("candidate.id", name="fk_remark_application_id"), nullable=True
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("juror_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_remark_deliberation_id", "remark", ["deliberation_id"])
    op.create_table(
        "minutes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "deliberation_id",
            sa.Uuid(),
            sa.ForeignKey("deliberation.id", name="fk_minutes_deliberation_id"),
            nullable=False,
        ),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.UniqueConstraint("deliberation_id", name="uq_minutes_deliberation_id"),
    )
    op.execute(
        """
        CREATE TRIGGER minutes_are_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON minutes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )


def downgrade() -> None:
    message = "Restore a backup to go back: dissent that was recorded would be lost."
    raise NotImplementedError(message)
