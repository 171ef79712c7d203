"""What can be asked of a jury: its seats, its rule, its phases, who reviews what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.selection.domain.juries import Blind
from services.selection.domain.phases import Phase
from services.selection.domain.rubrics import Rubric
from shared.events.selection import ConflictKind


@dataclass(frozen=True, kw_only=True)
class FieldMatching:
    """Which files are about what, so that jurors who know it review them."""

    fields: tuple[str, ...] = ()
    """What the challenge is about."""
    fields_answer: str | None = None
    """The form's field whose chosen options are what a file is about."""
    someone_with: str | None = None
    """A competence that at least one reviewer of each file must have."""


@dataclass(frozen=True, kw_only=True)
class AppointJury:
    challenge_id: UUID
    juror_ids: tuple[UUID, ...]
    reviews_per_file: int
    files_per_juror: int
    weights: Mapping[str, int] | None = None
    rubric: Mapping[str, Rubric] | None = None
    blind: Blind = Blind.APPLICANTS
    limits: Mapping[UUID, int] = field(default_factory=dict)
    """A juror's own limit, in place of `files_per_juror`."""
    matching: FieldMatching | None = None
    names: Mapping[UUID, str] = field(default_factory=dict)
    """How minutes are to call them."""


@dataclass(frozen=True, kw_only=True)
class ChangeJury:
    jury_id: UUID
    version: int
    juror_ids: tuple[UUID, ...] | None = None
    reviews_per_file: int | None = None
    files_per_juror: int | None = None
    limits: Mapping[UUID, int] | None = None
    matching: FieldMatching | None = None
    names: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NamePerson:
    """How minutes are to call somebody; None: by its id."""

    person_id: UUID
    version: int
    name: str | None


@dataclass(frozen=True, kw_only=True)
class PlanPhases:
    """Which phase opens when, by the clocks of a zone; none leaves the present one open."""

    jury_id: UUID
    version: int
    zone: str
    plan: tuple[tuple[Phase, datetime], ...]


@dataclass(frozen=True, kw_only=True)
class OpenPhase:
    jury_id: UUID
    phase: Phase
    reason: str


@dataclass(frozen=True, kw_only=True)
class DeclareConflict:
    juror_id: UUID
    application_id: UUID
    kind: ConflictKind
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class AssignReviews:
    jury_id: UUID
    dry_run: bool = False
