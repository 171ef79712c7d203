"""The tables of the data room: datasets, grants, acceptances, receipts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from services.incubation.models.table import Table, prose
from services.incubation.purposes import ADVICE, PERSON_ID, RECEIPT, WORK
from shared.database import instant


class Dataset(Table, table=True):
    """Data that a partner offers for its challenge, under a licence and for a purpose; never changed."""

    __tablename__ = "dataset"

    challenge_id: UUID = Field(index=True)
    partner: str = Field(sa_type=Text, index=True)
    title: str = prose()
    description: str = prose()
    licence: str = prose()
    purpose: str = prose()
    media_type: str | None = prose(nullable=True)
    size: int | None = None
    sha256: str | None = prose(nullable=True)
    offered_by: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    offered_at: datetime = instant()


class DatasetContent(Table, table=True):
    """The bytes or the address of a dataset, apart from it so that no list ever reads them; its id is the dataset's."""

    __tablename__ = "dataset_content"
    __table_args__ = (CheckConstraint("(content IS NULL) <> (url IS NULL)", name="bytes_or_address"),)

    id: UUID = Field(sa_column_args=(ForeignKey("dataset.id"),), primary_key=True)
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    url: str | None = prose(nullable=True)


class DataGrant(Table, table=True):
    """A project's access to a dataset, from the asking to its end."""

    __tablename__ = "data_grant"
    __table_args__ = (
        Index(
            "uq_data_grant_live",
            "dataset_id",
            "project_id",
            unique=True,
            postgresql_where=text("state IN ('requested', 'granted')"),
        ),
        Index("ix_data_grant_due", "expires_at", postgresql_where=text("state = 'granted'")),
    )

    dataset_id: UUID = Field(foreign_key="dataset.id")
    project_id: UUID = Field(foreign_key="project.id", index=True)
    purpose: str = prose(held=WORK.column)
    state: str = prose()
    requested_by: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    requested_at: datetime = instant()
    decided_by: UUID | None = Field(default=None, sa_column_kwargs=PERSON_ID.column)
    decided_at: datetime | None = instant(nullable=True)
    expires_at: datetime | None = instant(nullable=True)
    words: str | None = prose(nullable=True, held=ADVICE.column)


class LicenceAcceptance(Table, table=True):
    """A member's promise to keep to the licence; each member gives their own before reading."""

    __tablename__ = "licence_acceptance"
    __table_args__ = (UniqueConstraint("grant_id", "person_id"),)

    grant_id: UUID = Field(foreign_key="data_grant.id")
    person_id: UUID = Field(sa_column_kwargs=RECEIPT.column)
    accepted_at: datetime = instant()


class ReadReceipt(Table, table=True):
    """Who read a dataset, and when: what its owner can see."""

    __tablename__ = "read_receipt"

    dataset_id: UUID = Field(foreign_key="dataset.id", index=True)
    grant_id: UUID = Field(foreign_key="data_grant.id")
    project_id: UUID
    person_id: UUID = Field(sa_column_kwargs=RECEIPT.column)
    read_at: datetime = instant()
