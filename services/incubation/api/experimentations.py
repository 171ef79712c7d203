"""Experimentations over HTTP: run by the startups, allowed by the city, read by everybody."""

from datetime import date
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import Field

from services.incubation import views
from services.incubation.api.fields import PREFIX, Instant, WordsBody
from services.incubation.commands import (
    AuthoriseExperimentation,
    RecordMeasurement,
    RefuseExperimentation,
    RegisterExperimentation,
    ReportExperimentation,
    StartExperimentation,
)
from services.incubation.domain.experimentations import ExperimentationState
from services.incubation.handlers import experimentations as handlers
from services.incubation.models import Experimentation
from services.incubation.permissions import PERMISSIONS
from services.incubation.views.experimentations import (
    ExperimentationView,
    MeasurementView,
    PublicExperimentationView,
)
from shared.http import Body, LongText, Page, PagingDep, ShortText, WorkDep, does, service_router, set_etag
from shared.settings import Settings
from shared.work import Work

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["experimentations"])

Value = Annotated[float, Field(ge=-1e15, le=1e15)]
"""Within these bounds no sum of measurements overflows."""


async def _compressed(request: Request) -> bool:
    return cast("Settings", request.app.state.settings).compressed_schedule


CompressedDep = Annotated[bool, Depends(_compressed)]
"""Whether this is a demonstration, in which days need not go by."""


class IndicatorBody(Body):
    """What will be measured, in what, and which way is better."""

    name: ShortText
    unit: ShortText
    direction: Literal["increase", "decrease"]


class RegisterExperimentationBody(Body):
    """The protocol. It can't be changed once registered."""

    hypothesis: LongText
    indicators: Annotated[list[IndicatorBody], Field(min_length=1, max_length=20)]
    baseline: dict[ShortText, Value]
    """The value of each indicator before the trial."""
    place: ShortText
    starts_on: date
    ends_on: date
    stop_rule: LongText


class AuthoriseBody(Body):
    """Under which conditions the city allows it."""

    conditions: LongText | None = None


class RecordMeasurementBody(Body):
    """One value of one indicator; measured now, if no instant is given."""

    indicator: ShortText
    value: Value
    measured_at: Instant | None = None


class ReportBody(Body):
    """What came out, and what it means, in plain words for everybody."""

    outcome: Literal["confirmed", "refuted", "inconclusive", "stopped"]
    words: LongText


@router.get("/public/experimentations", **does("read_public_experimentations"))
async def list_public_experimentations(work: WorkDep, paging: PagingDep) -> Page[PublicExperimentationView]:
    """Every experimentation that the city allowed, and what it measured."""
    return await views.experimentations.page_of_public_experimentations(work, paging)


@router.get("/public/experimentations/{experimentation_id}", **does("read_public_experimentations"))
async def read_public_experimentation(experimentation_id: UUID, work: WorkDep) -> PublicExperimentationView:
    return await views.experimentations.public_experimentation(work, experimentation_id)


@router.get("/public/experimentations/{experimentation_id}/measurements", **does("read_public_experimentations"))
async def list_public_measurements(experimentation_id: UUID, work: WorkDep, paging: PagingDep) -> Page[MeasurementView]:
    found = await views.experimentations.public(work, experimentation_id)
    return await views.experimentations.page_of_measurements(work, paging, found)


@router.post("/projects/{project_id}/experimentations", status_code=201, **does("register_experimentation"))
async def register_experimentation(
    project_id: UUID, body: RegisterExperimentationBody, work: WorkDep, response: Response
) -> ExperimentationView:
    """Register and lock the protocol of a trial in the city."""
    command = RegisterExperimentation(
        project_id=project_id,
        hypothesis=body.hypothesis,
        indicators=[indicator.model_dump() for indicator in body.indicators],
        baseline=body.baseline,
        place=body.place,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        stop_rule=body.stop_rule,
    )
    return await _shown(await handlers.register_experimentation(command, work), work, response)


@router.get("/experimentations", **does("list_experimentations"))
async def list_experimentations(
    work: WorkDep, paging: PagingDep, project_id: UUID | None = None, state: ExperimentationState | None = None
) -> Page[ExperimentationView]:
    """The experimentations that you may see."""
    return await views.experimentations.page_of_experimentations(work, paging, project_id=project_id, state=state)


@router.get("/experimentations/{experimentation_id}", **does("read_experimentation"))
async def read_experimentation(experimentation_id: UUID, work: WorkDep, response: Response) -> ExperimentationView:
    view = await views.experimentations.experimentation(work, experimentation_id)
    set_etag(response, view.version)
    return view


@router.post("/experimentations/{experimentation_id}/authorise", **does("authorise_experimentation"))
async def authorise_experimentation(
    experimentation_id: UUID, body: AuthoriseBody, work: WorkDep, response: Response
) -> ExperimentationView:
    command = AuthoriseExperimentation(experimentation_id=experimentation_id, conditions=body.conditions)
    return await _shown(await handlers.authorise_experimentation(command, work), work, response)


@router.post("/experimentations/{experimentation_id}/refuse", **does("refuse_experimentation"))
async def refuse_experimentation(
    experimentation_id: UUID, body: WordsBody, work: WorkDep, response: Response
) -> ExperimentationView:
    command = RefuseExperimentation(experimentation_id=experimentation_id, words=body.words)
    return await _shown(await handlers.refuse_experimentation(command, work), work, response)


@router.post("/experimentations/{experimentation_id}/start", **does("start_experimentation"))
async def start_experimentation(
    experimentation_id: UUID, work: WorkDep, compressed: CompressedDep, response: Response
) -> ExperimentationView:
    command = StartExperimentation(experimentation_id=experimentation_id, compressed=compressed)
    return await _shown(await handlers.start_experimentation(command, work), work, response)


@router.post("/experimentations/{experimentation_id}/measurements", status_code=201, **does("record_measurement"))
async def record_measurement(experimentation_id: UUID, body: RecordMeasurementBody, work: WorkDep) -> MeasurementView:
    command = RecordMeasurement(
        experimentation_id=experimentation_id,
        indicator=body.indicator,
        value=body.value,
        measured_at=body.measured_at,
    )
    return MeasurementView.model_validate(await handlers.record_measurement(command, work))


@router.get("/experimentations/{experimentation_id}/measurements", **does("read_experimentation"))
async def list_measurements(experimentation_id: UUID, work: WorkDep, paging: PagingDep) -> Page[MeasurementView]:
    found = await views.experimentations.readable(work, experimentation_id)
    return await views.experimentations.page_of_measurements(work, paging, found)


@router.post("/experimentations/{experimentation_id}/report", **does("report_experimentation"))
async def report_experimentation(
    experimentation_id: UUID, body: ReportBody, work: WorkDep, compressed: CompressedDep, response: Response
) -> ExperimentationView:
    """Say what came out, also when it is not what was hoped for."""
    command = ReportExperimentation(
        experimentation_id=experimentation_id, outcome=body.outcome, words=body.words, compressed=compressed
    )
    return await _shown(await handlers.report_experimentation(command, work), work, response)


async def _shown(experimentation: Experimentation, work: Work, response: Response) -> ExperimentationView:
    view = await views.experimentations.experimentation_view(work, experimentation)
    set_etag(response, view.version)
    return view
