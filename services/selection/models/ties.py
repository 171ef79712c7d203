"""What ties people and startups, as they or staff stated it, and what was waived."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.selection.models.table import Table
from services.selection.purposes import COMPETENCE, PERSON_ID, TIE, WAIVER
from shared.database import instant


class Statement(Table, table=True):
    """That a juror stated its interests, or a team its ties; its version is what a change is measured against."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("person_id"),
        UniqueConstraint("application_id"),
        CheckConstraint("(person_id IS NULL) <> (application_id IS NULL)", name="of_one"),
    )

    person_id: UUID | None = Field(default=None, sa_column_kwargs=COMPETENCE.column)
    application_id: UUID | None = None
    competences: list[str] = Field(default_factory=list, sa_type=ARRAY(String), sa_column_kwargs=COMPETENCE.column)
    """What a juror knows: fields of files, by the words that the programme has for them."""
    changes: int = 0
    """How often it was stated anew."""
    stated_at: datetime = instant()


class Interest(Table, table=True):
    """A tie of a person or of a startup: to an organisation, or to another person."""

    __tablename__ = "interest"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (application_id IS NULL)", name="of_one"),
        CheckConstraint("(organisation_key IS NULL) <> (other_person_id IS NULL)", name="to_one"),
    )

    person_id: UUID | None = Field(default=None, index=True, sa_column_kwargs=TIE.column)
    application_id: UUID | None = Field(default=None, index=True)
    kind: str = Field(sa_type=String)
    organisation: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=TIE.column)
    organisation_key: str | None = Field(default=None, sa_type=Text, index=True, sa_column_kwargs=TIE.column)
    """Its name without case, accents and legal form."""
    registration: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=TIE.column)
    other_person_id: UUID | None = Field(default=None, index=True, sa_column_kwargs=TIE.column)
    source: str = Field(sa_type=String)
    stated_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)
    stated_at: datetime = instant()


class Waiver(Table, table=True):
    """A juror's tie to a challenge's partner that a person found not to matter."""

    __tablename__ = "waiver"
    __table_args__ = (UniqueConstraint("juror_id", "challenge_id"),)

    juror_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    challenge_id: UUID = Field(foreign_key="challenge.id", index=True)
    because: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=WAIVER.column)
    waived_by: str = Field(sa_type=String, sa_column_kwargs=PERSON_ID.column)
    waived_at: datetime = instant()
