"""How a draft's saves and versions look to its team."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from services.applications.api.answers.completeness import CompletenessView
from services.applications.domain import drafts
from services.applications.domain.drafts import Met, Outcome, Saving
from services.applications.domain.versions import Version
from services.applications.views import Difference, Draft
from shared.http import View

Value = str | list[str] | None


class MetView(View):
    """Another save of the same field, since the version that you began with."""

    person_id: UUID
    saved_at: datetime
    version: int

    @classmethod
    def of(cls, met: Met) -> Self:
        return cls(person_id=met.by, saved_at=met.at, version=met.number)


class SavedFieldView(View):
    """What became of a field that you sent."""

    field: str = Field(description="A JSON pointer, such as `#/answers/problem`.")
    outcome: Outcome = Field(
        description="`saved` as you sent it; `merged` with what was saved meanwhile, and `now` says both; "
        "`kept-aside`: yours and another's words meet, so the draft says `now` what it said, and `yours` is kept as "
        "a version."
    )
    now: Value = Field(default=None, description="What the draft says, unless it says what you sent.")
    yours: Value = Field(default=None, description="What you sent, if it was kept aside.")
    other: MetView | None = None


class OthersFieldView(View):
    """A field that you did not send and that another changed since the version that you began with."""

    field: str
    now: Value
    other: MetView


class SavedView(View):
    """What a save made of the draft. It is durable: this answer comes after the commit."""

    application_id: UUID
    version: int
    base: int = Field(
        description="Begin your next save with this. It is the old one as long as words of yours are kept aside: once "
        "somebody has read both and decided, send what was decided with `version` as its `base`."
    )
    saved_at: datetime
    fields: list[SavedFieldView]
    others: list[OthersFieldView]
    completeness: CompletenessView

    @classmethod
    def of(cls, application_id: UUID, saving: Saving) -> Self:
        return cls(
            application_id=application_id,
            version=saving.number,
            base=saving.base,
            saved_at=saving.saved_at,
            fields=[
                SavedFieldView(
                    field=pointer(each.field),
                    outcome=each.outcome,
                    now=None if each.outcome is Outcome.SAVED else each.value,
                    yours=each.yours if each.outcome is Outcome.KEPT_ASIDE else None,
                    other=MetView.of(each.other) if each.other else None,
                )
                for each in saving.settled
            ],
            completeness=CompletenessView.model_validate(saving.completeness),
            others=[
                OthersFieldView(field=pointer(name), now=value, other=MetView.of(met))
                for name, (value, met) in saving.others.items()
            ],
        )


class DraftVersionLine(View):
    """What a member saved in one sitting."""

    number: int
    author_id: UUID
    since: datetime
    saved_at: datetime
    fields: list[str] = Field(description="Which were changed, as JSON pointers.")
    kept_aside: list[str] = Field(description="Of which fields words were kept aside, as they met another's.")
    restored: int | None = Field(description="The version that was restored by this one.")

    @classmethod
    def of(cls, version: Version) -> Self:
        return cls(
            number=version.number,
            author_id=version.author_id,
            since=version.since,
            saved_at=version.saved_at,
            fields=[pointer(name) for name in sorted(version.changes)],
            kept_aside=[pointer(name) for name in sorted(version.aside)],
            restored=version.restored,
        )


class DraftVersionView(DraftVersionLine):
    """What the draft said at a version, and what was sent and kept aside."""

    title: str | None
    summary: str | None
    answers: dict[str, str]
    challenge_ids: list[UUID]
    aside: dict[str, Value] = Field(description="By JSON pointer: as sent, where the draft came to say something else.")

    @classmethod
    def of_draft(cls, draft: Draft) -> Self:
        line = DraftVersionLine.of(draft.version)
        said = draft.fields
        return cls(
            **dict(line),
            title=_text(said.get("title")),
            summary=_text(said.get("summary")),
            answers={
                name.removeprefix(drafts.ANSWERS): str(text)
                for name, text in said.items()
                if name.startswith(drafts.ANSWERS)
            },
            challenge_ids=[UUID(id_) for id_ in said.get("challenge_ids") or ()],
            aside={pointer(name): value for name, value in draft.version.aside.items()},
        )


class PieceView(View):
    kind: Literal["same", "removed", "added"]
    text: str


class DifferenceView(View):
    """What changed in one field, word by word, in reading order."""

    field: str
    pieces: list[PieceView]


class DifferencesView(View):
    """What changed between two states of an application; fields that stayed are left out."""

    application_id: UUID
    before: str
    after: str
    fields: list[DifferenceView]

    @classmethod
    def of(cls, application_id: UUID, before: str, after: str, found: Sequence[Difference]) -> Self:
        return cls(
            application_id=application_id,
            before=before,
            after=after,
            fields=[
                DifferenceView(
                    field=pointer(each.field),
                    pieces=[PieceView(kind=piece.kind, text=piece.text) for piece in each.pieces],
                )
                for each in found
            ],
        )


def pointer(field: str) -> str:
    return f"#/{field}"


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
