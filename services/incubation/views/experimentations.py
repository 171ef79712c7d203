"""Experimentations, as they are shown: to those who run them, and to everybody."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select, tuple_
from sqlmodel.sql.expression import Select

from services.incubation.domain.experimentations import PUBLIC, ExperimentationState
from services.incubation.domain.findings import Finding, Summary, find
from services.incubation.models import Challenge, Experimentation, Measurement, Project, Startup
from services.incubation.permissions import authorise
from services.incubation.relations import to_project
from services.incubation.repository import NothingWithThisId, load, summaries
from services.incubation.views import scope
from shared.http import Page, Paging, View
from shared.work import Work

Direction = Literal["increase", "decrease"]


class IndicatorView(View):
    """What is measured, in what, and which way is better."""

    name: str
    unit: str
    direction: Direction


class FindingView(View):
    """What the measurements of one indicator say, beside what it was before; null where there are too few."""

    indicator: str
    unit: str
    direction: Direction
    baseline: float
    measurements: int
    mean: float | None
    standard_deviation: float | None
    change: float | None
    change_interval: tuple[float, float] | None = Field(description="Where the true change lies, with 95 % confidence.")
    effect_size: float | None = Field(description="The change in standard deviations of the measurements.")


class PublicExperimentationView(View):
    """What anybody may know of a trial in the city. `protocol_digest` is the SHA-256 of `protocol`."""

    id: UUID
    startup: str | None
    challenge_id: UUID
    challenge_title: dict[str, str] | None
    partner: str
    state: ExperimentationState
    hypothesis: str
    indicators: list[IndicatorView]
    baseline: dict[str, float]
    place: str
    starts_on: date
    ends_on: date
    zone: str
    stop_rule: str
    protocol: str
    protocol_digest: str
    registered_at: datetime
    conditions: str | None
    decided_at: datetime | None
    started_at: datetime | None
    reported_at: datetime | None
    outcome: Literal["confirmed", "refuted", "inconclusive", "stopped"] | None
    words: str | None
    results: list[FindingView]


class ExperimentationView(PublicExperimentationView):
    """The same, for those whom it concerns."""

    project_id: UUID
    version: int


class MeasurementView(View):
    """One value of one indicator at one instant."""

    id: UUID
    experimentation_id: UUID
    indicator: str
    value: float
    unit: str
    measured_at: datetime
    recorded_at: datetime


Row = tuple[Experimentation, Project, Challenge | None, Startup | None]


async def page_of_experimentations(
    work: Work, paging: Paging, *, project_id: UUID | None = None, state: ExperimentationState | None = None
) -> Page[ExperimentationView]:
    query = _with_names().where(scope.projects(work.actor))
    if project_id:
        query = query.where(col(Experimentation.project_id) == project_id)
    if state:
        query = query.where(col(Experimentation.state) == state)
    if after := paging.after(UUID):
        query = query.where(col(Experimentation.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(Experimentation.id)).limit(paging.fetch))).all()
    facts = await _facts(work, rows)
    return paging.page(rows, key=lambda row: (row[0].id,), view=lambda row: ExperimentationView(**facts[row[0].id]))


async def page_of_public_experimentations(work: Work, paging: Paging) -> Page[PublicExperimentationView]:
    query = _with_names().where(col(Experimentation.state).in_(PUBLIC))
    if after := paging.after(UUID):
        query = query.where(col(Experimentation.id) > after[0])
    rows = (await work.session.exec(query.order_by(col(Experimentation.id)).limit(paging.fetch))).all()
    facts = await _facts(work, rows)
    return paging.page(
        rows, key=lambda row: (row[0].id,), view=lambda row: PublicExperimentationView(**facts[row[0].id])
    )


async def experimentation(work: Work, experimentation_id: UUID) -> ExperimentationView:
    found = await readable(work, experimentation_id)
    return await experimentation_view(work, found)


async def readable(work: Work, experimentation_id: UUID) -> Experimentation:
    found = await load(work.session, Experimentation, experimentation_id)
    project = await load(work.session, Project, found.project_id)
    authorise(work.actor, "read_experimentation", to_project(work.actor, project))
    return found


async def public(work: Work, experimentation_id: UUID) -> Experimentation:
    """One that everybody may read; any other is answered as if it were not there."""
    found = await load(work.session, Experimentation, experimentation_id)
    if found.state not in PUBLIC:
        raise NothingWithThisId(Experimentation)
    return found


async def experimentation_view(work: Work, found: Experimentation) -> ExperimentationView:
    """As it is, also right after a change."""
    await work.flush()
    rows = (await work.session.exec(_with_names().where(col(Experimentation.id) == found.id))).all()
    return ExperimentationView(**(await _facts(work, rows))[found.id])


async def public_experimentation(work: Work, experimentation_id: UUID) -> PublicExperimentationView:
    found = await public(work, experimentation_id)
    rows = (await work.session.exec(_with_names().where(col(Experimentation.id) == found.id))).all()
    return PublicExperimentationView(**(await _facts(work, rows))[found.id])


async def page_of_measurements(work: Work, paging: Paging, found: Experimentation) -> Page[MeasurementView]:
    query = select(Measurement).where(col(Measurement.experimentation_id) == found.id)
    if after := paging.after(datetime, UUID):
        query = query.where(tuple_(col(Measurement.measured_at), col(Measurement.id)) > after)
    query = query.order_by(col(Measurement.measured_at), col(Measurement.id)).limit(paging.fetch)
    rows = (await work.session.exec(query)).all()
    return paging.page(rows, key=lambda row: (row.measured_at, row.id), view=MeasurementView.model_validate)


def _with_names() -> Select[Experimentation, Project, Challenge, Startup]:
    return (
        select(Experimentation, Project, Challenge, Startup)
        .join(Project, col(Project.id) == col(Experimentation.project_id))
        .join(Challenge, col(Challenge.id) == col(Project.challenge_id), isouter=True)
        .join(Startup, col(Startup.id) == col(Project.application_id), isouter=True)
    )


async def _facts(work: Work, rows: Sequence[Row]) -> dict[UUID, dict[str, Any]]:
    measured = await summaries(work.session, [row[0].id for row in rows])
    return {row[0].id: _fact(row, measured) for row in rows}


def _fact(row: Row, measured: dict[tuple[UUID, str], Summary]) -> dict[str, Any]:
    found, project, challenge, startup = row
    protocol = json.loads(found.protocol)
    results: list[Finding] = [
        find(
            indicator,
            baseline=protocol["baseline"][indicator["name"]],
            summary=measured.get((found.id, indicator["name"]), Summary()),
        )
        for indicator in protocol["indicators"]
    ]
    return {
        **found.model_dump(exclude={"registered_by", "decided_by", "means"}),
        **{name: protocol[name] for name in ("hypothesis", "indicators", "baseline", "place", "stop_rule")},
        "startup": startup.name if startup else None,
        "challenge_id": project.challenge_id,
        "challenge_title": challenge.title if challenge else None,
        "partner": project.partner,
        "results": [asdict(result) for result in results],
    }
