"""What can be asked of rankings, decisions, reasons and shortlists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.selection.domain.decisions import Outcome
from services.selection.domain.reasons import Passage
from services.selection.domain.remarks import RemarkKind


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
class ChangeReasons:
    decisions_id: UUID
    application_id: UUID
    version: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, kw_only=True)
class MakeRemark:
    """`juror_id` if it is a juror's dissent that staff record."""

    decisions_id: UUID
    kind: RemarkKind
    words: str
    application_id: UUID | None = None
    juror_id: UUID | None = None


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
