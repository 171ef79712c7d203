"""A service's own PostgreSQL: engine, tables, migrations, and the backbone's tables that every service has."""

from shared.database.engine import make_engine, ping
from shared.database.tables import NAMING, Table, id_after, instant, new_id

__all__ = ["NAMING", "Table", "id_after", "instant", "make_engine", "new_id", "ping"]
