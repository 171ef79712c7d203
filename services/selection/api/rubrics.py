"""How a jury's rubric comes over HTTP, and goes out again."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.selection.domain.criteria import HIGHEST
from services.selection.domain.rubrics import Rubric
from shared.http import Body, ShortText, View

CriterionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ScoreName = Annotated[str, StringConstraints(pattern=r"^([0-9]|10)$")]


class WordsBody(Body):
    """A line in at least one of the programme's languages."""

    fr: ShortText | None = None
    ar: ShortText | None = None
    en: ShortText | None = None

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        if not (self.fr or self.ar or self.en):
            raise PydanticCustomError("no_language", "Give it in at least one of fr, ar, en")
        return self

    def plain(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class RubricBody(Body):
    """How a criterion is called, what it asks, and what some of its scores mean."""

    title: WordsBody
    asks: WordsBody | None = None
    anchors: Annotated[
        dict[ScoreName, WordsBody], Field(max_length=HIGHEST + 1, json_schema_extra={"additionalProperties": False})
    ] = Field(default_factory=dict, description="By score: `0`, `3`, `10`.")

    def rubric(self) -> Rubric:
        return Rubric(
            title=self.title.plain(),
            asks=self.asks.plain() if self.asks else {},
            anchors={int(score): words.plain() for score, words in self.anchors.items()},
        )


class CriterionView(View):
    """A criterion, its weight, and in three languages its title, what it asks, and what some scores mean."""

    key: str
    weight: int
    title: dict[str, str]
    asks: dict[str, str]
    anchors: dict[str, dict[str, str]]
