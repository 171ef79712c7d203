"""What staff and partners ask: editions, challenges, calls and what these ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import Deadline, resolve_deadline


@dataclass(frozen=True, kw_only=True)
class AnnounceEdition:
    city: str
    title: Mapping[str, str]
    zone: str


@dataclass(frozen=True, kw_only=True)
class CorrectEdition:
    """None leaves as it is."""

    edition_id: UUID
    version: int
    city: str | None
    title: Mapping[str, str] | None
    zone: str | None


@dataclass(frozen=True, kw_only=True)
class DeclareChallenge:
    edition_id: UUID
    title: Mapping[str, str]
    description: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ChangeChallenge:
    challenge_id: UUID
    version: int
    title: Mapping[str, str] | None
    description: Mapping[str, str] | None


@dataclass(frozen=True)
class WallTime:
    """A time as a clock on the wall shows it, and where that wall is."""

    local: datetime
    zone: str

    def resolved(self) -> Deadline:
        """Raises UnknownTimeZone."""
        return resolve_deadline(self.local, self.zone)


@dataclass(frozen=True, kw_only=True)
class AnnounceCall:
    edition_id: UUID
    challenge_ids: Sequence[UUID]
    opens: WallTime
    closes: WallTime
    challenge_deadlines: Mapping[UUID, WallTime]
    shortest: timedelta
    form: Mapping[str, Any] | None = None
    """What it asks; without one its applications answer freely."""
    grace: timedelta = timedelta(0)
    """How long after a deadline files are still taken."""


@dataclass(frozen=True, kw_only=True)
class SetForm:
    call_id: UUID
    version: int | None
    """The number of the form that the caller read; None if the caller thinks that there is none yet."""
    definition: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SetEligibility:
    call_id: UUID
    version: int | None
    """The number of the rules that the caller read; None if the caller thinks that there are none yet."""
    rules: Sequence[Mapping[str, Any]]
