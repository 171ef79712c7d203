"""What a team asks of its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as hidden
from uuid import UUID

from services.applications.domain.drafts import Value


@dataclass(frozen=True, kw_only=True)
class DraftApplication:
    call_id: UUID
    team_id: UUID


@dataclass(frozen=True, kw_only=True)
class SaveDraft:
    application_id: UUID
    base: int
    """The version of the draft that the writer began with."""
    changes: Mapping[str, Value] = hidden(repr=False)
    """Only what the writer changed, field by field: `title`, `summary`, `challenge_ids`, `answers/problem`."""
    pen: UUID | None = None
    """The page or program that writes: what it saves again replaces what it saved before."""
    all_answers: bool = False
    """True if answers that are not named are taken away."""
    alone: bool = False
    """True to be refused, instead of merged, if anybody saved since."""


@dataclass(frozen=True, kw_only=True)
class RestoreVersion:
    application_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class SubmitApplication:
    application_id: UUID
    version: int | None
    """The draft that the caller means; None for whatever it is."""


@dataclass(frozen=True, kw_only=True)
class AttachFile:
    application_id: UUID
    name: str
    field: str | None = None
    """The field of the form that it answers; None for the pitch deck."""
    content: bytes = hidden(repr=False)


@dataclass(frozen=True, kw_only=True)
class BeginUpload:
    application_id: UUID
    name: str
    length: int
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class TakePiece:
    application_id: UUID
    upload_id: UUID
    offset: int
    content: bytes = hidden(repr=False)


@dataclass(frozen=True, kw_only=True)
class RemoveFile:
    application_id: UUID
    attachment_id: UUID
    version: int
