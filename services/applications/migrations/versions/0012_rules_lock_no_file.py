"""A rule of a call's log no longer locks the file that it names: that met, crosswise, who was handing in.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("team", "application"):
        op.drop_constraint(f"fk_deadline_rule_{name}_id", "deadline_rule", type_="foreignkey")


def downgrade() -> None:
    for name in ("team", "application"):
        op.create_foreign_key(f"fk_deadline_rule_{name}_id", "deadline_rule", name, [f"{name}_id"], ["id"])
