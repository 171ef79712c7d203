"""The phases of a jury's round: planned, and opened."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.envelope import Event

PhaseName = Literal["declaring", "reviewing", "discussing", "deliberating", "closed"]


class PlannedPhase(BaseModel):
    """A phase, and when it opens: as it was decided (wall time and zone) and as it was resolved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phase: PhaseName
    local: str
    zone: str
    instant: datetime
    tzdata_version: str


class JuryPhasesPlanned(Event):
    """Staff said when each phase of a jury opens by itself; this plan replaces the one before."""

    TYPE: ClassVar[str] = "io.datacity.jury.phases-planned.v1"
    SUBJECT: ClassVar[str] = "jury_id"

    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    plan: list[PlannedPhase]


class JuryPhaseOpened(Event):
    """Another phase began, and with it what each may see and do: by a date of the plan, or by hand."""

    TYPE: ClassVar[str] = "io.datacity.jury.phase-opened.v1"
    SUBJECT: ClassVar[str] = "jury_id"

    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    phase: PhaseName
    opened_at: datetime
    by_date: bool
