"""Files that are on their way in, piece by piece."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field

from services.applications.models.table import Table
from services.applications.purposes import FILE, PERSON_ID, REVISION
from shared.database import instant


class Upload(Table, table=True):
    """A file of which a part has arrived. Once whole it is an attachment, and this row says which, for a while."""

    __tablename__ = "upload"
    __table_args__ = (Index(None, "expires_at"),)

    application_id: UUID = Field(foreign_key="application.id", index=True)
    begun_by: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    name: str = Field(sa_type=Text, sa_column_kwargs=FILE.column)
    field_id: str | None = Field(default=None, sa_type=Text)
    length: int
    received: int = 0
    attachment_id: UUID | None = Field(default=None, nullable=True)
    created_at: datetime = instant()
    expires_at: datetime = instant()


class UploadPiece(Table, table=True):
    """Bytes of an upload, from `first` on."""

    __tablename__ = "upload_piece"

    upload_id: UUID = Field(foreign_key="upload.id", index=True, ondelete="CASCADE")
    first: int
    content: bytes = Field(sa_type=LargeBinary, sa_column_kwargs=REVISION.column)
