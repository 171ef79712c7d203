"""What requests of screening may say, field by field, and within which bounds."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from services.applications.api.bodies import Once, refuse_repeats
from services.applications.definitions import FieldId, Label
from services.applications.domain.eligibility import RuleKind
from services.applications.domain.eligibility_checks import MOST_RULES
from services.applications.domain.form_checks import MOST_OPTIONS
from services.applications.domain.requests import MOST_FIELDS
from services.applications.times import DeadlineBody
from shared.events.applications import ScreeningReason
from shared.http import Body, LongText

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FieldName = Annotated[
    str, StringConstraints(pattern=r"^(title|summary|attachments|answers/[a-z0-9]+([_-][a-z0-9]+)*)$", max_length=80)
]
Bound = Annotated[Decimal, Field(ge=-(10**12), le=10**12, max_digits=20, decimal_places=6)]


class EligibilityRuleBody(Body):
    """One condition; `says` tells it to people."""

    id: FieldId
    kind: RuleKind
    says: Label
    field: FieldId | None = None
    among: Annotated[list[FieldId], Field(max_length=MOST_OPTIONS)] = Field(default_factory=list)
    least: Bound | None = None
    most: Bound | None = None
    first: date | None = None
    last: date | None = None


class EligibilityBody(Body):
    """Who may take part in a call."""

    rules: Annotated[list[EligibilityRuleBody], Field(max_length=MOST_RULES)]

    def as_rules(self) -> Sequence[Mapping[str, Any]]:
        return [rule.model_dump(mode="json") for rule in self.rules]


class AdmitApplicationBody(Body):
    because: LongText | None = Field(default=None, description="Why, if a rule of the call fails; for staff alone.")
    findings_digest: Digest | None = Field(
        default=None, description="Of the findings that you read: refused if they are others now."
    )


class DeclineApplicationBody(Body):
    reasons: Annotated[list[ScreeningReason], AfterValidator(refuse_repeats), Once, Field(min_length=1, max_length=5)]
    words: LongText = Field(description="To the applicant, in the applicant's language.")
    findings_digest: Digest | None = Field(
        default=None, description="Of the findings that you read: refused if they are others now."
    )


class RequestInformationBody(Body):
    fields: Annotated[
        list[FieldName], AfterValidator(refuse_repeats), Once, Field(min_length=1, max_length=MOST_FIELDS)
    ]
    until: DeadlineBody
    words: LongText = Field(description="To the team, in its language: what is wanted, and why.")
