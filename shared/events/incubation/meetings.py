"""What incubation tells of focus groups and workshops."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event


class FocusGroupFormed(Event):
    """A challenge's group: one Numa representative and at least one person responsible at the partner."""

    TYPE: ClassVar[str] = "io.datacity.focus-group.formed.v1"
    SUBJECT: ClassVar[str] = "focus_group_id"

    focus_group_id: UUID
    challenge_id: UUID
    numa_representative_id: UUID
    partner_representative_ids: list[UUID]
    project_ids: list[UUID]


class WorkshopScheduled(Event):
    """A workshop, open to all."""

    TYPE: ClassVar[str] = "io.datacity.workshop.scheduled.v1"
    SUBJECT: ClassVar[str] = "workshop_id"

    workshop_id: UUID
    edition_id: UUID
    title: dict[str, str]
    starts_at: datetime
    place: str
    seats: int


class WorkshopRegistrationTaken(Event):
    """Somebody registered for a workshop; who it is travels in people.v1 only."""

    TYPE: ClassVar[str] = "io.datacity.workshop.registration-taken.v1"
    SUBJECT: ClassVar[str] = "registration_id"
    KEY: ClassVar[str] = "workshop_id"

    registration_id: UUID
    workshop_id: UUID
    person_id: UUID


class WorkshopRegistrationCancelled(Event):
    """The seat is free again."""

    TYPE: ClassVar[str] = "io.datacity.workshop.registration-cancelled.v1"
    SUBJECT: ClassVar[str] = "registration_id"
    KEY: ClassVar[str] = "workshop_id"

    registration_id: UUID
    workshop_id: UUID
    person_id: UUID
