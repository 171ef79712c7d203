"""The tables of people who meet: focus groups, workshops, registrations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.incubation.models.table import Table, prose
from shared.database import SECRET, instant


class FocusGroup(Table, table=True):
    """A challenge's group: one Numa representative and at least one person responsible at the partner."""

    __tablename__ = "focus_group"

    challenge_id: UUID = Field(unique=True)
    partner: str = prose()
    numa_representative_id: UUID
    partner_representative_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    formed_at: datetime = instant()


class Workshop(Table, table=True):
    """A workshop, open to all, at a wall time in a zone and at the instant that was resolved from them."""

    __tablename__ = "workshop"
    __table_args__ = (
        CheckConstraint("seats_taken BETWEEN 0 AND seats", name="seats_taken"),
        Index("ix_workshop_starts_at", "starts_at", "id"),
    )

    edition_id: UUID
    title: dict[str, str] = Field(sa_type=JSONB)
    local: str = prose()
    zone: str = prose()
    starts_at: datetime = instant()
    tzdata_version: str = prose()
    place: str = prose()
    seats: int
    seats_taken: int = 0


class WorkshopRegistration(Table, table=True):
    """A seat that somebody took; name and e-mail only of those without an account, and only while they hold it."""

    __tablename__ = "workshop_registration"
    __table_args__ = (
        Index(
            "uq_workshop_registration_email",
            "workshop_id",
            "email_key",
            unique=True,
            postgresql_where=text("state = 'taken'"),
        ),
        Index(
            "uq_workshop_registration_person",
            "workshop_id",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'taken'"),
        ),
    )

    workshop_id: UUID = Field(foreign_key="workshop.id", index=True)
    person_id: UUID = Field(index=True)
    state: str = prose()
    name: str | None = prose(nullable=True)
    email: str | None = prose(nullable=True)
    email_key: str | None = prose(nullable=True)
    language: str | None = prose(nullable=True)
    token_digest: str = Field(sa_type=Text, unique=True, sa_column_kwargs=SECRET)
    registered_at: datetime = instant()
    cancelled_at: datetime | None = instant(nullable=True)
