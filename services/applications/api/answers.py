"""How editions, challenges, calls, teams and applications look to those who may read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.applications import models
from services.applications.domain import calls
from services.applications.domain.applications import Status
from services.applications.domain.calls import Phase
from services.applications.domain.challenges import ChallengeStatus
from services.applications.repository import Schedule
from services.applications.views import File, Line, Member
from shared import clock
from shared.events.applications import ScreeningReason
from shared.events.forgettable import Language
from shared.http import View


class EditionView(View):
    """A city's programme."""

    id: UUID
    version: int
    city: str
    title: dict[str, str] = Field(description="By language: fr, ar, en.")
    zone: str
    created_at: datetime


class ChallengeView(View):
    """A problem that startups answer."""

    id: UUID
    version: int
    edition_id: UUID
    partner: str
    title: dict[str, str] = Field(description="By language: fr, ar, en.")
    description: dict[str, str]
    status: ChallengeStatus
    created_at: datetime
    published_at: datetime | None


class DeadlineView(View):
    """A time as it was decided (wall time, zone), and as it was resolved (instant, and by which tzdata)."""

    local: datetime = Field(description="As clocks in the zone show it; without offset.")
    zone: str
    instant: datetime = Field(description="The same in UTC. This is what counts.")
    tzdata_version: str
    in_words: str

    @classmethod
    def of(cls, deadline: clock.Deadline) -> Self:
        return cls(
            local=deadline.local,
            zone=deadline.zone,
            instant=deadline.instant,
            tzdata_version=deadline.tzdata_version,
            in_words=clock.in_words(deadline),
        )


class CallView(View):
    """A call, and the rules by which it takes files."""

    id: UUID
    version: int
    edition_id: UUID
    status: Phase
    challenge_ids: list[UUID]
    opens: DeadlineView
    closes: DeadlineView = Field(description="The deadline of every challenge that has none of its own.")
    challenge_deadlines: dict[UUID, DeadlineView]
    last_deadline_at: datetime
    closed_at: datetime | None
    opened_at: datetime | None = Field(description="When staff opened the files.")
    now: datetime = Field(description="The server's clock, by which all of this is decided.")

    @classmethod
    def of(cls, schedule: Schedule, *, now: datetime) -> Self:
        call = schedule.call
        return cls(
            id=call.id,
            version=call.version,
            edition_id=call.edition_id,
            status=phase_of(call, now=now),
            challenge_ids=schedule.challenge_ids,
            opens=DeadlineView.of(schedule.opens),
            closes=DeadlineView.of(schedule.closes),
            challenge_deadlines={id_: DeadlineView.of(deadline) for id_, deadline in schedule.own.items()},
            last_deadline_at=call.last_deadline_at,
            closed_at=call.closed_at,
            opened_at=call.opened_at,
            now=now,
        )


class CallLine(View):
    """A call in a list."""

    id: UUID
    version: int
    edition_id: UUID
    status: Phase
    opens_at: datetime
    last_deadline_at: datetime

    @classmethod
    def of(cls, call: models.Call, *, now: datetime) -> Self:
        return cls(
            id=call.id,
            version=call.version,
            edition_id=call.edition_id,
            status=phase_of(call, now=now),
            opens_at=call.opens_at,
            last_deadline_at=call.last_deadline_at,
        )


class RuleView(View):
    """One line of a call's rule log."""

    rule: str = Field(description="`opens`, `deadline` or `challenge-deadline`.")
    challenge_id: UUID | None
    at: DeadlineView
    decided_at: datetime


class RulesView(View):
    """Every rule that decides whether a file is in time, as decided, and the clock that decides."""

    call_id: UUID
    policy: list[str]
    rules: list[RuleView]
    now: datetime


class PersonView(View):
    """How to reach who asks."""

    id: UUID
    version: int
    name: str
    email: str
    language: Language
    updated_at: datetime


class MemberView(View):
    person_id: UUID
    name: str
    lead: bool


class TeamView(View):
    """A team and those in it."""

    id: UUID
    version: int
    name: str
    lead_id: UUID
    members: list[MemberView]
    created_at: datetime

    @classmethod
    def of(cls, team: models.Team, members: Sequence[Member]) -> Self:
        return cls(
            id=team.id,
            version=team.version,
            name=team.name,
            lead_id=team.lead_id,
            members=[MemberView(person_id=m.person_id, name=m.name, lead=m.person_id == team.lead_id) for m in members],
            created_at=team.created_at,
        )


class TeamLine(View):
    """A team in a list."""

    id: UUID
    version: int
    name: str
    lead_id: UUID


class AttachmentView(View):
    """A file of an application; its bytes have an address of their own."""

    id: UUID
    version: int
    kind: str
    name: str
    media_type: str
    size: int
    pages: int
    sha256: str
    created_at: datetime


class ScreeningView(View):
    """What screening found."""

    admitted: bool
    reasons: list[ScreeningReason]
    words: str | None
    screened_at: datetime


class ApplicationView(View):
    """An application: to its team the draft and where it stands; to others what was handed in last."""

    id: UUID
    version: int
    call_id: UUID
    edition_id: UUID
    team_id: UUID
    startup: str
    status: Status
    title: str | None
    summary: str | None
    answers: dict[str, str]
    challenge_ids: list[UUID] = Field(description="In order of preference.")
    attachments: list[AttachmentView]
    revision: int = Field(description="How often it was handed in; 0 for never.")
    submitted_at: datetime | None
    unsubmitted_changes: bool = Field(description="True if the draft says something that was not handed in.")
    deadline: DeadlineView = Field(description="The strictest deadline of the challenges it names.")
    screening: ScreeningView | None
    matched_challenge_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, file: File) -> Self:
        application, content = file.application, file.content
        return cls(
            id=application.id,
            version=application.version,
            call_id=application.call_id,
            edition_id=application.edition_id,
            team_id=application.team_id,
            startup=file.startup,
            status=Status(application.status),
            title=content.title,
            summary=content.summary,
            answers=dict(content.answers),
            challenge_ids=list(content.challenge_ids),
            attachments=[AttachmentView.model_validate(attachment) for attachment in file.attachments],
            revision=application.revision,
            submitted_at=application.submitted_at,
            unsubmitted_changes=file.unsubmitted_changes,
            deadline=DeadlineView.of(file.deadline),
            screening=_screening(application),
            matched_challenge_id=application.matched_challenge_id,
            created_at=application.created_at,
            updated_at=application.updated_at,
        )


class ApplicationLine(View):
    """An application in a list."""

    id: UUID
    version: int
    call_id: UUID
    team_id: UUID
    startup: str
    status: Status
    title: str | None
    challenge_ids: list[UUID]
    revision: int
    submitted_at: datetime | None

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(
            id=line.application.id,
            version=line.application.version,
            call_id=line.application.call_id,
            team_id=line.application.team_id,
            startup=line.startup,
            status=Status(line.application.status),
            title=line.title,
            challenge_ids=list(line.challenge_ids),
            revision=line.application.revision,
            submitted_at=line.application.submitted_at,
        )


class RevisionView(View):
    """What was handed in once: its number, when, and the digest that the event log holds of it."""

    number: int
    submitted_at: datetime
    dossier_digest: str
    title: str
    attachments: int

    @classmethod
    def of(cls, revision: models.Revision) -> Self:
        return cls(
            number=revision.number,
            submitted_at=revision.submitted_at,
            dossier_digest=revision.digest,
            title=revision.title,
            attachments=len(revision.attachments),
        )


class VersionsView(View):
    """All that was handed in, oldest first, and whether the draft has moved on since."""

    application_id: UUID
    revisions: list[RevisionView]
    draft_saved_at: datetime
    unsubmitted_changes: bool


class StandingView(View):
    """Where an application stands; without its text, as answers to a POST are kept a while for those who repeat it."""

    id: UUID
    version: int
    status: Status
    revision: int
    screening: ScreeningView | None
    updated_at: datetime

    @classmethod
    def of(cls, application: models.Application) -> Self:
        return cls(
            id=application.id,
            version=application.version,
            status=Status(application.status),
            revision=application.revision,
            screening=_screening(application),
            updated_at=application.updated_at,
        )


class ReceiptView(View):
    """Proof of what was handed in, and that it was in time."""

    application_id: UUID
    version: int
    status: Status
    revision: int
    dossier_digest: str = Field(description="Salted SHA-256 of the dossier; the event log holds the same.")
    submitted_at: datetime
    deadline: DeadlineView


def phase_of(call: models.Call, *, now: datetime) -> Phase:
    return calls.phase(status=call.status, opens_at=call.opens_at, last_deadline_at=call.last_deadline_at, now=now)


def by_language(words: Mapping[str, str | None]) -> dict[str, str]:
    return {language: text for language, text in words.items() if text is not None}


def _screening(application: models.Application) -> ScreeningView | None:
    if application.screened_at is None:
        return None
    return ScreeningView.model_validate(
        {
            "admitted": not application.screening_reasons,
            "reasons": application.screening_reasons,
            "words": application.screening_words,
            "screened_at": application.screened_at,
        }
    )
