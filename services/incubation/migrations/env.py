"""Alembic's entrance to incubation's tables."""

from services.incubation.models import Table
from shared.database.migrate import run

run(Table.metadata)
