"""What applications knows only because it heard it: who judges a file, and who must not. All else is made here."""

from services.applications.models import (
    Application,
    Attachment,
    AttachmentContent,
    Call,
    CallChallenge,
    CallEligibility,
    CallForm,
    Challenge,
    Conflict,
    DeadlineRule,
    DraftVersion,
    Edition,
    Erasure,
    Extension,
    Heartbeat,
    Hold,
    InformationRequest,
    Invitation,
    Likeness,
    LikenessSearch,
    Outage,
    Person,
    ReviewReader,
    Revision,
    Screening,
    Team,
    TeamMember,
    Upload,
    UploadPiece,
)
from shared.derived import Derivation, Derived

BY_STAFF = "staff and partners made it through the API"
MEASURED = "measured here"
BY_JOBS = "a job of the worker made it from what was handed in"
BY_TEAMS = "teams made it through the API, and their words and files are in no event"

TABLES = Derivation(
    derived=(Derived(table=ReviewReader), Derived(table=Conflict)),
    own={
        Edition: BY_STAFF,
        Challenge: BY_STAFF,
        Call: BY_STAFF,
        CallChallenge: BY_STAFF,
        CallForm: BY_STAFF,
        CallEligibility: BY_STAFF,
        InformationRequest: BY_STAFF,
        Screening: BY_STAFF,
        DeadlineRule: f"{BY_STAFF}, or it follows from an outage or from new time zone data",
        Extension: BY_STAFF,
        Heartbeat: MEASURED,
        Outage: MEASURED,
        Person: BY_TEAMS,
        Erasure: BY_TEAMS,
        Hold: BY_STAFF,
        Team: BY_TEAMS,
        TeamMember: BY_TEAMS,
        Invitation: BY_TEAMS,
        Likeness: BY_JOBS,
        LikenessSearch: BY_JOBS,
        Application: f"{BY_TEAMS}; what selection decided is noted on the team's row, if it was not withdrawn by then",
        DraftVersion: BY_TEAMS,
        Revision: BY_TEAMS,
        Attachment: BY_TEAMS,
        AttachmentContent: BY_TEAMS,
        Upload: BY_TEAMS,
        UploadPiece: BY_TEAMS,
    },
)
