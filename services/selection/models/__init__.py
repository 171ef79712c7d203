"""The tables of selection."""

from services.selection.models.heard import Candidate, Challenge, Dossier, Edition, TeamMember
from services.selection.models.juries import Conflict, Jury, PhaseOpening, Seat
from services.selection.models.reasons import NamePrint, Reasons
from services.selection.models.results import Approval, Decision, Deliberation, Ranking
from services.selection.models.reviews import Review
from services.selection.models.shortlists import Shortlist
from services.selection.models.table import Table

__all__ = [
    "Approval",
    "Candidate",
    "Challenge",
    "Conflict",
    "Decision",
    "Deliberation",
    "Dossier",
    "Edition",
    "Jury",
    "NamePrint",
    "PhaseOpening",
    "Ranking",
    "Reasons",
    "Review",
    "Seat",
    "Shortlist",
    "Table",
    "TeamMember",
]
