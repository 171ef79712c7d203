"""What the other services told us, as far as incubation needs it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.incubation.models.table import Table, prose
from services.incubation.purposes import STARTUP
from shared.database import instant


class Edition(Table, table=True):
    """An edition, as applications announced it."""

    __tablename__ = "edition"

    city: str = prose()
    zone: str = prose()


class Challenge(Table, table=True):
    """A published challenge, as applications told it."""

    __tablename__ = "challenge"

    edition_id: UUID
    partner: str = prose()
    title: dict[str, str] = Field(sa_type=JSONB)


class Withdrawal(Table, table=True):
    """An application that its team took back, selected or not; its id is the application's."""

    __tablename__ = "withdrawal"

    withdrawn_at: datetime = instant()


class Startup(Table, table=True):
    """What an application's newest dossier calls the startup and its idea; its id is the application's."""

    __tablename__ = "startup"

    revision: int
    name: str = prose(held=STARTUP.column)
    title: str = prose(held=STARTUP.column)
