"""What selection tells: juries, conflicts, reviews, rankings, published results, matches."""

from shared.events.operations import SharedEvent
from shared.events.selection.approvals import ApprovalsVoided, DecisionsApproved, DecisionsChanged, DecisionsProposed
from shared.events.selection.conflicts import (
    ConflictConfirmed,
    ConflictDismissed,
    ConflictInferred,
    FileBidOn,
    InterestsStated,
    PartnerTieWaived,
    TeamTiesStated,
    Tie,
    TieNoted,
    TieRemoved,
)
from shared.events.selection.discussions import DiscussionMessagePosted, OpinionGiven, ReviewRevisited
from shared.events.selection.juries import ConflictDeclared, ConflictKind, JuryAppointed
from shared.events.selection.phases import JuryPhaseOpened, JuryPhasesPlanned, PlannedPhase
from shared.events.selection.rankings import RankedFile, RankingFrozen, RankingPublished
from shared.events.selection.reasons import ReasonsSigned
from shared.events.selection.results import (
    ApplicationNotSelected,
    ApplicationReserved,
    ApplicationSelected,
    Match,
    ResultsAmended,
    ResultsPublished,
)
from shared.events.selection.reviews import ReviewAssigned, ReviewCancelled, ReviewRecused, ReviewSubmitted
from shared.events.selection.shortlists import ShortlistOpened, ShortlistOrdered

TOPIC = "selection.events.v1"
SOURCE = "/services/selection"

AnyEvent = (
    JuryAppointed
    | JuryPhasesPlanned
    | JuryPhaseOpened
    | ConflictDeclared
    | ConflictInferred
    | ConflictConfirmed
    | ConflictDismissed
    | InterestsStated
    | TeamTiesStated
    | TieNoted
    | TieRemoved
    | PartnerTieWaived
    | FileBidOn
    | ReviewAssigned
    | ReviewRecused
    | ReviewSubmitted
    | ReviewCancelled
    | DiscussionMessagePosted
    | OpinionGiven
    | ReviewRevisited
    | RankingFrozen
    | RankingPublished
    | DecisionsProposed
    | DecisionsChanged
    | DecisionsApproved
    | ReasonsSigned
    | ApprovalsVoided
    | ApplicationSelected
    | ApplicationReserved
    | ApplicationNotSelected
    | ResultsPublished
    | ResultsAmended
    | ShortlistOpened
    | ShortlistOrdered
    | SharedEvent
)

__all__ = [
    "SOURCE",
    "TOPIC",
    "AnyEvent",
    "ApplicationNotSelected",
    "ApplicationReserved",
    "ApplicationSelected",
    "ApprovalsVoided",
    "ConflictConfirmed",
    "ConflictDeclared",
    "ConflictDismissed",
    "ConflictInferred",
    "ConflictKind",
    "DecisionsApproved",
    "DecisionsChanged",
    "DecisionsProposed",
    "DiscussionMessagePosted",
    "FileBidOn",
    "InterestsStated",
    "JuryAppointed",
    "JuryPhaseOpened",
    "JuryPhasesPlanned",
    "Match",
    "OpinionGiven",
    "PartnerTieWaived",
    "PlannedPhase",
    "RankedFile",
    "RankingFrozen",
    "RankingPublished",
    "ReasonsSigned",
    "ResultsAmended",
    "ResultsPublished",
    "ReviewAssigned",
    "ReviewCancelled",
    "ReviewRecused",
    "ReviewRevisited",
    "ReviewSubmitted",
    "ShortlistOpened",
    "ShortlistOrdered",
    "TeamTiesStated",
    "Tie",
    "TieNoted",
    "TieRemoved",
]
