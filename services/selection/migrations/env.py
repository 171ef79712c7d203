"""Lets Alembic migrate selection's database."""

from services.selection.models import Table
from shared.database.migrate import run

run(Table.metadata)
