"""The tables of applications."""

from services.applications.models.drafts import DraftVersion
from services.applications.models.files import Application, Attachment, AttachmentContent, Revision
from services.applications.models.heard import Conflict, ReviewReader
from services.applications.models.likenesses import Likeness, LikenessSearch
from services.applications.models.people import Erasure, Hold, Invitation, Person, Team, TeamMember
from services.applications.models.programme import Call, CallChallenge, CallForm, Challenge, Edition
from services.applications.models.rules import DeadlineRule, Extension, Heartbeat, Outage
from services.applications.models.screening import CallEligibility, InformationRequest, Screening
from services.applications.models.table import Table
from services.applications.models.uploads import Upload, UploadPiece

__all__ = [
    "Application",
    "Attachment",
    "AttachmentContent",
    "Call",
    "CallChallenge",
    "CallEligibility",
    "CallForm",
    "Challenge",
    "Conflict",
    "DeadlineRule",
    "DraftVersion",
    "Edition",
    "Erasure",
    "Extension",
    "Heartbeat",
    "Hold",
    "InformationRequest",
    "Invitation",
    "Likeness",
    "LikenessSearch",
    "Outage",
    "Person",
    "ReviewReader",
    "Revision",
    "Screening",
    "Table",
    "Team",
    "TeamMember",
    "Upload",
    "UploadPiece",
]
