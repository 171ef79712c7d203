"""What can be asked about ties, the conflicts that they show, and bids."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.selection.domain.assignment import Bid
from services.selection.domain.conflict_graph import TieKind
from services.selection.domain.conflicts import ConflictState


@dataclass(frozen=True, kw_only=True)
class StatedTie:
    """A tie in somebody's words: to an organisation by its name, or to a person by its id."""

    kind: TieKind
    organisation: str | None = None
    registration: str | None = None
    person_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class StateInterests:
    """All of a juror's ties and competences, in place of those stated before."""

    juror_id: UUID
    version: int
    ties: tuple[StatedTie, ...]
    competences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StateTeamTies:
    """All of a startup's ties, in place of those that its team stated before."""

    application_id: UUID
    version: int
    ties: tuple[StatedTie, ...]


@dataclass(frozen=True, kw_only=True)
class NoteTie:
    """A tie of a person or of an application that staff know of."""

    tie: StatedTie
    person_id: UUID | None = None
    application_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class RemoveTie:
    tie_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class DecideConflict:
    conflict_id: UUID
    to: ConflictState
    reason: str
    pin: bool = False


@dataclass(frozen=True, kw_only=True)
class PinConflict:
    """That a juror is, or is not, in conflict with a file, whatever ties say."""

    juror_id: UUID
    application_id: UUID
    to: ConflictState
    reason: str


@dataclass(frozen=True, kw_only=True)
class WaivePartnerTie:
    challenge_id: UUID
    juror_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class BidOnFiles:
    """What a juror says of some files; None takes back what it said."""

    jury_id: UUID
    juror_id: UUID
    bids: Mapping[UUID, Bid | None]
