"""A prototype's trial in the city: registered and locked, authorised, measured, reported."""

import json
from typing import Any
from uuid import UUID

from services.incubation.commands import (
    AuthoriseExperimentation,
    RecordMeasurement,
    RefuseExperimentation,
    RegisterExperimentation,
    ReportExperimentation,
    StartExperimentation,
)
from services.incubation.days import today_in
from services.incubation.domain import experimentations
from services.incubation.domain.experimentations import ExperimentationState, Outcome, Protocol
from services.incubation.domain.projects import require_going_on
from services.incubation.models import Edition, Experimentation, Measurement, Project
from services.incubation.permissions import authorise
from services.incubation.relations import person_of, to_project
from services.incubation.repository import is_measured, load, lock, lock_all_of, summaries
from shared.events.incubation import (
    ExperimentationAuthorised,
    ExperimentationRefused,
    ExperimentationRegistered,
    ExperimentationReported,
    ExperimentationStarted,
    MeasurementRecorded,
)
from shared.work import Work


async def register_experimentation(command: RegisterExperimentation, work: Work) -> Experimentation:
    """Lock the protocol: what is expected, how it is measured, where, when, and what stops it."""
    project = await load(work.session, Project, command.project_id)
    authorise(work.actor, "register_experimentation", to_project(work.actor, project))
    require_going_on(ended_at=project.ended_at, because=project.ended_because)
    zone = (await load(work.session, Edition, project.edition_id)).zone
    protocol = Protocol(
        project_id=project.id,
        hypothesis=command.hypothesis,
        indicators=command.indicators,
        baseline=command.baseline,
        place=command.place,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
        stop_rule=command.stop_rule,
    )
    experimentations.check_protocol(protocol, today=today_in(zone, now=work.now))

    canonical = protocol.canonical()
    experimentation = Experimentation(
        project_id=project.id,
        protocol=canonical,
        protocol_digest=experimentations.digest(canonical),
        starts_on=protocol.starts_on,
        ends_on=protocol.ends_on,
        zone=zone,
        state=ExperimentationState.REGISTERED,
        registered_by=person_of(work.actor),
        registered_at=work.now,
    )
    work.session.add(experimentation)

    work.publish(
        ExperimentationRegistered(
            **_about(experimentation, project),
            protocol_digest=experimentation.protocol_digest,
            place=protocol.place,
            starts_on=protocol.starts_on,
            ends_on=protocol.ends_on,
            indicators=[indicator["name"] for indicator in protocol.indicators],
        )
    )
    return experimentation


async def authorise_experimentation(command: AuthoriseExperimentation, work: Work) -> Experimentation:
    """The city allows it, perhaps under conditions."""
    experimentation, project = await _decide_on(command.experimentation_id, "authorise_experimentation", work)

    experimentation.state = experimentations.become(experimentation.state, ExperimentationState.AUTHORISED)
    _settle(experimentation, conditions=command.conditions, work=work)

    work.publish(ExperimentationAuthorised(**_about(experimentation, project), authorised_by=person_of(work.actor)))
    return experimentation


async def refuse_experimentation(command: RefuseExperimentation, work: Work) -> Experimentation:
    """The city does not allow it, and says why."""
    experimentation, project = await _decide_on(command.experimentation_id, "refuse_experimentation", work)

    experimentation.state = experimentations.become(experimentation.state, ExperimentationState.REFUSED)
    _settle(experimentation, conditions=command.words, work=work)

    work.publish(ExperimentationRefused(**_about(experimentation, project)))
    return experimentation


async def start_experimentation(command: StartExperimentation, work: Work) -> Experimentation:
    """Begin what the city allowed, on the day that the protocol names or after."""
    experimentation, project = await _decide_on(command.experimentation_id, "start_experimentation", work)

    experimentation.state = experimentations.start(
        experimentation.state,
        starts_on=experimentation.starts_on,
        ends_on=experimentation.ends_on,
        today=today_in(experimentation.zone, now=work.now),
        compressed=command.compressed,
    )
    experimentation.started_at = work.now
    work.session.add(experimentation)

    work.publish(ExperimentationStarted(**_about(experimentation, project), started_at=work.now))
    return experimentation


async def record_measurement(command: RecordMeasurement, work: Work) -> Measurement:
    """Keep one value of one indicator; it is never replaced."""
    experimentation, project = await _decide_on(command.experimentation_id, "record_measurement", work)
    experimentations.check_running(experimentation.state)
    indicators = json.loads(experimentation.protocol)["indicators"]
    measurement = Measurement(
        experimentation_id=experimentation.id,
        indicator=command.indicator,
        value=command.value,
        unit=experimentations.unit_of(command.indicator, indicators=indicators),
        measured_at=command.measured_at or work.now,
        recorded_by=person_of(work.actor),
        recorded_at=work.now,
    )
    experimentations.check_instant(
        measurement.measured_at, started_at=experimentation.started_at or work.now, now=work.now
    )
    if await is_measured(work.session, measurement):
        raise experimentations.AlreadyMeasured
    work.session.add(measurement)

    work.publish(
        MeasurementRecorded(
            **_about(experimentation, project),
            indicator=measurement.indicator,
            value=measurement.value,
            unit=measurement.unit,
            measured_at=measurement.measured_at,
        )
    )
    return measurement


async def report_experimentation(command: ReportExperimentation, work: Work) -> Experimentation:
    """Say what came out, also when it is not what was hoped for; the means are computed here, not told."""
    experimentation, project = await _decide_on(command.experimentation_id, "report_experimentation", work)
    protocol = json.loads(experimentation.protocol)
    means = await _means(experimentation, work)

    experimentation.state = experimentations.report(
        experimentation.state,
        outcome=command.outcome,
        ends_on=experimentation.ends_on,
        today=today_in(experimentation.zone, now=work.now),
        indicators=[indicator["name"] for indicator in protocol["indicators"]],
        means=means,
        compressed=command.compressed,
    )
    experimentation.words = command.words
    _say_outcome(experimentation, project, command.outcome, means, work)
    return experimentation


async def stop_running(project: Project, work: Work) -> None:
    """The project has ended: what runs in the city is stopped, and what was measured until then stays public."""
    for experimentation in await lock_all_of(work.session, Experimentation, project.id):
        if experimentation.state == ExperimentationState.RUNNING:
            experimentation.state = experimentations.become(experimentation.state, ExperimentationState.REPORTED)
            means = await _means(experimentation, work)
            _say_outcome(experimentation, project, experimentations.STOPPED, means, work)


async def _means(experimentation: Experimentation, work: Work) -> dict[str, float]:
    measured = await summaries(work.session, [experimentation.id])
    return {indicator: summary.mean for (_, indicator), summary in sorted(measured.items()) if summary.mean is not None}


def _say_outcome(
    experimentation: Experimentation, project: Project, outcome: Outcome, means: dict[str, float], work: Work
) -> None:
    experimentation.outcome = outcome
    experimentation.means = means
    experimentation.reported_at = work.now
    work.session.add(experimentation)

    baselines = json.loads(experimentation.protocol)["baseline"]
    work.publish(
        ExperimentationReported(**_about(experimentation, project), outcome=outcome, means=means, baselines=baselines)
    )


async def _decide_on(experimentation_id: UUID, action: str, work: Work) -> tuple[Experimentation, Project]:
    experimentation = await lock(work.session, Experimentation, experimentation_id)
    project = await load(work.session, Project, experimentation.project_id)
    authorise(work.actor, action, to_project(work.actor, project))
    require_going_on(ended_at=project.ended_at, because=project.ended_because)
    return experimentation, project


def _settle(experimentation: Experimentation, *, conditions: str | None, work: Work) -> None:
    experimentation.conditions = conditions
    experimentation.decided_by = person_of(work.actor)
    experimentation.decided_at = work.now
    work.session.add(experimentation)


def _about(experimentation: Experimentation, project: Project) -> dict[str, Any]:
    return {
        "experimentation_id": experimentation.id,
        "project_id": project.id,
        "application_id": project.application_id,
        "challenge_id": project.challenge_id,
        "partner": project.partner,
        "lead_id": project.lead_id,
    }
