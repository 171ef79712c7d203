"""What was saved of each draft, save by save.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What drafts said before is the version that their next changes begin with.
FIRST_VERSIONS = """
    INSERT INTO draft_version
        (id, version, application_id, number, author_id, since, saved_at, changes, aside, settled)
    SELECT
        gen_random_uuid(), 1, a.id, a.version, a.lead_id, a.updated_at, a.updated_at,
        jsonb_strip_nulls(jsonb_build_object('title', a.title, 'summary', a.summary))
        || jsonb_build_object('challenge_ids', to_jsonb(a.challenge_ids))
        || coalesce((SELECT jsonb_object_agg('answers/' || e.key, e.value) FROM jsonb_each(a.answers) e), '{}'),
        '{}', true
    FROM application a
    WHERE a.title IS NOT NULL OR a.summary IS NOT NULL OR a.answers <> '{}' OR cardinality(a.challenge_ids) > 0
"""


def upgrade() -> None:
    op.create_table(
        "draft_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("pen", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("aside", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_draft_version_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_version")),
        sa.UniqueConstraint("application_id", "number", name=op.f("uq_draft_version_application_id_number")),
    )
    op.create_index(
        "ix_draft_version_unsettled", "draft_version", ["saved_at"], postgresql_where=sa.text("NOT settled")
    )
    op.execute(FIRST_VERSIONS)


def downgrade() -> None:
    op.drop_table("draft_version")
