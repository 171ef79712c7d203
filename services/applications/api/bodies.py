"""What requests may say, field by field, and within which bounds."""

from collections.abc import Hashable, Sequence
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from services.applications.definitions import FieldId, FormBody
from services.applications.domain.applications import MOST_ANSWERS, MOST_CHALLENGES
from services.applications.domain.deadlines import LONGEST_GRACE
from services.applications.domain.drafts import ANSWERS, Value
from services.applications.domain.teams import MOST_MEMBERS, Role
from services.applications.emails import Email
from services.applications.times import DeadlineBody, Zone
from shared.events.applications import ExtensionReason
from shared.events.forgettable import Language
from shared.http import WHOLE_AS_JSON_HAS_IT, Body, DraftLine, DraftText, LongText, ShortText

T = TypeVar("T", bound=Hashable)


def refuse_repeats(items: Sequence[T]) -> Sequence[T]:
    if len(set(items)) < len(items):
        raise PydanticCustomError("repeated", "Each may be named once only")
    return items


Once = Field(json_schema_extra={"uniqueItems": True})
Grace = Annotated[int, Field(ge=0, le=LONGEST_GRACE), WHOLE_AS_JSON_HAS_IT]
Ids = Annotated[list[UUID], AfterValidator(refuse_repeats), Once]


class ShortWords(Body):
    """A line in at least one of the programme's languages."""

    fr: ShortText | None = None
    ar: ShortText | None = None
    en: ShortText | None = None

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        _require_some_language(self)
        return self


class LongWords(Body):
    """Paragraphs in at least one of the programme's languages."""

    fr: LongText | None = None
    ar: LongText | None = None
    en: LongText | None = None

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        _require_some_language(self)
        return self


def _require_some_language(words: ShortWords | LongWords) -> None:
    if not (words.fr or words.ar or words.en):
        raise PydanticCustomError("no_language", "Give it in at least one of fr, ar, en")


class AnnounceEditionBody(Body):
    city: ShortText
    title: ShortWords
    zone: Zone = "Africa/Casablanca"


class CorrectEditionBody(Body):
    """Only what changes; a title replaces the whole title, in all languages."""

    city: ShortText | None = None
    title: ShortWords | None = None
    zone: Zone | None = None


class DeclareChallengeBody(Body):
    edition_id: UUID
    title: ShortWords
    description: LongWords


class ChangeChallengeBody(Body):
    """Only what changes; a title replaces the whole title, in all languages."""

    title: ShortWords | None = None
    description: LongWords | None = None


class AnnounceCallBody(Body):
    edition_id: UUID
    challenge_ids: Annotated[Ids, Field(min_length=1, max_length=100)]
    opens_at: DeadlineBody
    closes_at: DeadlineBody
    challenge_deadlines: Annotated[dict[UUID, DeadlineBody], Field(max_length=100)] = Field(
        default_factory=dict, description="By challenge id, for those whose deadline is another than `closes_at`."
    )
    form: FormBody | None = Field(default=None, description="What it asks; without one, applications answer freely.")
    grace_seconds: Grace = Field(default=0, description="How long after a deadline files are still taken.")

    @model_validator(mode="after")
    def _deadlines_of_its_challenges(self) -> Self:
        if not self.challenge_deadlines.keys() <= set(self.challenge_ids):
            raise PydanticCustomError(
                "not_in_call", "challenge_deadlines names a challenge that challenge_ids does not"
            )
        return self


class RescheduleCallBody(Body):
    """Only what changes; `challenge_deadlines` replaces all of them."""

    opens_at: DeadlineBody | None = None
    closes_at: DeadlineBody | None = None
    challenge_deadlines: Annotated[dict[UUID, DeadlineBody], Field(max_length=100)] | None = None
    grace_seconds: Grace | None = None


class PostponeDeadlineBody(Body):
    until: DeadlineBody
    challenge_id: UUID | None = Field(default=None, description="Only for who answers this one; else for everyone.")


class AskExtensionBody(Body):
    until: DeadlineBody
    reason: ExtensionReason = Field(description="What everyone may read, in the rule log.")
    words: LongText = Field(description="What happened; read by those who decide, and by nobody else.")


class KeepContactBody(Body):
    name: ShortText
    email: Email
    language: Language = "fr"


class FormTeamBody(Body):
    name: ShortText = Field(description="The name that the startup goes by.")


class AddMembersBody(Body):
    person_ids: Annotated[Ids, Field(min_length=1, max_length=MOST_MEMBERS)]


class GiveRoleBody(Body):
    role: Role


class PassLeadBody(Body):
    person_id: UUID


class InviteToTeamBody(Body):
    """Whom to invite: by mail with an address, or without one by a link that you pass on yourself."""

    role: Role = Role.EDITOR
    email: Email | None = None
    language: Language = Field(default="fr", description="In which the mail is written.")


class DraftApplicationBody(Body):
    call_id: UUID
    team_id: UUID


class ChangeDraftBody(Body):
    """Only what changes; null empties a field."""

    title: ShortText | None = None
    summary: LongText | None = None
    answers: Annotated[dict[FieldId, LongText], Field(max_length=MOST_ANSWERS)] | None = Field(
        default=None, description="By field id; replaces all answers."
    )
    challenge_ids: Annotated[Ids, Field(max_length=MOST_CHALLENGES)] | None = Field(
        default=None, description="In order of preference; replaces all."
    )

    @property
    def changes(self) -> dict[str, Value]:
        return changed_fields(self)


def changed_fields(body: "ChangeDraftBody | SaveDraftBody | ImportLineBody") -> dict[str, Value]:
    """What a body changes, field by field."""
    changes: dict[str, Value] = {}
    for name in body.model_fields_set & {"title", "summary"}:
        changes[name] = getattr(body, name)
    if "challenge_ids" in body.model_fields_set:
        changes["challenge_ids"] = [str(id_) for id_ in body.challenge_ids or ()]
    return changes | {f"{ANSWERS}{name}": text for name, text in (body.answers or {}).items()}


class SaveDraftBody(Body):
    """What you changed, field by field, and what you began with; null or nothing empties a field.

    Characters that are not safe are left out. What is too long to be handed in is kept all the same.
    """

    base: Annotated[int, Field(ge=0, lt=2**31), WHOLE_AS_JSON_HAS_IT] = Field(
        description="The version that you began with: of the application as you read it, or `base` of your last save."
    )
    pen: UUID | None = Field(
        default=None, description="Your page or program, by an id of its own making: what it saves again is its own."
    )
    title: DraftLine | None = None
    summary: DraftText | None = None
    answers: Annotated[dict[FieldId, DraftText | None], Field(max_length=MOST_ANSWERS)] = Field(
        default_factory=dict, description="By field id; those that are not named stay."
    )
    challenge_ids: Annotated[Ids, Field(max_length=MOST_CHALLENGES)] | None = Field(
        default=None, description="In order of preference."
    )

    @property
    def changes(self) -> dict[str, Value]:
        return changed_fields(self)


class ImportLineBody(Body):
    """A line of an import; what is not named stays as it is."""

    application_id: UUID | None = None
    team_id: UUID | None = None
    call_id: UUID | None = None
    title: DraftLine | None = None
    summary: DraftText | None = None
    answers: Annotated[dict[FieldId, DraftText], Field(max_length=MOST_ANSWERS)] = Field(default_factory=dict)
    challenge_ids: Annotated[Ids, Field(max_length=MOST_CHALLENGES)] | None = None

    @property
    def changes(self) -> dict[str, Value]:
        return changed_fields(self)

    @property
    def about(self) -> tuple[object, ...]:
        """Which application; two lines about one can't both be meant."""
        return (self.application_id,) if self.application_id else (self.team_id, self.call_id)


class ErasureBody(Body):
    dry_run: bool = Field(default=False, description="Do it in a transaction that is rolled back; tell what would go.")


class HoldBody(Body):
    """What obliges us to keep what is known of a person."""

    ground: Literal["accounting", "dispute"]
    reference: ShortText = Field(description="Where the obligation is filed, such as a case number; no name.")
    until: AwareDatetime = Field(description="When it ends by itself; ten years from now at most.")
