"""What a form's definition may say, and within which bounds; whether it makes sense is for the domain to say."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.applications.domain.attachments import Sort
from services.applications.domain.form_checks import MOST_FIELDS, MOST_OPTIONS, MOST_SECTIONS
from services.applications.domain.forms import Kind, Unit
from services.applications.times import DeadlineBody
from shared.http import Body, ShortText
from shared.http.bodies import WHOLE_AS_JSON_HAS_IT, Safe

FIELD_ID = r"^[a-z0-9]+([_-][a-z0-9]+)*$"
FieldId = Annotated[str, StringConstraints(pattern=FIELD_ID, max_length=60)]
HelpText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), Safe(multiline=True)
]
Length = Annotated[int, Field(ge=0, le=20_000), WHOLE_AS_JSON_HAS_IT]


class Label(Body):
    """A line in each of the programme's languages."""

    fr: ShortText
    ar: ShortText
    en: ShortText


class Help(Body):
    """What helps to answer, in each of the programme's languages."""

    fr: HelpText
    ar: HelpText
    en: HelpText


class OptionBody(Body):
    id: FieldId
    label: Label


class LimitBody(Body):
    unit: Unit
    most: Annotated[int, Field(ge=1, le=20_000), WHOLE_AS_JSON_HAS_IT]
    least: Length = 0


class ConditionBody(Body):
    """Ask only if an earlier field was answered with one of these."""

    field: FieldId
    among: Annotated[list[FieldId], Field(min_length=1, max_length=MOST_OPTIONS)] = Field(alias="is")


class FormFieldBody(Body):
    id: FieldId
    kind: Kind
    label: Label
    help: Help | None = None
    required: bool = False
    required_from: DeadlineBody | None = Field(default=None, description="Until then it may stay unanswered.")
    frozen_after: DeadlineBody | None = Field(default=None, description="Until then its answer may change.")
    limit: LimitBody | None = None
    options: Annotated[list[OptionBody], Field(max_length=MOST_OPTIONS)] = Field(default_factory=list)
    only_if: ConditionBody | None = None
    accepts: Annotated[list[Sort], Field(max_length=len(Sort))] = Field(
        default_factory=list, description="Of a file: what it may be; a PDF unless something else is said."
    )
    national_id: bool = Field(default=False, description="It asks for the number of a national identity card.")
    authorisation: ShortText | None = Field(
        default=None, description="The number of the CNDP's authorisation to ask for it."
    )


class SectionBody(Body):
    id: FieldId
    title: Label
    help: Help | None = None
    fields: Annotated[list[FormFieldBody], Field(max_length=MOST_FIELDS)]


class FormBody(Body):
    """What a call asks beside title, summary and challenges."""

    sections: Annotated[list[SectionBody], Field(min_length=1, max_length=MOST_SECTIONS)]

    def as_definition(self) -> Mapping[str, Any]:
        return self.model_dump(mode="json", by_alias=True)
