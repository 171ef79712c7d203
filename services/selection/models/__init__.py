"""The tables of selection."""

from services.selection.models.discussions import DiscussionMessage, Opinion, Revisit
from services.selection.models.heard import CallForm, Candidate, Challenge, Dossier, Edition, TeamMember
from services.selection.models.juries import Bid, Conflict, Jury, PhaseOpening, Seat
from services.selection.models.naming import NameInMinutes
from services.selection.models.reasons import NamePrint, Reasons
from services.selection.models.remarks import Remark
from services.selection.models.results import Approval, Decision, Deliberation, Minutes, Ranking
from services.selection.models.reviews import Review
from services.selection.models.shortlists import Shortlist
from services.selection.models.table import Table
from services.selection.models.ties import Interest, Statement, Waiver

__all__ = [
    "Approval",
    "Bid",
    "CallForm",
    "Candidate",
    "Challenge",
    "Conflict",
    "Decision",
    "Deliberation",
    "DiscussionMessage",
    "Dossier",
    "Edition",
    "Interest",
    "Jury",
    "Minutes",
    "NameInMinutes",
    "NamePrint",
    "Opinion",
    "PhaseOpening",
    "Ranking",
    "Reasons",
    "Remark",
    "Review",
    "Revisit",
    "Seat",
    "Shortlist",
    "Statement",
    "Table",
    "TeamMember",
    "Waiver",
]
