"""How a call's form looks to anyone."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BeforeValidator, Field

from services.applications import views
from services.applications.api.answers.programme import DeadlineView
from services.applications.domain.attachments import Sort
from services.applications.domain.forms import Kind, Unit
from shared.clock import Deadline
from shared.http import View


def _shown(moment: object) -> object:
    return DeadlineView.of(moment) if isinstance(moment, Deadline) else moment


Moment = Annotated[DeadlineView | None, BeforeValidator(_shown)]


class OptionView(View):
    id: str
    label: dict[str, str]


class LimitView(View):
    unit: Unit
    most: int
    least: int


class ConditionView(View):
    """Asked only if that field's answer is one of these."""

    field: str
    among: list[str] = Field(serialization_alias="is")


class FormFieldView(View):
    """A question, and within which bounds it is answered."""

    id: str
    kind: Kind
    label: dict[str, str] = Field(description="By language: fr, ar, en.")
    help: dict[str, str] | None
    required: bool
    required_from: Moment
    frozen_after: Moment
    limit: LimitView | None
    options: list[OptionView]
    only_if: ConditionView | None
    national_id: bool
    authorisation: str | None
    accepts: list[Sort] = Field(description="Of a file: what it may be.")


class SectionView(View):
    id: str
    title: dict[str, str]
    help: dict[str, str] | None
    fields: list[FormFieldView]


class FormView(View):
    """What a call asks beside title, summary and challenges."""

    call_id: UUID
    version: int = Field(description="How often it was set; the ETag.")
    digest: str = Field(description="SHA-256 of the definition; the event log holds the same.")
    set_at: datetime
    sections: list[SectionView]

    @classmethod
    def of(cls, found: views.SetForm) -> Self:
        return cls(
            call_id=found.call_id,
            version=found.number,
            digest=found.digest,
            set_at=found.set_at,
            sections=[SectionView.model_validate(section) for section in found.form.sections],
        )
