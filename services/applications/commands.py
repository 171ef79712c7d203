"""What can be asked of applications; each may be refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.applications.domain.drafts import Value
from services.applications.domain.erasure import Ground
from services.applications.domain.teams import Role
from shared.clock import Deadline, resolve_deadline
from shared.events.applications import ExtensionReason, ScreeningReason
from shared.events.forgettable import Language


@dataclass(frozen=True, kw_only=True)
class AnnounceEdition:
    city: str
    title: Mapping[str, str]
    zone: str


@dataclass(frozen=True, kw_only=True)
class DeclareChallenge:
    edition_id: UUID
    title: Mapping[str, str]
    description: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ChangeChallenge:
    challenge_id: UUID
    version: int
    title: Mapping[str, str] | None
    description: Mapping[str, str] | None


@dataclass(frozen=True)
class WallTime:
    """A time as a clock on the wall shows it, and where that wall is."""

    local: datetime
    zone: str

    def resolved(self) -> Deadline:
        """Raises UnknownTimeZone."""
        return resolve_deadline(self.local, self.zone)


@dataclass(frozen=True, kw_only=True)
class AnnounceCall:
    edition_id: UUID
    challenge_ids: Sequence[UUID]
    opens: WallTime
    closes: WallTime
    challenge_deadlines: Mapping[UUID, WallTime]
    shortest: timedelta
    form: Mapping[str, Any] | None = None
    """What it asks; without one its applications answer freely."""
    grace: timedelta = timedelta(0)
    """How long after a deadline files are still taken."""


@dataclass(frozen=True, kw_only=True)
class RescheduleCall:
    """None leaves as it is."""

    call_id: UUID
    version: int
    opens: WallTime | None
    closes: WallTime | None
    challenge_deadlines: Mapping[UUID, WallTime] | None
    grace: timedelta | None
    shortest: timedelta


@dataclass(frozen=True, kw_only=True)
class PostponeDeadline:
    call_id: UUID
    challenge_id: UUID | None
    """Only of who answers this one; None for everyone."""
    until: WallTime


@dataclass(frozen=True, kw_only=True)
class AskExtension:
    application_id: UUID
    until: WallTime
    reason: ExtensionReason
    words: str = hidden(repr=False)


@dataclass(frozen=True, kw_only=True)
class KeepContact:
    person_id: UUID
    name: str
    email: str
    language: Language
    version: int | None
    """The version that the caller read; None if the caller thinks that there is none yet."""


@dataclass(frozen=True, kw_only=True)
class ForgetPerson:
    """By whom it is asked, the actor tells."""

    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class PlaceHold:
    person_id: UUID
    ground: Ground
    reference: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class LiftHold:
    person_id: UUID
    hold_id: UUID


@dataclass(frozen=True, kw_only=True)
class FormTeam:
    name: str
    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class AddMembers:
    team_id: UUID
    person_ids: Sequence[UUID]


@dataclass(frozen=True, kw_only=True)
class RemoveMember:
    team_id: UUID
    person_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class GiveRole:
    team_id: UUID
    person_id: UUID
    role: Role
    version: int


@dataclass(frozen=True, kw_only=True)
class PassLead:
    team_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class InviteToTeam:
    team_id: UUID
    role: Role
    email: str | None = hidden(default=None, repr=False)
    """To whom it is mailed; None for one that the team passes on by itself."""
    language: Language = "fr"


@dataclass(frozen=True, kw_only=True)
class RevokeInvitation:
    team_id: UUID
    invitation_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class DraftApplication:
    call_id: UUID
    team_id: UUID


@dataclass(frozen=True, kw_only=True)
class SaveDraft:
    application_id: UUID
    base: int
    """The version of the draft that the writer began with."""
    changes: Mapping[str, Value] = hidden(repr=False)
    """Only what the writer changed, field by field: `title`, `summary`, `challenge_ids`, `answers/problem`."""
    pen: UUID | None = None
    """The page or program that writes: what it saves again replaces what it saved before."""
    all_answers: bool = False
    """True if answers that are not named are taken away."""
    alone: bool = False
    """True to be refused, instead of merged, if anybody saved since."""


@dataclass(frozen=True, kw_only=True)
class RestoreVersion:
    application_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class SubmitApplication:
    application_id: UUID
    version: int | None
    """The draft that the caller means; None for whatever it is."""


@dataclass(frozen=True, kw_only=True)
class AttachFile:
    application_id: UUID
    name: str
    field: str | None = None
    """The field of the form that it answers; None for the pitch deck."""
    content: bytes = hidden(repr=False)


@dataclass(frozen=True, kw_only=True)
class BeginUpload:
    application_id: UUID
    name: str
    length: int
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class TakePiece:
    application_id: UUID
    upload_id: UUID
    offset: int
    content: bytes = hidden(repr=False)


@dataclass(frozen=True, kw_only=True)
class RemoveFile:
    application_id: UUID
    attachment_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class AdmitApplication:
    application_id: UUID
    because: str | None = None
    """Why it is admitted although a rule of the call fails."""
    findings_digest: str | None = None
    """What the person was shown; None for one who says nothing of it."""


@dataclass(frozen=True, kw_only=True)
class DeclineApplication:
    application_id: UUID
    reasons: Sequence[ScreeningReason]
    words: str
    findings_digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class SetEligibility:
    call_id: UUID
    version: int | None
    """The number of the rules that the caller read; None if the caller thinks that there are none yet."""
    rules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class RequestInformation:
    application_id: UUID
    fields: Sequence[str]
    until: WallTime
    words: str


@dataclass(frozen=True, kw_only=True)
class AnswerRequest:
    application_id: UUID
    request_id: UUID
    version: int | None
    """The draft that the caller means; None for whatever it is."""


@dataclass(frozen=True, kw_only=True)
class EndRequest:
    application_id: UUID
    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class SetForm:
    call_id: UUID
    version: int | None
    """The number of the form that the caller read; None if the caller thinks that there is none yet."""
    definition: Mapping[str, Any]
