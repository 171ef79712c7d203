"""What staff ask in screening, and what a team answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.applications.commands.programme import WallTime
from shared.events.applications import ScreeningReason


@dataclass(frozen=True, kw_only=True)
class AdmitApplication:
    application_id: UUID
    because: str | None = None
    """Why it is admitted although a rule of the call fails."""
    findings_digest: str | None = None
    """What the person was shown; None for one who says nothing of it."""


@dataclass(frozen=True, kw_only=True)
class DeclineApplication:
    application_id: UUID
    reasons: Sequence[ScreeningReason]
    words: str
    findings_digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class RequestInformation:
    application_id: UUID
    fields: Sequence[str]
    until: WallTime
    words: str


@dataclass(frozen=True, kw_only=True)
class AnswerRequest:
    application_id: UUID
    request_id: UUID
    version: int | None
    """The draft that the caller means; None for whatever it is."""


@dataclass(frozen=True, kw_only=True)
class EndRequest:
    application_id: UUID
    request_id: UUID
