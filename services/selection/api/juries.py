"""Routes of juries: who sits in them, by which rule and which rubric."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints, field_validator

from services.selection.api.rubrics import CriterionKey, CriterionView, RubricBody
from services.selection.commands import AppointJury, ChangeJury, FieldMatching
from services.selection.domain.juries import Blind, JuryState
from services.selection.handlers import juries
from services.selection.handlers.reviews import criteria_from
from services.selection.models import Jury
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import juries as views
from services.selection.views.juries import Barred
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
from shared.work import Work

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["juries"])

Weight = Annotated[int, Field(ge=1, le=100), WHOLE_AS_JSON_HAS_IT]
Jurors = Annotated[list[UUID], Field(min_length=1, max_length=200, json_schema_extra={"uniqueItems": True})]
ReviewsPerFile = Annotated[int, Field(ge=1, le=50), WHOLE_AS_JSON_HAS_IT]
FilesPerJuror = Annotated[int, Field(ge=1, le=10_000), WHOLE_AS_JSON_HAS_IT]
Limits = Annotated[dict[UUID, Annotated[int, Field(ge=0, le=10_000), WHOLE_AS_JSON_HAS_IT]], Field(max_length=200)]
Names = Annotated[dict[UUID, ShortText], Field(max_length=200)]
Competence = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""A field that files are about and that jurors know: a word of the programme, such as `water`."""
FieldId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]


def _each_once(juror_ids: list[UUID] | None) -> list[UUID] | None:
    if juror_ids is not None and len(set(juror_ids)) < len(juror_ids):
        message = "a juror is named twice"
        raise ValueError(message)
    return juror_ids


class MatchingBody(Body):
    """Which files are about what, so that jurors who know it review them."""

    fields: Annotated[list[Competence], Field(max_length=20)] = Field(
        default_factory=list, description="What the challenge is about, in the words of jurors' competences."
    )
    fields_answer: FieldId | None = Field(
        default=None, description="The form's field whose chosen options are what a file is about."
    )
    someone_with: Competence | None = Field(
        default=None, description="A competence that at least one reviewer of each file must have declared."
    )

    def matching(self) -> FieldMatching:
        return FieldMatching(
            fields=tuple(self.fields), fields_answer=self.fields_answer, someone_with=self.someone_with
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

    limits: Limits = Field(default_factory=dict, description="By juror: its own limit, instead of `files_per_juror`.")
    matching: MatchingBody | None = None
    names: Names = Field(
        default_factory=dict,
        description="By juror: its name as it stands in minutes. No answer about the jury repeats it: "
        "GET /people/{id}/name-in-minutes.",
    )

    each_once = field_validator("juror_ids")(_each_once)


class ChangeJuryBody(Body):
    """What is to change; what is left out stays."""

    juror_ids: Jurors | None = None
    reviews_per_file: ReviewsPerFile | None = None
    files_per_juror: FilesPerJuror | None = None
    limits: Limits | None = None
    matching: MatchingBody | None = None
    names: Names = Field(default_factory=dict, description="By juror: its name as it stands in minutes; others stay.")

    each_once = field_validator("juror_ids")(_each_once)


class JurorLimitView(View):
    juror_id: UUID
    files_at_most: int


class BarredJurorView(View):
    """A juror, and to how many of the jury's files a conflict of interest, or its own team, closes its eyes."""

    juror_id: UUID
    files: int
    of: int = Field(description="If both are the same, the juror can judge nothing so far.")


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
    limits: list[JurorLimitView] | None = Field(description="Jurors' own limits, for staff.")
    fields: list[str] = Field(description="What the challenge is about, in the words of jurors' competences.")
    fields_answer: str | None = Field(description="The form's field whose chosen options are what a file is about.")
    someone_with: str | None = Field(description="A competence that one reviewer of each file must have.")
    in_conflict: list[BarredJurorView] | None = Field(
        description="Jurors to whom a conflict of interest closes files, for staff: declared, or inferred from ties."
    )


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
            limits=body.limits,
            matching=body.matching.matching() if body.matching else None,
            names=body.names,
        ),
        work,
    )
    set_etag(response, jury.version)
    return await _view_for_staff(jury, work)


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
            limits=body.limits,
            matching=body.matching.matching() if body.matching else None,
            names=body.names,
        ),
        work,
    )
    set_etag(response, jury.version)
    return await _view_for_staff(jury, work)


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
    seats = await views.seats(work.session, [row.id for row in rows]) if staff else {}
    barred = await views.barred_jurors(work.session, [row.id for row in rows]) if staff else {}
    return paging.page(
        rows, key=lambda row: (row.id,), view=lambda row: _view(row, seats.get(row.id), barred.get(row.id))
    )


@router.get("/juries/{jury_id}", **does("read_jury"))
async def read_jury(jury_id: UUID, work: WorkDep, response: Response) -> JuryView:
    jury = await views.jury_shown(work.session, work.actor, jury_id, "read_jury")
    set_etag(response, jury.version)
    return await _view_for_staff(jury, work) if work.actor.holds("staff") else _view(jury)


async def _view_for_staff(jury: Jury, work: Work) -> JuryView:
    seats = await views.seats(work.session, [jury.id])
    barred = await views.barred_jurors(work.session, [jury.id])
    return _view(jury, seats[jury.id], barred[jury.id])


def _view(
    jury: Jury, seats: Mapping[UUID, int | None] | None = None, barred: Sequence[Barred] | None = None
) -> JuryView:
    return JuryView(
        id=jury.id,
        version=jury.version,
        challenge_id=jury.challenge_id,
        edition_id=jury.edition_id,
        state=JuryState(jury.state),
        blind=Blind(jury.blind),
        juror_ids=None if seats is None else list(seats),
        reviews_per_file=jury.reviews_per_file,
        files_per_juror=jury.files_per_juror,
        criteria=[
            CriterionView(key=criterion.key, weight=criterion.weight, **criterion.rubric.plain)
            for criterion in criteria_from(jury.criteria)
        ],
        appointed_at=jury.appointed_at,
        limits=None
        if seats is None
        else [JurorLimitView(juror_id=juror, files_at_most=most) for juror, most in seats.items() if most is not None],
        fields=jury.fields,
        fields_answer=jury.fields_answer,
        someone_with=jury.someone_with,
        in_conflict=None if barred is None else [BarredJurorView.model_validate(one) for one in barred],
    )
