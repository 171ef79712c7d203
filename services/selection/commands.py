"""What selection can be asked to do, by people over HTTP and by what it hears."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.selection.domain.decisions import Outcome
from services.selection.domain.juries import Blind
from services.selection.domain.phases import Phase
from services.selection.domain.reasons import Passage
from services.selection.domain.remarks import RemarkKind
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


@dataclass(frozen=True, kw_only=True)
class ChangeJury:
    jury_id: UUID
    version: int
    juror_ids: tuple[UUID, ...] | None = None
    reviews_per_file: int | None = None
    files_per_juror: int | None = None
    limits: Mapping[UUID, int] | None = None
    matching: FieldMatching | None = None


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


@dataclass(frozen=True, kw_only=True)
class ReviewDraft:
    """What a juror wrote; a field that is not in `given` stays as it was."""

    scores: Mapping[str, int | None] = field(default_factory=dict)
    abstained: Mapping[str, bool] = field(default_factory=dict)
    remarks: Mapping[str, str | None] = field(default_factory=dict)
    comment: str | None = None
    note: str | None = None
    revision: int | None = None
    """Which the juror read while writing."""
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class SaveReview:
    review_id: UUID
    juror_id: UUID
    version: int
    draft: ReviewDraft


@dataclass(frozen=True, kw_only=True)
class SubmitReview:
    review_id: UUID
    juror_id: UUID
    revision: int
    draft: ReviewDraft = field(default_factory=ReviewDraft)


@dataclass(frozen=True, kw_only=True)
class RecuseFromReview:
    review_id: UUID
    juror_id: UUID
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class AbstainFromReview:
    review_id: UUID
    juror_id: UUID
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class FreezeRanking:
    jury_id: UUID
    method: str
    places: int
    accept_groups: bool = False


@dataclass(frozen=True, kw_only=True)
class PreviewRanking:
    """What if: the reviews as they stand, by other weights, without some jurors, with another cut."""

    jury_id: UUID
    places: int
    weights: Mapping[str, int] | None = None
    without_jurors: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ProposeDecisions:
    edition_id: UUID
    capacity: int = 1
    capacities: Mapping[UUID, int] = field(default_factory=dict)
    reserve: int = 1
    reserves: Mapping[UUID, int] = field(default_factory=dict)
    minimum: int = 0
    minimums: Mapping[UUID, int] = field(default_factory=dict)
    leave_unranked: bool = False
    approvals_needed: int = 2


@dataclass(frozen=True, kw_only=True)
class ChangeOutcome:
    decisions_id: UUID
    version: int
    application_id: UUID
    outcome: Outcome
    reason: str
    challenge_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ApproveDecisions:
    """`digest` is of the content that was read: nothing else is approved."""

    decisions_id: UUID
    digest: str


@dataclass(frozen=True, kw_only=True)
class MakeRemark:
    """`juror_id` if it is a juror's dissent that staff record."""

    decisions_id: UUID
    kind: RemarkKind
    words: str
    application_id: UUID | None = None
    juror_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeReasons:
    decisions_id: UUID
    application_id: UUID
    version: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, kw_only=True)
class SignReasons:
    """`digest` is of the text that was read: nothing else is signed."""

    decisions_id: UUID
    application_id: UUID
    digest: str
    despite_hints: bool = False


@dataclass(frozen=True, kw_only=True)
class RememberName:
    person_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class OpenShortlist:
    challenge_id: UUID
    lowest_score: float


@dataclass(frozen=True, kw_only=True)
class OrderShortlist:
    challenge_id: UUID
    version: int
    application_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PromoteReserve:
    """Who moves up; no fewer must approve than approved the results."""

    edition_id: UUID
    approvals_needed: int = 2


@dataclass(frozen=True, kw_only=True)
class PublishDecisions:
    decisions_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class RegisterEdition:
    edition_id: UUID
    city: str
    zone: str
    title: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RegisterChallenge:
    challenge_id: UUID
    edition_id: UUID
    partner: str
    title: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RecordCandidate:
    """What an event told of an application; None says nothing about it."""

    application_id: UUID
    edition_id: UUID
    call_id: UUID
    challenge_ids: tuple[UUID, ...]
    revision: int
    team_id: UUID | None = None
    lead_id: UUID | None = None
    member_ids: tuple[UUID, ...] = ()
    admitted: bool = False


@dataclass(frozen=True, kw_only=True)
class PassLead:
    application_id: UUID
    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class CloseCandidate:
    """The application left the running."""

    application_id: UUID
    withdrawn: bool


@dataclass(frozen=True, kw_only=True)
class RecordTeam:
    team_id: UUID
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class KeepDossier:
    application_id: UUID
    revision: int
    startup: str
    title: str
    summary: str
    answers: Mapping[str, str]
    attachments: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class ForgetDossier:
    application_id: UUID
    revision: int


@dataclass(frozen=True, kw_only=True)
class ForgetPerson:
    person_id: UUID
