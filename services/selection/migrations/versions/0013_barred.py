"""What a juror reads of files leaves out those in conflict in the database too, whatever query forgets them.

Revision ID: 0013
Revises: 0012
"""

from importlib import import_module

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

blind = import_module("services.selection.migrations.versions.0011_blind")

WITHOUT_CONFLICT = f"""
   AND NOT EXISTS (
           SELECT FROM conflict
            WHERE conflict.application_id = candidate.id AND conflict.juror_id = {blind.ME}
              AND conflict.state <> 'dismissed'
       )
   AND candidate.lead_id IS DISTINCT FROM {blind.ME}
   AND NOT EXISTS (
           SELECT FROM team_member AS own WHERE own.team_id = candidate.team_id AND own.person_id = {blind.ME}
       )
"""


def upgrade() -> None:
    for view in (blind.CANDIDATES, blind.FILES):
        op.execute(view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1).rstrip() + WITHOUT_CONFLICT)


def downgrade() -> None:
    message = "Restore a backup to go back: a file in conflict would be shown by a query that forgets it."
    raise NotImplementedError(message)
