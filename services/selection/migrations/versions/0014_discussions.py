"""Discussions of files, opinions on reviews, and scores that were thought over: added to, and only ever forgotten.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discussion_message",
        *_keys(),
        _of("discussion_message", "jury"),
        *_said("discussion_message"),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_discussion_message_file", "discussion_message", ["jury_id", "application_id", "id"])
    op.create_table(
        "opinion",
        *_keys(),
        _of("opinion", "review"),
        *_said("opinion"),
        sa.Column("stance", sa.String(), nullable=False),
    )
    op.create_index("ix_opinion_review_id", "opinion", ["review_id"])
    op.create_table(
        "revisit",
        *_keys(),
        _of("revisit", "review"),
        *_said("revisit"),
        *(
            sa.Column(name, JSONB(), nullable=False)
            for name in ("scores_before", "abstained_before", "scores", "abstained")
        ),
    )
    op.create_index("ix_revisit_review_id", "revisit", ["review_id"])
    op.execute(
        """
        CREATE FUNCTION only_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.words IS NULL
               AND to_jsonb(NEW) - 'words' - 'version' = to_jsonb(OLD) - 'words' - 'version' THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION '% is append-only: its words can be erased, and nothing else changed', TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    for table in ("discussion_message", "opinion", "revisit"):
        op.create_index(f"ix_{table}_application_id", table, ["application_id"])
        op.execute(
            f"""
            CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION only_forgotten()
            """
        )


def downgrade() -> None:
    message = "Restore a backup to go back: what jurors said, and the scores they gave first, would be lost."
    raise NotImplementedError(message)


def _keys() -> tuple[sa.Column[object], ...]:
    return sa.Column("id", sa.Uuid(), primary_key=True), sa.Column("version", sa.Integer(), nullable=False)


def _of(table: str, whole: str) -> sa.Column[object]:
    return sa.Column(
        f"{whole}_id", sa.Uuid(), sa.ForeignKey(f"{whole}.id", name=f"fk_{table}_{whole}_id"), nullable=False
    )


def _said(table: str) -> tuple[sa.Column[object], ...]:
    return (
        sa.Column(
            "application_id",
            sa.Uuid(),
            sa.ForeignKey("candidate.id", name=f"fk_{table}_application_id"),
            nullable=False,
        ),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text()),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
    )
