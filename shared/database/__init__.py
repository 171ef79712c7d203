"""A service's own PostgreSQL: engine, tables, migrations, and the backbone's tables that every service has."""

from shared.database.engine import make_engine, ping
from shared.database.tables import NAMING, SECRET, Table, id_after, instant, is_secret, new_id

__all__ = ["NAMING", "SECRET", "Table", "id_after", "instant", "is_secret", "make_engine", "new_id", "ping"]
