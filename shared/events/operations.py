"""What each service tells of its operators' acts: an event let go or let out of quarantine, a key freed, an export.

The classes are members of every publisher's `AnyEvent`; `ce_source` says whose quarantine or outbox it is, `ce_actor`
who acted. Each act is an aggregate of its own, so it waits behind nothing, not even behind the key that it frees.
"""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event
from shared.events.erasures import ErasureEvent

DiscardReason = Literal["malformed", "not-ours", "superseded", "obsolete", "mended-by-hand"]
"""Why an event is let go without its effect. The words that explain it stay in the service's own quarantine."""


ReleaseReason = Literal["mended", "taken-now", "try-again"]
"""Why a parked key may go on: the cause was mended here, Kafka takes it now, or it may have been a passing fault."""


class _OfQuarantine(Event):
    """Where the event is in Kafka, and what was known of it."""

    about_event_id: UUID | None = Field(description="Null if the record had no usable envelope.")
    about_type: str | None
    topic: str
    partition: int
    offset: int
    fingerprint: str = Field(description="The same for faults of one cause.")
    attempts: int
    parked_at: datetime


class QuarantinedEventReleased(_OfQuarantine):
    """Staff let an event out of quarantine, and it was handled: its effect is committed with this fact."""

    TYPE: ClassVar[str] = "io.datacity.quarantine.event-released.v1"
    SUBJECT: ClassVar[str] = "release_id"

    release_id: UUID
    outcome: Literal["handled", "duplicate"] = Field(description="`duplicate`: its effect was there already.")


class QuarantinedEventDiscarded(_OfQuarantine):
    """Staff decided that an event will have no effect in this service, so that those behind it could go on."""

    TYPE: ClassVar[str] = "io.datacity.quarantine.event-discarded.v1"
    SUBJECT: ClassVar[str] = "discard_id"

    discard_id: UUID
    reason: DiscardReason


class OutboxKeyReleased(Event):
    """Staff let the relay take up a key again whose next row could not be sent."""

    TYPE: ClassVar[str] = "io.datacity.outbox.key-released.v1"
    SUBJECT: ClassVar[str] = "release_id"

    release_id: UUID
    parked_topic: str
    parked_key: str
    parked_at: datetime
    reason: ReleaseReason | None = None


class TablesExported(Event):
    """Staff took the service's tables out, personal data included."""

    TYPE: ClassVar[str] = "io.datacity.tables.exported.v1"
    SUBJECT: ClassVar[str] = "export_id"

    export_id: UUID
    rows: dict[str, int] = Field(description="Table → how many rows it had.")


OperatorEvent = QuarantinedEventReleased | QuarantinedEventDiscarded | OutboxKeyReleased | TablesExported
SharedEvent = OperatorEvent | ErasureEvent
"""What every service tells beside its own events."""
