"""How a call's deadlines moved after it was announced, as applications tells of it."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.applications.programme import Deadline
from shared.events.envelope import Event


class CallRescheduled(Event):
    """Staff set all of a call's dates anew, before it opened."""

    TYPE: ClassVar[str] = "io.datacity.call.rescheduled.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    opens_at: datetime
    deadline: Deadline
    challenge_deadlines: dict[UUID, Deadline]
    grace_seconds: int


class DeadlinePostponed(Event):
    """Everyone got more time, or whoever answers one challenge."""

    TYPE: ClassVar[str] = "io.datacity.deadline.postponed.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    challenge_id: UUID | None
    before: Deadline
    deadline: Deadline


class CallExtendedAfterOutage(Event):
    """Nobody could reach us in the last hours before the deadlines that are named here; that time was given back."""

    TYPE: ClassVar[str] = "io.datacity.call.extended-after-outage.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    outage_id: UUID
    began_at: datetime
    ended_at: datetime
    deadline: Deadline | None
    challenge_deadlines: dict[UUID, Deadline]
    application_deadlines: dict[UUID, Deadline]


class CallResolvedAnew(Event):
    """New time zone data say another instant of some of a call's times. Times that are not named stay as they are."""

    TYPE: ClassVar[str] = "io.datacity.call.resolved-anew.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    tzdata_version: str
    opens_at: datetime | None
    deadline: Deadline | None
    challenge_deadlines: dict[UUID, Deadline]
    application_deadlines: dict[UUID, Deadline]


ExtensionReason = Literal["fault-of-ours", "force-majeure", "accessibility", "personal", "other"]
"""Why a team gets more time, as everyone may know it; what happened stays in words with applications."""


class ExtensionAsked(Event):
    """A member of staff asked for more time for one team."""

    TYPE: ClassVar[str] = "io.datacity.extension.asked.v1"
    SUBJECT: ClassVar[str] = "extension_id"
    KEY: ClassVar[str] = "application_id"

    extension_id: UUID
    application_id: UUID
    call_id: UUID
    edition_id: UUID
    reason: ExtensionReason
    deadline: Deadline


class ExtensionApproved(Event):
    """Another member of staff gave the team that time."""

    TYPE: ClassVar[str] = "io.datacity.extension.approved.v1"
    SUBJECT: ClassVar[str] = "extension_id"
    KEY: ClassVar[str] = "application_id"

    extension_id: UUID
    application_id: UUID
    call_id: UUID
    edition_id: UUID
    reason: ExtensionReason
    deadline: Deadline


class ExtensionRefused(Event):
    """Another member of staff left the team's deadline as it is."""

    TYPE: ClassVar[str] = "io.datacity.extension.refused.v1"
    SUBJECT: ClassVar[str] = "extension_id"
    KEY: ClassVar[str] = "application_id"

    extension_id: UUID
    application_id: UUID
    call_id: UUID
    edition_id: UUID
    reason: ExtensionReason
    deadline: Deadline
