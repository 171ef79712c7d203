"""Screening: who may take part, requests for more information, decisions that teams are told of together.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call", sa.Column("screening_told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("application", sa.Column("screened", sa.Text(), nullable=True))
    op.add_column("application", sa.Column("screening_told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_application_screened"), "application", "screened IN ('admitted', 'declined')")
    # Before this version a team was told at once.
    op.execute(
        """
        UPDATE application SET
            screened = CASE WHEN screening_reasons = '[]'::jsonb THEN 'admitted' ELSE 'declined' END,
            screening_told_at = screened_at
        WHERE screened_at IS NOT NULL
        """
    )
    op.create_table(
        "call_eligibility",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_eligibility_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_eligibility")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_call_eligibility_call_id_number")),
    )
    op.create_table(
        "information_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("until_local", sa.Text(), nullable=False),
        sa.Column("until_zone", sa.Text(), nullable=False),
        sa.Column("until_tzdata", sa.Text(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_information_request_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_request")),
    )
    op.create_index(op.f("ix_information_request_application_id"), "information_request", ["application_id"])
    op.create_index(
        "uq_information_request_waiting",
        "information_request",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL AND ended_at IS NULL"),
    )
    op.create_table(
        "screening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("findings_digest", sa.Text(), nullable=False),
        sa.Column("overridden", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["application.id"], name=op.f("fk_screening_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening")),
    )


def downgrade() -> None:
    op.drop_table("screening")
    op.drop_table("information_request")
    op.drop_table("call_eligibility")
    op.drop_column("application", "screening_told_at")
    op.drop_column("application", "screened")
    op.drop_column("call", "screening_told_at")
