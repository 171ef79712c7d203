"""Which event is told to whom by which letter, and which of its facts the letter needs: the whole table."""

from dataclasses import dataclass
from enum import StrEnum

from shared.events import Event
from shared.events import applications as a
from shared.events import incubation as i
from shared.events import selection as s


class Recipient(StrEnum):
    """Who receives a letter."""

    PERSON = "person_id"
    """The person whom the event names."""
    JUROR = "juror_id"
    INVITED = "invitation_id"
    """Whom a team invites, who goes by the invitation's id."""
    COACH = "coach_id"
    """The coach of the project: named by the event, or else the one assigned last."""
    LEAD = "lead_id"
    """The lead of the application: named by the event, or else known from its draft."""


@dataclass(frozen=True)
class Letter:
    template: str
    event: type[Event]
    to: Recipient
    facts: tuple[str, ...] = ()
    """Fields of the event that go into the words, or lead to what does. Never a name: those stay with the contact."""
    only_if: str | None = None
    """A field of the event that must say yes."""
    to_many: bool = False
    """It comes with its like, all at once: drafted first, for staff to read and maybe stop, before any goes."""


LETTERS = (
    Letter("registered", a.PersonRegistered, Recipient.PERSON),
    Letter("invited", a.InvitationMade, Recipient.INVITED, ("role", "expires_at"), only_if="mailed"),
    Letter(
        "submitted", a.ApplicationSubmitted, Recipient.LEAD,
        ("application_id", "edition_id", "revision", "dossier_digest", "submitted_at", "deadline"),
    ),
    Letter(
        "revised", a.ApplicationRevised, Recipient.LEAD,
        ("application_id", "edition_id", "revision", "dossier_digest", "revised_at", "deadline"),
    ),
    Letter("withdrawn", a.ApplicationWithdrawn, Recipient.LEAD, ("application_id", "edition_id", "withdrawn_at")),
    Letter(
        "admitted", a.ScreeningTold, Recipient.LEAD, ("application_id", "revision"), only_if="admitted", to_many=True
    ),
    Letter(
        "declined", a.ScreeningTold, Recipient.LEAD, ("application_id", "reasons"), only_if="reasons", to_many=True
    ),
    Letter("extension_approved", a.ExtensionApproved, Recipient.LEAD, ("application_id", "deadline")),
    Letter("information_requested", a.InformationRequested, Recipient.LEAD, ("application_id", "until")),
    Letter("review_assigned", s.ReviewAssigned, Recipient.JUROR, ("review_id", "challenge_id")),
    Letter(
        "selected", s.ApplicationSelected, Recipient.LEAD, ("application_id", "challenge_id", "partner"), to_many=True
    ),
    Letter("reserved", s.ApplicationReserved, Recipient.LEAD, ("application_id",), to_many=True),
    Letter("not_selected", s.ApplicationNotSelected, Recipient.LEAD, ("application_id",), to_many=True),
    Letter("project_opened", i.ProjectOpened, Recipient.LEAD, ("project_id", "challenge_id", "partner")),
    Letter("project_ended", i.ProjectEnded, Recipient.COACH, ("project_id", "partner"), only_if="coach_id"),
    Letter("coach_assigned", i.CoachAssigned, Recipient.COACH, ("project_id",)),
    Letter(
        "evidence_submitted", i.MilestoneEvidenceSubmitted, Recipient.COACH,
        ("project_id", "challenge_id", "kind", "attempt"),
    ),
    Letter("milestone_approved", i.MilestoneApproved, Recipient.LEAD, ("project_id", "challenge_id", "kind")),
    Letter("milestone_returned", i.MilestoneReturned, Recipient.LEAD, ("project_id", "challenge_id", "kind")),
    Letter(
        "data_access_granted", i.DataAccessGranted, Recipient.LEAD,
        ("application_id", "dataset_id", "partner", "expires_at"),
    ),
    Letter("data_access_refused", i.DataAccessRefused, Recipient.LEAD, ("dataset_id", "partner")),
    Letter("data_access_revoked", i.DataAccessRevoked, Recipient.LEAD, ("dataset_id", "partner")),
    Letter("workshop_registration", i.WorkshopRegistrationTaken, Recipient.PERSON, ("workshop_id",)),
    Letter("experimentation_authorised", i.ExperimentationAuthorised, Recipient.LEAD, ("project_id", "challenge_id")),
    Letter("experimentation_refused", i.ExperimentationRefused, Recipient.LEAD, ("project_id", "challenge_id")),
)  # fmt: skip

DEADLINES_MOVED, OWN_DEADLINE_MOVED = "deadlines_moved", "own_deadline_moved"
"""To the lead of each file of a call, whom the event does not name."""

TEMPLATES = (*(letter.template for letter in LETTERS), DEADLINES_MOVED, OWN_DEADLINE_MOVED)

TO_MANY = (*dict.fromkeys(letter.template for letter in LETTERS if letter.to_many), DEADLINES_MOVED, OWN_DEADLINE_MOVED)


def letters_about(event: Event) -> list[Letter]:
    return [
        letter
        for letter in LETTERS
        if isinstance(event, letter.event) and (letter.only_if is None or getattr(event, letter.only_if))
    ]
