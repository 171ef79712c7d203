"""What a juror's form says: scores or abstentions by criterion, words for the applicant and the jury, what was read."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.selection.commands import ReviewDraft
from services.selection.domain.criteria import HIGHEST, LOWEST
from shared.http import LongText, made_safe
from shared.http.faults import validation_refusal
from shared.web import fields_of

SCORE, REMARK = "score.", "remark."
ABSTAIN = "abstain"
MOST_FIELDS = 100
ALL = frozenset({"scores", "abstained", "remarks", "comment", "note"})

Score = Annotated[int, Field(ge=LOWEST, le=HIGHEST)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    version: Number
    revision: Number | None = None
    scores: Annotated[dict[str, Score | None], Field(max_length=20)]
    abstained: Annotated[dict[str, bool], Field(max_length=20)]
    remarks: Annotated[dict[str, LongText | None], Field(max_length=20)]
    comment: LongText | None = None
    note: LongText | None = None
    act: str = "save"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A review's form as it was sent, whether or not it can be kept."""

    version: int = 0
    revision: int | None = None
    scores: dict[str, int | None] = field(default_factory=dict)
    abstained: dict[str, bool] = field(default_factory=dict)
    remarks: dict[str, str | None] = field(default_factory=dict)
    comment: str | None = None
    note: str | None = None
    act: str = "save"

    @property
    def draft(self) -> ReviewDraft:
        return ReviewDraft(
            scores=self.scores,
            abstained=self.abstained,
            remarks=self.remarks,
            comment=self.comment,
            note=self.note,
            revision=self.revision,
            given=ALL,
        )


async def written_in(request: Request) -> Written:
    """Raises Invalid if a browser of ours would not have sent it."""
    fields = [(name, made_safe(value, multiline=True)) for name, value in await fields_of(request, most=MOST_FIELDS)]
    by_criterion = {name: value.strip() for name, value in fields if name.startswith((SCORE, REMARK))}
    scores = {name.removeprefix(SCORE): value for name, value in by_criterion.items() if name.startswith(SCORE)}
    given: dict[str, object] = {name: value for name, value in fields if value.strip() and name not in by_criterion}
    given["abstained"] = {key: value == ABSTAIN for key, value in scores.items()}
    given["scores"] = {key: None if value in {"", ABSTAIN} else value for key, value in scores.items()}
    given["remarks"] = {
        name.removeprefix(REMARK): value or None for name, value in by_criterion.items() if name.startswith(REMARK)
    }
    try:
        form = _Form.model_validate(given)
    except ValidationError as error:
        raise validation_refusal(error.errors(include_url=False, include_input=False)) from None
    return Written(**form.model_dump())
