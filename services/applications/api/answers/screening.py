"""How screening looks to staff, and its requests to the team too."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from services.applications import models, views
from services.applications.api.answers.applications import ScreeningView, screening_of
from services.applications.api.answers.programme import DeadlineView
from services.applications.domain.applications import Status
from services.applications.domain.eligibility import RuleFinding, RuleKind, Verdict, digest, read_rules
from services.applications.domain.requests import RequestState
from shared.http import ReceiptText, View


class EligibilityRuleView(View):
    id: str
    kind: RuleKind
    says: dict[str, str] = Field(description="By language: fr, ar, en.")
    field: str | None
    among: list[str]
    least: float | None
    most: float | None
    first: date | None
    last: date | None


class EligibilityView(View):
    """Who may take part. Rules find, a person decides."""

    call_id: UUID
    version: int = Field(description="How often it was set; the ETag.")
    digest: str = Field(description="SHA-256 of the rules; the event log holds the same.")
    set_at: datetime
    rules: list[EligibilityRuleView]

    @classmethod
    def of(cls, row: models.CallEligibility) -> Self:
        return cls(
            call_id=row.call_id,
            version=row.number,
            digest=row.digest,
            set_at=row.set_at,
            rules=[EligibilityRuleView.model_validate(rule) for rule in read_rules(row.rules)],
        )


class FindingView(View):
    rule: str
    verdict: Verdict
    because: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, found: RuleFinding) -> Self:
        return cls(rule=found.rule, verdict=found.verdict, because=found.because, facts=dict(found.facts))


class RequestView(View):
    """What a team was asked for."""

    id: UUID
    version: int
    state: RequestState
    fields: list[str]
    words: str | None
    until: DeadlineView
    asked_at: datetime
    answered_at: datetime | None
    revision: int | None = Field(description="The revision that answered it.")

    @classmethod
    def of(cls, row: models.InformationRequest, *, now: datetime) -> Self:
        asked = views.asked_of(row)
        return cls(
            id=row.id,
            version=row.version,
            state=asked.state(now),
            fields=row.fields,
            words=row.words,
            until=DeadlineView.of(asked.until),
            asked_at=row.asked_at,
            answered_at=row.answered_at,
            revision=row.revision,
        )


class RequestsView(View):
    application_id: UUID
    requests: list[RequestView]


class AnsweredView(View):
    """Proof that what was asked for was handed in, in time."""

    application_id: UUID
    request_id: UUID
    version: int
    revision: int
    dossier_digest: str
    submitted_at: datetime
    until: DeadlineView
    receipt: ReceiptText


class SignedView(View):
    """What a person decided, having been shown these findings."""

    findings_digest: str
    overridden: list[str] = Field(description="Rules that failed and were set aside.")
    because: str | None
    decided_by: str
    decided_at: datetime


class ScreeningFileView(View):
    """A file as it is screened."""

    application_id: UUID
    version: int
    status: Status
    revision: int
    findings: list[FindingView]
    findings_digest: str
    requests: list[RequestView]
    outcome: ScreeningView | None
    signed: SignedView | None

    @classmethod
    def of(cls, found: views.ScreeningFile, *, now: datetime) -> Self:
        application = found.application
        return cls(
            application_id=application.id,
            version=application.version,
            status=Status(application.status),
            revision=application.revision,
            findings=[FindingView.of(each) for each in found.findings],
            findings_digest=digest(found.findings),
            requests=[RequestView.of(row, now=now) for row in found.requests],
            outcome=screening_of(application, to_team=False),
            signed=SignedView.model_validate(found.signed) if found.signed else None,
        )


class ScreeningPublishedView(View):
    call_id: UUID
    published_at: datetime | None

    @classmethod
    def of(cls, call: models.Call) -> Self:
        return cls(call_id=call.id, published_at=call.screening_told_at)
