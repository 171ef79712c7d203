"""What selection knows only because it heard it, and what was decided here."""

from services.selection.models import (
    Approval,
    Bid,
    CallForm,
    Candidate,
    Challenge,
    Conflict,
    Decision,
    Deliberation,
    DiscussionMessage,
    Dossier,
    Edition,
    Interest,
    Jury,
    Minutes,
    NameInMinutes,
    NamePrint,
    Opinion,
    PhaseOpening,
    Ranking,
    Reasons,
    Remark,
    Review,
    Revisit,
    Seat,
    Shortlist,
    Statement,
    TeamMember,
    Waiver,
)
from shared.derived import Derivation, Derived

BY_STAFF = "staff made it through the API; its events tell the outcome, not all of the input"
BY_JURORS = "jurors wrote it through the API; events never carry their words"

TABLES = Derivation(
    derived=(
        Derived(table=Edition),
        Derived(table=Challenge),
        Derived(table=CallForm),
        Derived(table=Candidate),
        Derived(table=TeamMember, key=("team_id", "person_id"), except_={"id": "made here, and nothing refers to it"}),
        Derived(
            table=Dossier, key=("application_id", "revision"), except_={"id": "made here, and nothing refers to it"}
        ),
        Derived(table=NamePrint),
    ),
    own={
        Jury: BY_STAFF,
        PhaseOpening: BY_STAFF,
        Seat: BY_STAFF,
        Conflict: f"{BY_JURORS}; others follow from ties, which are in no event, and from what staff decided",
        Statement: BY_JURORS,
        Interest: "jurors, teams and staff stated it through the API; events tell of which kind it is, not with whom",
        Waiver: BY_STAFF,
        Bid: BY_JURORS,
        Review: BY_JURORS,
        DiscussionMessage: "jurors and staff wrote it through the API; events never carry their words",
        Opinion: BY_JURORS,
        Revisit: BY_JURORS,
        Ranking: BY_STAFF,
        Deliberation: BY_STAFF,
        Decision: BY_STAFF,
        Approval: BY_STAFF,
        Remark: BY_STAFF,
        Minutes: BY_STAFF,
        NameInMinutes: "staff typed it through the API; no event tells of it",
        Reasons: "compiled from what jurors wrote, and signed by staff through the API; events never carry the words",
        Shortlist: "staff opened it and a partner ordered it through the API; no event tells the order",
    },
)
