"""Deadlines become a log that is only added to; with who asked for more time, and when nobody could reach us.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _heartbeats()
    _log()
    _extensions()


def _heartbeats() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
        sa.UniqueConstraint("part", name=op.f("uq_heartbeat_part")),
    )
    op.create_table(
        "outage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
    )


def _log() -> None:
    op.add_column("call", sa.Column("resolved_with", sa.Text(), server_default="", nullable=False))
    op.drop_constraint("uq_deadline_rule_call_id_challenge_id", "deadline_rule", type_="unique")
    for column in (
        sa.Column("number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cause", sa.Text(), server_default="announced", nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outage_id", sa.Uuid(), nullable=True),
        sa.Column("opens_local", sa.Text(), nullable=True),
        sa.Column("opens_zone", sa.Text(), nullable=True),
        sa.Column("opens_tzdata", sa.Text(), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grace_seconds", sa.Integer(), server_default="0", nullable=False),
    ):
        op.add_column("deadline_rule", column)
    for name in ("team", "application", "outage"):
        op.create_foreign_key(op.f(f"fk_deadline_rule_{name}_id"), "deadline_rule", name, [f"{name}_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_deadline_rule_cause"),
        "deadline_rule",
        "cause IN ('announced', 'rescheduled', 'postponed', 'extended', 'outage', 'tzdata')",
    )
    op.execute(
        """
        UPDATE deadline_rule SET number = placed.number
        FROM (
            SELECT id, row_number() OVER (PARTITION BY call_id ORDER BY challenge_id NULLS FIRST, id) AS number
            FROM deadline_rule
        ) AS placed
        WHERE deadline_rule.id = placed.id
        """
    )
    op.execute(
        """
        UPDATE deadline_rule
        SET opens_local = call.opens_local, opens_zone = call.opens_zone, opens_tzdata = call.opens_tzdata,
            opens_at = call.opens_at
        FROM call
        WHERE call.id = deadline_rule.call_id AND deadline_rule.challenge_id IS NULL
        """
    )
    op.create_index(
        "uq_deadline_rule_call_id_number",
        "deadline_rule",
        ["call_id", "number"],
        unique=True,
        postgresql_where=sa.text("number > 0"),
    )
    op.execute(
        "CREATE TRIGGER deadline_rule_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deadline_rule "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _extensions() -> None:
    op.create_table(
        "extension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("local", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("tzdata_version", sa.Text(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('asked', 'approved', 'refused')", name=op.f("ck_extension_status")),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_extension_application_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_extension_call_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_extension_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
    )
    op.create_index(op.f("ix_extension_application_id"), "extension", ["application_id"], unique=False)
    op.create_index(op.f("ix_extension_call_id"), "extension", ["call_id"], unique=False)


def downgrade() -> None:
    message = "Restore a backup to go back: the release before would take an older deadline for the one that counts."
    raise NotImplementedError(message)
