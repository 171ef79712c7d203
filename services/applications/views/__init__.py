"""What each asker may read; every list goes through a scoper that denies by default."""

from services.applications.views.drafts import (
    Difference,
    Draft,
    differences_between,
    draft_version,
    draft_versions,
)
from services.applications.views.exports import answered_fields, exportable, handed_in
from services.applications.views.extensions import extensions_of, names_of
from services.applications.views.files import (
    File,
    Line,
    applications_shown,
    attachment,
    file,
    revisions,
    upload,
    visible_applications,
)
from services.applications.views.forms import SetForm, form_of_call
from services.applications.views.likenesses import Evidence, Passage, likeness_evidence, likenesses, searched_at
from services.applications.views.paging import After, page_of
from services.applications.views.people import Invited, Member, contact, invitations_of, invited, team, teams_of
from services.applications.views.programme import calls_shown, challenge, challenges_shown, editions, visible_challenges
from services.applications.views.rules import rule_log
from services.applications.views.screening import (
    ScreeningFile,
    ScreeningLine,
    asked_of,
    eligibility_of_call,
    requests_of,
    screening_file,
    screening_lines,
)

__all__ = [
    "After",
    "Difference",
    "Draft",
    "Evidence",
    "File",
    "Invited",
    "Line",
    "Member",
    "Passage",
    "ScreeningFile",
    "ScreeningLine",
    "SetForm",
    "answered_fields",
    "applications_shown",
    "asked_of",
    "attachment",
    "calls_shown",
    "challenge",
    "challenges_shown",
    "contact",
    "differences_between",
    "draft_version",
    "draft_versions",
    "editions",
    "eligibility_of_call",
    "exportable",
    "extensions_of",
    "file",
    "form_of_call",
    "handed_in",
    "invitations_of",
    "invited",
    "likeness_evidence",
    "likenesses",
    "names_of",
    "page_of",
    "requests_of",
    "revisions",
    "rule_log",
    "screening_file",
    "screening_lines",
    "searched_at",
    "team",
    "teams_of",
    "upload",
    "visible_applications",
    "visible_challenges",
]
