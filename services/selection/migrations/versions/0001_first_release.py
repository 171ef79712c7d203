"""The backbone, and the tables of the first release.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.database.backbone import create_backbone_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_backbone_v1(op)
    _what_applications_tells()
    _juries_and_reviews()
    _rankings()
    _decisions()


def downgrade() -> None:
    message = "The first release has nothing to go back to: restore a backup, or drop the database."
    raise NotImplementedError(message)


def _keys() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _what_applications_tells() -> None:
    op.create_table(
        "challenge",
        *_keys(),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
    )
    op.create_index("ix_challenge_edition_id", "challenge", ["edition_id"])

    op.create_table(
        "candidate",
        *_keys(),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid()),
        sa.Column("lead_id", sa.Uuid()),
        sa.Column("challenge_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
    )
    op.create_index("ix_candidate_challenge_ids", "candidate", ["challenge_ids"], postgresql_using="gin")
    op.create_index("ix_candidate_edition_id", "candidate", ["edition_id"])
    op.create_index("ix_candidate_team_id", "candidate", ["team_id"])

    op.create_table(
        "team_member",
        *_keys(),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.UniqueConstraint("team_id", "person_id", name="uq_team_member_team_id_person_id"),
    )
    op.create_index("ix_team_member_person_id", "team_member", ["person_id"])

    op.create_table(
        "dossier",
        *_keys(),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("startup", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("answers", JSONB(), nullable=False),
        sa.Column("attachments", JSONB(), nullable=False),
        sa.UniqueConstraint("application_id", "revision", name="uq_dossier_application_id_revision"),
    )


def _juries_and_reviews() -> None:
    op.create_table(
        "jury",
        *_keys(),
        sa.Column(
            "challenge_id", sa.Uuid(), sa.ForeignKey("challenge.id", name="fk_jury_challenge_id"), nullable=False
        ),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reviews_per_file", sa.Integer(), nullable=False),
        sa.Column("files_per_juror", sa.Integer(), nullable=False),
        sa.Column("criteria", JSONB(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        _instant("appointed_at"),
        sa.UniqueConstraint("challenge_id", name="uq_jury_challenge_id"),
    )
    op.create_index("ix_jury_edition_id", "jury", ["edition_id"])

    op.create_table(
        "seat",
        *_keys(),
        sa.Column("jury_id", sa.Uuid(), sa.ForeignKey("jury.id", name="fk_seat_jury_id"), nullable=False),
        sa.Column("juror_id", sa.Uuid(), nullable=False),
        sa.UniqueConstraint("jury_id", "juror_id", name="uq_seat_jury_id_juror_id"),
    )
    op.create_index("ix_seat_juror_id", "seat", ["juror_id"])

    op.create_table(
        "conflict",
        *_keys(),
        sa.Column("juror_id", sa.Uuid(), nullable=False),
        sa.Column(
            "application_id",
            sa.Uuid(),
            sa.ForeignKey("candidate.id", name="fk_conflict_application_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.Text()),
        _instant("declared_at"),
        sa.UniqueConstraint("juror_id", "application_id", name="uq_conflict_juror_id_application_id"),
    )
    op.create_index("ix_conflict_application_id", "conflict", ["application_id"])

    op.create_table(
        "review",
        *_keys(),
        sa.Column("jury_id", sa.Uuid(), sa.ForeignKey("jury.id", name="fk_review_jury_id"), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column(
            "application_id", sa.Uuid(), sa.ForeignKey("candidate.id", name="fk_review_application_id"), nullable=False
        ),
        sa.Column("juror_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("scores", JSONB(), nullable=False),
        sa.Column("comment", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("revision", sa.Integer()),
        sa.Column("recused_because", sa.Text()),
        _instant("assigned_at"),
        _instant("submitted_at", nullable=True),
    )
    op.create_index("ix_review_application_id", "review", ["application_id"])
    op.create_index("ix_review_juror_id", "review", ["juror_id"])
    op.create_index(
        "uq_review_live",
        "review",
        ["jury_id", "application_id", "juror_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('assigned', 'submitted')"),
    )


def _rankings() -> None:
    op.create_table(
        "ranking",
        *_keys(),
        sa.Column("jury_id", sa.Uuid(), sa.ForeignKey("jury.id", name="fk_ranking_jury_id"), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("inputs", JSONB(), nullable=False),
        sa.Column("inputs_digest", sa.String(), nullable=False),
        sa.Column("files", JSONB(), nullable=False),
        _instant("frozen_at"),
        sa.Column("frozen_by", sa.String(), nullable=False),
        sa.UniqueConstraint("jury_id", name="uq_ranking_jury_id"),
    )
    op.create_index("ix_ranking_challenge_id", "ranking", ["challenge_id"])
    op.create_index("ix_ranking_edition_id", "ranking", ["edition_id"])
    op.execute(
        """
        CREATE TRIGGER ranking_is_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON ranking
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )


def _decisions() -> None:
    op.create_table(
        "deliberation",
        *_keys(),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("capacities", JSONB(), nullable=False),
        sa.Column("reserves", JSONB(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        _instant("proposed_at"),
        sa.Column("proposed_by", sa.String(), nullable=False),
        _instant("published_at", nullable=True),
        sa.Column("published_by", sa.String()),
    )
    op.create_index("ix_deliberation_edition_id", "deliberation", ["edition_id"])
    op.create_index(
        "uq_deliberation_present",
        "deliberation",
        ["edition_id", "state"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'published')"),
    )

    op.create_table(
        "decision",
        *_keys(),
        sa.Column(
            "deliberation_id",
            sa.Uuid(),
            sa.ForeignKey("deliberation.id", name="fk_decision_deliberation_id"),
            nullable=False,
        ),
        sa.Column(
            "application_id",
            sa.Uuid(),
            sa.ForeignKey("candidate.id", name="fk_decision_application_id"),
            nullable=False,
        ),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), sa.ForeignKey("challenge.id", name="fk_decision_challenge_id")),
        sa.Column("changed_because", sa.Text()),
        sa.Column("changed_by", sa.String()),
        sa.UniqueConstraint("deliberation_id", "application_id", name="uq_decision_deliberation_id_application_id"),
    )
    op.create_index("ix_decision_application_id", "decision", ["application_id"])
