"""Loads what a command decides on, locked where two commands could race; saves what it made."""

from services.applications.repository.files import (
    application,
    application_if_known,
    applications_begun,
    attachments_kept,
    counting_revision,
    draft_attachment,
    draft_attachments,
    handing_in,
    is_in_a_revision,
    live_application,
    revision,
)
from services.applications.repository.forms import form_in_force, form_set
from services.applications.repository.heard import bar, let_read
from services.applications.repository.people import (
    members_of,
    person_to_change,
    registered,
    team,
    team_has_handed_in,
    teams_led_by_registered,
)
from services.applications.repository.programme import (
    call,
    call_to_close,
    challenge,
    edition,
    handed_in,
    offered,
    published_among,
    rules_of,
    schedule,
    scheduled,
)
from services.applications.repository.versions import require_version

__all__ = [
    "application",
    "application_if_known",
    "applications_begun",
    "attachments_kept",
    "bar",
    "call",
    "call_to_close",
    "challenge",
    "counting_revision",
    "draft_attachment",
    "draft_attachments",
    "edition",
    "form_in_force",
    "form_set",
    "handed_in",
    "handing_in",
    "is_in_a_revision",
    "let_read",
    "live_application",
    "members_of",
    "offered",
    "person_to_change",
    "published_among",
    "registered",
    "require_version",
    "revision",
    "rules_of",
    "schedule",
    "scheduled",
    "team",
    "team_has_handed_in",
    "teams_led_by_registered",
]
