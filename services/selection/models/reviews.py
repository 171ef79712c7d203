"""Reviews."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.selection.domain.reviews import ReviewState
from services.selection.models.table import Table
from services.selection.purposes import NOTE, PERSON_ID, REASON
from shared.database import instant


class Review(Table, table=True):
    """One juror's judgement of one file for one challenge.

    What a juror says to the applicant, comment and remarks,
    is apart from the note, which the jury and staff read."""

    __tablename__ = "review"
    __table_args__ = (
        Index(
            "uq_review_live",
            "jury_id",
            "application_id",
            "juror_id",
            unique=True,
            postgresql_where=text("state IN ('assigned', 'submitted')"),
        ),
    )

    jury_id: UUID = Field(foreign_key="jury.id")
    challenge_id: UUID
    application_id: UUID = Field(foreign_key="candidate.id", index=True)
    juror_id: UUID = Field(index=True, sa_column_kwargs=PERSON_ID.column)
    state: str = Field(default=ReviewState.ASSIGNED, sa_type=String)
    scores: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    abstained: list[str] = Field(default_factory=list, sa_type=JSONB)
    """The criteria that the juror can't judge; they have no score."""
    remarks: dict[str, str] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs=REASON.column)
    """By criterion; for the applicant, as the comment is."""
    comment: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=REASON.column)
    note: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=NOTE.column)
    revision: int | None = None
    could_not_judge: bool = False
    """Given back since the juror can't judge what it read: an abstention on the whole file."""
    recused_because: str | None = Field(default=None, sa_type=Text, sa_column_kwargs=NOTE.column)
    assigned_at: datetime = instant()
    submitted_at: datetime | None = instant(nullable=True)
