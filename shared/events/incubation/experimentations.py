"""What incubation tells of the experimentations in the city."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event


class _ExperimentationEvent(Event):
    SUBJECT: ClassVar[str] = "experimentation_id"
    KEY: ClassVar[str] = "application_id"

    experimentation_id: UUID
    project_id: UUID
    application_id: UUID
    challenge_id: UUID
    partner: str
    lead_id: UUID


class ExperimentationRegistered(_ExperimentationEvent):
    """The protocol is locked: hypothesis, indicators, baseline, place, dates, stop rule. Its digest is kept here."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.registered.v1"

    protocol_digest: str
    place: str
    starts_on: date
    ends_on: date
    indicators: list[str]


class ExperimentationAuthorised(_ExperimentationEvent):
    """The city allows it."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.authorised.v1"

    authorised_by: UUID


class ExperimentationRefused(_ExperimentationEvent):
    """The city does not allow it."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.refused.v1"


class ExperimentationStarted(_ExperimentationEvent):
    """The prototype runs in the city."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.started.v1"

    started_at: datetime


class MeasurementRecorded(_ExperimentationEvent):
    """One value of one indicator at one instant."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.measured.v1"

    indicator: str
    value: float
    unit: str
    measured_at: datetime


class ExperimentationReported(_ExperimentationEvent):
    """What came out, also when it is negative."""

    TYPE: ClassVar[str] = "io.datacity.experimentation.reported.v1"

    outcome: Literal["confirmed", "refuted", "inconclusive", "stopped"]
    means: dict[str, float]
    baselines: dict[str, float]
