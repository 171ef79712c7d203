"""What reviewers say to each other about a file, of each other's reviews, and when they think again.

Rows are added and never changed: the database itself lets their words be erased, and nothing else.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.selection.models.table import Table
from services.selection.purposes import DISCUSSION, PERSON_ID
from shared.database import instant


class DiscussionMessage(Table, table=True):
    """What somebody said in the discussion of a file; without words once they are erased."""

    __tablename__ = "discussion_message"
    __table_args__ = (Index("ix_discussion_message_file", "jury_id", "application_id", "id"),)

    jury_id: UUID = Field(foreign_key="jury.id")
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    author_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    by_staff: bool
    words: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=DISCUSSION.column)
    said_at: datetime = instant()


class Opinion(Table, table=True):
    """What one reviewer thinks of another's review; the last one counts."""

    __tablename__ = "opinion"

    review_id: UUID = Field(foreign_key="review.id", index=True)
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    author_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    stance: str = Field(sa_type=String)
    words: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=DISCUSSION.column)
    said_at: datetime = instant()


class Revisit(Table, table=True):
    """A juror gave other scores after the discussion; the ones before are kept beside them."""

    __tablename__ = "revisit"

    review_id: UUID = Field(foreign_key="review.id", index=True)
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    author_id: UUID = Field(sa_column_kwargs=PERSON_ID.column)
    scores_before: dict[str, int] = Field(sa_type=JSONB)
    abstained_before: list[str] = Field(sa_type=JSONB)
    scores: dict[str, int] = Field(sa_type=JSONB)
    abstained: list[str] = Field(sa_type=JSONB)
    words: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=DISCUSSION.column)
    """Why."""
    said_at: datetime = instant()
