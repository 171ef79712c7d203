"""What staff ask of a call's deadlines."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import timedelta
from uuid import UUID

from services.applications.commands.programme import WallTime
from shared.events.applications import ExtensionReason


@dataclass(frozen=True, kw_only=True)
class RescheduleCall:
    """None leaves as it is."""

    call_id: UUID
    version: int
    opens: WallTime | None
    closes: WallTime | None
    challenge_deadlines: Mapping[UUID, WallTime] | None
    grace: timedelta | None
    shortest: timedelta


@dataclass(frozen=True, kw_only=True)
class PostponeDeadline:
    call_id: UUID
    challenge_id: UUID | None
    """Only of who answers this one; None for everyone."""
    until: WallTime


@dataclass(frozen=True, kw_only=True)
class AskExtension:
    application_id: UUID
    until: WallTime
    reason: ExtensionReason
    words: str = hidden(repr=False)
