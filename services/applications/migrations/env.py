"""Alembic's entrance to applications's tables."""

from services.applications.models import Table
from shared.database.migrate import run

run(Table.metadata)
