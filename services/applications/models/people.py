"""People, their wishes to be forgotten, and their teams."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from services.applications.models.table import Table
from services.applications.purposes import CONTACT, ERASURE, FILE, INVITATION, MEMBERSHIP, PERSON_ID
from shared.database import instant


class Person(Table, table=True):
    """How to reach a person; the id is the one that the issuer vouches for."""

    __tablename__ = "person"

    name: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    email: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    language: str = Field(sa_type=Text, sa_column_kwargs=CONTACT.column)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    forgotten_at: datetime | None = instant(nullable=True)
    """Since then the row is an empty shell, to which teams and files still refer."""


class Erasure(Table, table=True):
    """A person's wish to be forgotten; the id is the person's. Open while an obligation keeps something."""

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_open", "requested_at", postgresql_where=text("completed_at IS NULL")),)

    id: UUID = Field(primary_key=True, foreign_key="person.id", sa_column_kwargs=ERASURE.column)
    requested_at: datetime = instant()
    requested_by: str = Field(sa_type=Text, sa_column_kwargs=ERASURE.column)
    completed_at: datetime | None = instant(nullable=True)


class Hold(Table, table=True):
    """An obligation to keep what is known of a person, although it may ask to be forgotten."""

    __tablename__ = "erasure_hold"
    __table_args__ = (CheckConstraint("ground IN ('accounting', 'dispute')", name="ground"),)

    person_id: UUID = Field(foreign_key="person.id", index=True, sa_column_kwargs=ERASURE.column)
    ground: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text, sa_column_kwargs=ERASURE.column)
    until: datetime = instant()
    placed_by: str = Field(sa_type=Text, sa_column_kwargs=ERASURE.column)
    placed_at: datetime = instant()
    lifted_at: datetime | None = instant(nullable=True)


class Team(Table, table=True):
    """Those who apply together, under the name that their startup goes by."""

    __tablename__ = "team"

    name: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    lead_id: UUID = Field(foreign_key="person.id", index=True, sa_column_kwargs=PERSON_ID.column)
    created_at: datetime = instant()


class TeamMember(Table, table=True):
    """A person in a team, the lead included."""

    __tablename__ = "team_member"
    __table_args__ = (
        UniqueConstraint("team_id", "person_id"),
        CheckConstraint("role IN ('editor', 'reader')", name="role"),
    )

    team_id: UUID = Field(foreign_key="team.id")
    person_id: UUID = Field(foreign_key="person.id", index=True, sa_column_kwargs=MEMBERSHIP.column)
    joined_at: datetime = instant()
    role: str = Field(default="editor", sa_type=Text)


class Invitation(Table, table=True):
    """Somebody whom a team invites; who has its code joins with it, once. Of the code a digest alone is kept."""

    __tablename__ = "team_invitation"
    __table_args__ = (
        UniqueConstraint("code_digest"),
        CheckConstraint("role IN ('editor', 'reader')", name="role"),
        CheckConstraint("state IN ('open', 'accepted', 'declined', 'revoked', 'expired')", name="state"),
        Index("ix_team_invitation_open", "expires_at", postgresql_where=text("state = 'open'")),
    )

    team_id: UUID = Field(foreign_key="team.id", index=True)
    role: str = Field(sa_type=Text)
    email: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=INVITATION.column)
    code_digest: bytes = Field(sa_type=LargeBinary)
    invited_by: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    state: str = Field(sa_type=Text)
    mailed: bool
    created_at: datetime = instant()
    expires_at: datetime = instant()
    answered_at: datetime | None = instant(nullable=True)
    answered_by: UUID | None = Field(default=None, nullable=True, sa_column_kwargs=PERSON_ID.column)
