"""Ties, the conflicts that they show, what jurors know and would like to review, and a juror's own limit.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conflict", sa.Column("state", sa.String(), nullable=False, server_default="declared"))
    op.add_column("conflict", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("conflict", sa.Column("evidence", JSONB(), nullable=False, server_default="[]"))
    op.add_column("conflict", sa.Column("decided_because", sa.Text(), nullable=True))
    op.add_column("conflict", sa.Column("decided_by", sa.String(), nullable=True))
    op.add_column("conflict", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jury", sa.Column("fields", ARRAY(sa.String()), nullable=False, server_default="{}"))
    op.add_column("jury", sa.Column("fields_answer", sa.String(), nullable=True))
    op.add_column("jury", sa.Column("someone_with", sa.String(), nullable=True))
    op.add_column("seat", sa.Column("files_at_most", sa.Integer(), nullable=True))
    _create_ties()
    op.create_table(
        "bid",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("jury_id", sa.Uuid(), sa.ForeignKey("jury.id", name="fk_bid_jury_id"), nullable=False),
        sa.Column("juror_id", sa.Uuid(), nullable=False),
        sa.Column(
            "application_id", sa.Uuid(), sa.ForeignKey("candidate.id", name="fk_bid_application_id"), nullable=False
        ),
        sa.Column("bid", sa.String(), nullable=True),
        sa.Column("bid_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("jury_id", "juror_id", "application_id", name="uq_bid_jury_id_juror_id_application_id"),
    )


def _create_ties() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("competences", ARRAY(sa.String()), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("person_id", name="uq_statement_person_id"),
        sa.UniqueConstraint("application_id", name="uq_statement_application_id"),
        sa.CheckConstraint("(person_id IS NULL) <> (application_id IS NULL)", name=op.f("ck_statement_of_one")),
    )
    op.create_table(
        "interest",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("organisation_key", sa.Text(), nullable=True),
        sa.Column("registration", sa.Text(), nullable=True),
        sa.Column("other_person_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("stated_by", sa.String(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(person_id IS NULL) <> (application_id IS NULL)", name=op.f("ck_interest_of_one")),
        sa.CheckConstraint("(organisation_key IS NULL) <> (other_person_id IS NULL)", name=op.f("ck_interest_to_one")),
    )
    for column in ("person_id", "application_id", "organisation_key", "other_person_id"):
        op.create_index(f"ix_interest_{column}", "interest", [column])
    op.create_table(
        "waiver",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("juror_id", sa.Uuid(), nullable=False),
        sa.Column(
            "challenge_id", sa.Uuid(), sa.ForeignKey("challenge.id", name="fk_waiver_challenge_id"), nullable=False
        ),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("waived_by", sa.String(), nullable=False),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("juror_id", "challenge_id", name="uq_waiver_juror_id_challenge_id"),
    )
    op.create_index("ix_waiver_challenge_id", "waiver", ["challenge_id"])


def downgrade() -> None:
    message = "Restore a backup to go back: conflicts that a person dismissed would bar again, and others would not."
    raise NotImplementedError(message)
