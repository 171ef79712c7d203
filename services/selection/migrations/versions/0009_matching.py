"""What a matching was made of is kept, partners may order a shortlist, and reserves move up after the results.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliberation", sa.Column("kind", sa.String(), nullable=False, server_default="results"))
    op.add_column(
        "deliberation",
        sa.Column("amends", sa.Uuid(), sa.ForeignKey("deliberation.id", name="fk_deliberation_amends"), nullable=True),
    )
    op.add_column("deliberation", sa.Column("vacated", JSONB(), nullable=False, server_default="{}"))
    op.add_column("deliberation", sa.Column("market", JSONB(), nullable=True))
    op.drop_index("uq_deliberation_present", "deliberation")
    op.create_index(
        "uq_deliberation_present",
        "deliberation",
        ["edition_id", "state"],
        unique=True,
        postgresql_where=sa.text("state = 'draft' OR state = 'published' AND kind = 'results'"),
    )
    op.create_table(
        "shortlist",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "challenge_id", sa.Uuid(), sa.ForeignKey("challenge.id", name="fk_shortlist_challenge_id"), nullable=False
        ),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("ranking_id", sa.Uuid(), sa.ForeignKey("ranking.id", name="fk_shortlist_ranking_id"), nullable=False),
        sa.Column("lowest_score", sa.Float(), nullable=False),
        sa.Column("files", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("order", ARRAY(sa.Uuid()), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ordered_by", sa.String(), nullable=True),
        sa.UniqueConstraint("challenge_id", name="uq_shortlist_challenge_id"),
    )
    op.create_index("ix_shortlist_edition_id", "shortlist", ["edition_id"])


def downgrade() -> None:
    message = "Restore a backup to go back: it would be lost by what startups were matched, and who moved up."
    raise NotImplementedError(message)
