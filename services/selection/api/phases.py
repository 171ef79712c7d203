"""Routes of a jury's phases: what it is now, what comes when, and what each may do in it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field, NaiveDatetime, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.selection.commands import OpenPhase, PlanPhases
from services.selection.domain.phases import Phase, may
from services.selection.handlers import phases
from services.selection.models import Jury
from services.selection.permissions import PERMISSIONS
from services.selection.rounds import round_of
from services.selection.views import juries as jury_views
from services.selection.views import phases as views
from shared.http import Body, IfMatch, LongText, View, WorkDep, does, service_router, set_etag
from shared.work import Work

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["phases"])


def _refuse_other_centuries(local: datetime) -> datetime:
    if not 2000 <= local.year <= 2200:
        raise PydanticCustomError("unlikely_year", "The year must be between 2000 and 2200")
    return local


LocalTime = Annotated[
    NaiveDatetime,
    AfterValidator(_refuse_other_centuries),
    # OpenAPI's `date-time` has an offset; this has none.
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^2[01]\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$",
            "description": "As the local clock shows it, without offset: 2026-12-31T23:59:00.",
            "examples": ["2026-12-31T23:59:00"],
        }
    ),
]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*$")]


class PlannedBody(Body):
    phase: Phase
    opens: LocalTime


class PlanBody(Body):
    """When each phase opens by itself, by the clocks of one zone. A plan without dates leaves the present one open."""

    zone: Zone
    plan: Annotated[list[PlannedBody], Field(max_length=len(Phase))]


class OpenPhaseBody(Body):
    """Move the round on, or back, and say why; only staff read the reason."""

    phase: Phase
    reason: LongText


class PlannedView(View):
    phase: Phase
    local: str
    zone: str
    instant: datetime
    tzdata_version: str


class OpeningView(View):
    phase: Phase
    opened_at: datetime
    by_date: bool
    reason: str | None = Field(description="For staff.")


class PhasesView(View):
    """A jury's phases. Server time decides which it is; `may` says what of the asker's the table allows in it."""

    jury_id: UUID
    version: int
    phase: Phase | None = Field(description="Null: nobody gave this jury phases, and its own state decides alone.")
    since: datetime | None
    next: PlannedView | None
    plan: list[PlannedView]
    openings: list[OpeningView]
    may: dict[str, bool]


@router.get("/juries/{jury_id}/phases", **does("read_phases"))
async def read_phases(jury_id: UUID, work: WorkDep, response: Response) -> PhasesView:
    jury = await jury_views.jury_shown(work.session, work.actor, jury_id, "read_phases")
    set_etag(response, jury.version)
    return await _view(jury, work)


@router.put("/juries/{jury_id}/phases", **does("plan_phases"))
async def plan_phases(jury_id: UUID, body: PlanBody, version: IfMatch, work: WorkDep, response: Response) -> PhasesView:
    command = PlanPhases(
        jury_id=jury_id,
        version=version,
        zone=body.zone,
        plan=tuple((planned.phase, planned.opens) for planned in body.plan),
    )
    jury = await phases.plan_phases(command, work)
    set_etag(response, jury.version)
    return await _view(jury, work)


@router.post("/juries/{jury_id}/phases/openings", status_code=201, **does("open_phase"))
async def open_phase(jury_id: UUID, body: OpenPhaseBody, work: WorkDep, response: Response) -> PhasesView:
    jury = await phases.open_phase(OpenPhase(jury_id=jury_id, phase=body.phase, reason=body.reason), work)
    set_etag(response, jury.version)
    # Without reasons: answers to a POST are kept for a repeat, and words of people only where they can be erased.
    return await _view(jury, work, with_reasons=False)


async def _view(jury: Jury, work: Work, *, with_reasons: bool = True) -> PhasesView:
    told = round_of(jury)
    due, ahead = told.due(work.now), told.ahead(work.now)
    present = views.since(jury, due)
    staff = work.actor.holds("staff")
    return PhasesView(
        jury_id=jury.id,
        version=jury.version,
        phase=present.phase if present else None,
        since=present.at if present else None,
        next=next((_planned(one.phase, jury) for one in ahead), None),
        plan=[PlannedView.model_validate(one) for one in jury.plan],
        openings=[
            OpeningView(
                phase=Phase(one.phase),
                opened_at=one.opened_at,
                by_date=one.by_date,
                reason=one.reason if staff and with_reasons else None,
            )
            for one in await views.openings(work.session, jury)
        ]
        + [OpeningView(phase=one.phase, opened_at=one.at, by_date=True, reason=None) for one in due],
        may=may("staff" if staff else "juror", told.open(work.now)),
    )


def _planned(phase: Phase, jury: Jury) -> PlannedView:
    return next(PlannedView.model_validate(one) for one in jury.plan if one["phase"] == phase)
