"""Alembic's entrance; the connection comes from `datacity migrate`."""

from services.notifications.models import Table
from shared.database.migrate import run

run(Table.metadata)
