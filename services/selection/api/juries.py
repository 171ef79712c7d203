"""Routes of juries and of the assignment of files to them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from services.selection.commands import AppointJury, AssignReviews, ChangeJury
from services.selection.domain.criteria import HIGHEST
from services.selection.domain.juries import Blind, JuryState
from services.selection.domain.rubrics import Rubric
from services.selection.handlers import assignment, juries
from services.selection.handlers.reviews import criteria_from
from services.selection.models import Jury
from services.selection.permissions import PERMISSIONS, authorise_or_hide, person_id
from services.selection.repository import NoSuchJury
from services.selection.views import juries as views
from shared.http import (
    WHOLE_AS_JSON_HAS_IT,
    Body,
    IfMatch,
    Page,
    PagingDep,
    ShortText,
    View,
    WorkDep,
    does,
    service_router,
    set_etag,
)
from shared.identity import Resource

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["juries"])

CriterionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ScoreName = Annotated[str, StringConstraints(pattern=r"^([0-9]|10)$")]
Weight = Annotated[int, Field(ge=1, le=100), WHOLE_AS_JSON_HAS_IT]
Jurors = Annotated[list[UUID], Field(min_length=1, max_length=200, json_schema_extra={"uniqueItems": True})]
ReviewsPerFile = Annotated[int, Field(ge=1, le=50), WHOLE_AS_JSON_HAS_IT]
FilesPerJuror = Annotated[int, Field(ge=1, le=10_000), WHOLE_AS_JSON_HAS_IT]


def _each_once(juror_ids: list[UUID] | None) -> list[UUID] | None:
    if juror_ids is not None and len(set(juror_ids)) < len(juror_ids):
        message = "a juror is named twice"
        raise ValueError(message)
    return juror_ids


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


class AppointJuryBody(Body):
    """A challenge's jurors, and their rule. Without weights, the five criteria of Paris count the same."""

    challenge_id: UUID
    juror_ids: Jurors
    reviews_per_file: ReviewsPerFile = 2
    files_per_juror: FilesPerJuror = 10
    weights: (
        Annotated[
            dict[CriterionKey, Weight],
            Field(min_length=1, max_length=20, json_schema_extra={"additionalProperties": False}),
        ]
        | None
    ) = None
    blind: Blind = Field(
        default=Blind.APPLICANTS,
        description="`both`: jurors don't know whose file they read either. It can't be changed later.",
    )
    rubric: Annotated[
        dict[CriterionKey, RubricBody], Field(max_length=20, json_schema_extra={"additionalProperties": False})
    ] = Field(default_factory=dict, description="By criterion; those of Paris have theirs already.")

    each_once = field_validator("juror_ids")(_each_once)


class ChangeJuryBody(Body):
    """What is to change; what is left out stays."""

    juror_ids: Jurors | None = None
    reviews_per_file: ReviewsPerFile | None = None
    files_per_juror: FilesPerJuror | None = None

    each_once = field_validator("juror_ids")(_each_once)


class CriterionView(View):
    """A criterion, its weight, and in three languages its title, what it asks, and what some scores mean."""

    key: str
    weight: int
    title: dict[str, str]
    asks: dict[str, str]
    anchors: dict[str, dict[str, str]]


class JuryView(View):
    """A jury; its jurors are told to staff only."""

    id: UUID
    version: int
    challenge_id: UUID
    edition_id: UUID
    state: JuryState
    blind: Blind
    juror_ids: list[UUID] | None
    reviews_per_file: int
    files_per_juror: int
    criteria: list[CriterionView]
    appointed_at: datetime


class AssignBody(Body):
    dry_run: bool = False


class AssignedReviewView(View):
    review_id: UUID | None = Field(description="Null in a dry run, for a review that would be new.")
    application_id: UUID
    juror_id: UUID
    kept: bool


class MoveView(View):
    """A review that one juror loses and another gets instead."""

    application_id: UUID
    from_juror_id: UUID
    to_juror_id: UUID


class LoadView(View):
    juror_id: UUID
    files: int
    files_before: int


class ObjectiveView(View):
    """By what one assignment is better than another: first the fewest changes, then the lowest cost."""

    changes: int = Field(description="Reviews that are new; nothing can be assigned with fewer.")
    bids: dict[str, int] = Field(description="How many reviews follow which bid; `none` where the juror did not bid.")
    of_the_field: int = Field(description="Reviews by a juror who declared one of the file's fields.")
    squares: int = Field(description="The sum of the squares of the loads: the less, the more even.")
    cost: int


class AssignmentView(View):
    """Who reviews what, and what changes: new (`kept` is false), `cancelled`, and among these what moved."""

    jury_id: UUID
    dry_run: bool
    reviews: list[AssignedReviewView]
    cancelled: list[UUID]
    moved: list[MoveView]
    load: list[LoadView]
    objective: ObjectiveView


@router.post("/juries", status_code=201, **does("appoint_jury"))
async def appoint_jury(body: AppointJuryBody, work: WorkDep, response: Response) -> JuryView:
    jury = await juries.appoint_jury(
        AppointJury(
            challenge_id=body.challenge_id,
            juror_ids=tuple(body.juror_ids),
            reviews_per_file=body.reviews_per_file,
            files_per_juror=body.files_per_juror,
            weights=body.weights,
            blind=body.blind,
            rubric={key: described.rubric() for key, described in body.rubric.items()},
        ),
        work,
    )
    set_etag(response, jury.version)
    return _view(jury, sorted(body.juror_ids))


@router.patch("/juries/{jury_id}", **does("change_jury"))
async def change_jury(
    jury_id: UUID, body: ChangeJuryBody, version: IfMatch, work: WorkDep, response: Response
) -> JuryView:
    jury = await juries.change_jury(
        ChangeJury(
            jury_id=jury_id,
            version=version,
            juror_ids=None if body.juror_ids is None else tuple(body.juror_ids),
            reviews_per_file=body.reviews_per_file,
            files_per_juror=body.files_per_juror,
        ),
        work,
    )
    set_etag(response, jury.version)
    return _view(jury, (await views.jurors(work.session, [jury.id]))[jury.id])


@router.get("/juries", **does("read_jury"))
async def list_juries(
    work: WorkDep, paging: PagingDep, challenge: UUID | None = None, edition: UUID | None = None
) -> Page[JuryView]:
    staff = work.actor.holds("staff")
    after = paging.after(UUID)
    rows = await views.juries(
        work.session,
        only_of=None if staff else person_id(work.actor),
        challenge=challenge,
        edition=edition,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    jurors = await views.jurors(work.session, [row.id for row in rows])
    return paging.page(rows, key=lambda row: (row.id,), view=lambda row: _view(row, jurors[row.id] if staff else None))


@router.get("/juries/{jury_id}", **does("read_jury"))
async def read_jury(jury_id: UUID, work: WorkDep, response: Response) -> JuryView:
    jury = await work.session.get(Jury, jury_id)
    if jury is None:
        raise NoSuchJury
    jurors = (await views.jurors(work.session, [jury.id]))[jury.id]
    relations = {"judge"} if person_id(work.actor) in jurors else frozenset[str]()
    authorise_or_hide(work.actor, "read_jury", Resource(relations), hidden=NoSuchJury())
    set_etag(response, jury.version)
    return _view(jury, jurors if work.actor.holds("staff") else None)


@router.post("/juries/{jury_id}/assignment", **does("assign_reviews"))
async def assign_reviews(jury_id: UUID, body: AssignBody, work: WorkDep) -> AssignmentView:
    assigned = await assignment.assign_reviews(AssignReviews(jury_id=jury_id, dry_run=body.dry_run), work)
    return AssignmentView(
        jury_id=assigned.jury_id,
        dry_run=assigned.dry_run,
        reviews=[AssignedReviewView.model_validate(review) for review in assigned.reviews],
        cancelled=assigned.cancelled,
        moved=[MoveView.model_validate(move) for move in assigned.moved],
        load=[
            LoadView(juror_id=juror, files=files, files_before=assigned.load_before[juror])
            for juror, files in sorted(assigned.load.items())
        ],
        objective=ObjectiveView.model_validate(assigned.objective),
    )


def _view(jury: Jury, juror_ids: list[UUID] | None) -> JuryView:
    return JuryView(
        id=jury.id,
        version=jury.version,
        challenge_id=jury.challenge_id,
        edition_id=jury.edition_id,
        state=JuryState(jury.state),
        blind=Blind(jury.blind),
        juror_ids=juror_ids,
        reviews_per_file=jury.reviews_per_file,
        files_per_juror=jury.files_per_juror,
        criteria=[
            CriterionView(key=criterion.key, weight=criterion.weight, **criterion.rubric.plain)
            for criterion in criteria_from(jury.criteria)
        ],
        appointed_at=jury.appointed_at,
    )
