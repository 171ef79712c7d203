"""Roles in a team, and invitations to it.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The version before this one goes on adding members, all of whom it lets write.
    op.add_column("team_member", sa.Column("role", sa.Text(), server_default="editor", nullable=False))
    op.create_check_constraint(op.f("ck_team_member_role"), "team_member", "role IN ('editor', 'reader')")
    op.create_table(
        "team_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("role IN ('editor', 'reader')", name=op.f("ck_team_invitation_role")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'revoked', 'expired')", name=op.f("ck_team_invitation_state")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_invitation_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_invitation")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_team_invitation_code_digest")),
    )
    op.create_index(op.f("ix_team_invitation_team_id"), "team_invitation", ["team_id"])
    op.create_index(
        "ix_team_invitation_open", "team_invitation", ["expires_at"], postgresql_where=sa.text("state = 'open'")
    )


def downgrade() -> None:
    op.drop_table("team_invitation")
    op.drop_column("team_member", "role")
