"""Counts of how the programme goes on, begun with what the event log holds already.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STAGES = {
    "drafted": ("application.drafted",),
    "submitted": ("application.submitted",),
    "screened": ("application.admitted", "application.declined"),
    "decided": ("application.selected", "application.reserved", "application.not-selected"),
    "accompanied": ("project.opened",),
    "registered": ("experimentation.registered",),
    "running": ("experimentation.started",),
    "reported": ("experimentation.reported",),
}
REVIEWS = ("assigned", "submitted", "recused", "cancelled")
QUARTER = "date_bin('15 minutes', happened_at, TIMESTAMPTZ '2000-01-01 00:00:00+00')"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "tally",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", instant, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", "challenge_id", "quarter", name="pk_tally"),
    )
    op.create_table(
        "progress",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        *(sa.Column(stage, instant, nullable=True) for stage in STAGES),
        sa.PrimaryKeyConstraint("file_id", name="pk_progress"),
    )
    op.create_table(
        "milestone",
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("approved_at", instant, nullable=True),
        sa.PrimaryKeyConstraint("milestone_id", name="pk_milestone"),
    )
    _count("applications", "application.submitted", "(data -> 'challenge_ids' ->> 0)")
    for each in REVIEWS:
        _count(f"reviews-{each}", f"review.{each}", "(data ->> 'challenge_id')")
    columns = ", ".join(
        f"min(happened_at) FILTER (WHERE type IN ({_listed(types)})) AS {stage}" for stage, types in STAGES.items()
    )
    every = _listed([type_ for types in STAGES.values() for type_ in types])
    op.execute(
        f"""
        INSERT INTO progress (file_id, {", ".join(STAGES)})
        SELECT CAST(data ->> 'application_id' AS uuid), {columns} FROM entry
        WHERE type IN ({every}) AND data ->> 'application_id' IS NOT NULL GROUP BY 1
        """
    )
    op.execute(
        f"""
        INSERT INTO milestone (milestone_id, file_id, challenge_id, kind, due_on, approved_at)
        SELECT CAST(p.subject AS uuid), CAST(p.data ->> 'application_id' AS uuid),
               CAST(p.data ->> 'challenge_id' AS uuid), p.data ->> 'kind', CAST(p.data ->> 'due_on' AS date),
               (SELECT min(CAST(k.data ->> 'approved_at' AS timestamptz)) FROM entry k
                WHERE k.subject = p.subject AND k.type = {_listed(["milestone.approved"])})
        FROM entry p WHERE p.type = {_listed(["milestone.planned"])} AND p.data IS NOT NULL
        ON CONFLICT DO NOTHING
        """
    )


def _count(what: str, type_: str, challenge: str) -> None:
    op.execute(
        f"""
        INSERT INTO tally (what, challenge_id, quarter, count)
        SELECT '{what}', CAST({challenge} AS uuid), {QUARTER}, count(*) FROM entry
        WHERE type = {_listed([type_])} AND {challenge} IS NOT NULL GROUP BY 2, 3
        """
    )


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"'io.datacity.{name}.v1'" for name in names)


def downgrade() -> None:
    for table in ("tally", "progress", "milestone"):
        op.drop_table(table)
