"""How applications that look alike are told to staff."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from services.applications.models import Likeness
from services.applications.views import Evidence
from shared.http import Page, View


class LikenessView(View):
    """Two applications that have people, or much of their text, in common. It decides nothing: a person looks."""

    first_id: UUID
    second_id: UUID
    people: int = Field(description="How many people belong to both teams.")
    share: float = Field(description="How much of the shorter text is in the other too, from 0 to 1.")
    in_common: int = Field(description="How many runs of five words that is.")

    @classmethod
    def of(cls, likeness: Likeness) -> Self:
        return cls.model_validate(likeness)


class LikenessPage(Page[LikenessView]):
    """Beside the pairs, when the files were compared."""

    searched_at: datetime | None = Field(description="Null as long as they are still to be compared.")


class PassageView(View):
    """The same words in both."""

    field: str
    other_field: str
    text: str


class EvidenceView(LikenessView):
    """What two applications have in common, as they stand now."""

    person_ids: list[UUID]
    passages: list[PassageView] = Field(description="The longest first, of eight words at least.")

    @classmethod
    def of_pair(cls, evidence: Evidence) -> Self:
        return cls(
            **dict(LikenessView.of(evidence.likeness)),
            person_ids=list(evidence.people),
            passages=[PassageView(**each._asdict()) for each in evidence.passages],
        )
