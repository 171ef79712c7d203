"""Loads what a decision is about, locked until the decision is committed."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import sqlalchemy
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.incubation.domain.data_room import LIVE
from services.incubation.domain.findings import Summary
from services.incubation.domain.workshops import RegistrationState
from services.incubation.models import (
    Challenge,
    DataGrant,
    Dataset,
    Edition,
    Evidence,
    Experimentation,
    FocusGroup,
    LicenceAcceptance,
    Measurement,
    Milestone,
    Project,
    Table,
    Workshop,
    WorkshopRegistration,
)
from shared.errors import NotFound

Row = TypeVar("Row", bound=Table)

NAMES: dict[type[Table], str] = {
    Challenge: "published challenge",
    DataGrant: "access",
    Dataset: "dataset",
    Edition: "edition",
    Experimentation: "experimentation",
    FocusGroup: "focus group",
    Milestone: "milestone",
    Project: "project",
    Workshop: "workshop",
}


class NothingWithThisId(NotFound):
    def __init__(self, kind: type[Table]) -> None:
        super().__init__(
            f"There is no {NAMES[kind]} with this id, or incubation has not heard of it yet. "
            "Check the id, and if it is new try again in a moment."
        )


async def load(session: AsyncSession, kind: type[Row], id_: UUID) -> Row:
    """Read one, without a lock: for reading, and for what never changes."""
    row = await session.get(kind, id_)
    if row is None:
        raise NothingWithThisId(kind)
    return row


async def lock(session: AsyncSession, kind: type[Row], id_: UUID) -> Row:
    """Read one as it is now and keep everybody else from changing it until this transaction ends."""
    query = select(kind).where(col(kind.id) == id_).with_for_update().execution_options(populate_existing=True)
    row = (await session.exec(query)).one_or_none()
    if row is None:
        raise NothingWithThisId(kind)
    return row


async def hold_application(session: AsyncSession, application_id: UUID) -> None:
    """Until this transaction ends nobody else opens or ends its project: both are told on topics of their own."""
    key = f"incubation:{application_id}"
    await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def lock_all_of(session: AsyncSession, kind: type[Row], project_id: UUID) -> Sequence[Row]:
    """All that a project has of one kind, locked in the order of ids."""
    of_project = sqlalchemy.column("project_id") == project_id
    query = select(kind).where(of_project).order_by(col(kind.id)).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).all()


async def project_of_application(session: AsyncSession, application_id: UUID) -> Project | None:
    return (await session.exec(select(Project).where(col(Project.application_id) == application_id))).one_or_none()


async def projects_of_challenge(session: AsyncSession, challenge_id: UUID) -> Sequence[Project]:
    query = select(Project).where(col(Project.challenge_id) == challenge_id).order_by(col(Project.id))
    return (await session.exec(query)).all()


async def zone_of(session: AsyncSession, edition_id: UUID) -> str:
    """The edition's time zone; UTC as long as its announcement has not come."""
    edition = await session.get(Edition, edition_id)
    return edition.zone if edition else "UTC"


async def evidence_under_review(session: AsyncSession, milestone: Milestone) -> Evidence:
    query = select(Evidence).where(
        col(Evidence.milestone_id) == milestone.id, col(Evidence.attempt) == milestone.attempt
    )
    return (await session.exec(query)).one()


async def live_grant(session: AsyncSession, *, dataset_id: UUID, project_id: UUID) -> DataGrant | None:
    query = (
        select(DataGrant)
        .where(
            col(DataGrant.dataset_id) == dataset_id,
            col(DataGrant.project_id) == project_id,
            col(DataGrant.state).in_(LIVE),
        )
        .with_for_update()
    )
    return (await session.exec(query)).one_or_none()


async def acceptance(session: AsyncSession, *, grant_id: UUID, person_id: UUID) -> LicenceAcceptance | None:
    query = select(LicenceAcceptance).where(
        col(LicenceAcceptance.grant_id) == grant_id, col(LicenceAcceptance.person_id) == person_id
    )
    return (await session.exec(query)).one_or_none()


async def focus_group_of(session: AsyncSession, challenge_id: UUID) -> FocusGroup | None:
    return (await session.exec(select(FocusGroup).where(col(FocusGroup.challenge_id) == challenge_id))).one_or_none()


async def registration(
    session: AsyncSession, *, workshop_id: UUID, email_key: str | None = None, person_id: UUID | None = None
) -> WorkshopRegistration | None:
    """The seat that this address, or this person, holds at the workshop."""
    query = select(WorkshopRegistration).where(
        col(WorkshopRegistration.workshop_id) == workshop_id,
        col(WorkshopRegistration.state) == RegistrationState.TAKEN,
        col(WorkshopRegistration.email_key) == email_key
        if email_key is not None
        else col(WorkshopRegistration.person_id) == person_id,
    )
    return (await session.exec(query)).one_or_none()


async def registration_by_token(
    session: AsyncSession, *, workshop_id: UUID, token_digest: str
) -> WorkshopRegistration | None:
    query = select(WorkshopRegistration).where(
        col(WorkshopRegistration.workshop_id) == workshop_id,
        col(WorkshopRegistration.token_digest) == token_digest,
        col(WorkshopRegistration.state) == RegistrationState.TAKEN,
    )
    return (await session.exec(query)).one_or_none()


async def summaries(session: AsyncSession, experimentation_ids: Sequence[UUID]) -> dict[tuple[UUID, str], Summary]:
    """What was measured, by experimentation and indicator; what was not measured is not in it."""
    query = (
        sqlalchemy.select(
            col(Measurement.experimentation_id),
            col(Measurement.indicator),
            func.count(),
            func.avg(col(Measurement.value)),
            func.stddev_samp(col(Measurement.value)),
        )
        .where(col(Measurement.experimentation_id).in_(experimentation_ids))
        .group_by(col(Measurement.experimentation_id), col(Measurement.indicator))
    )
    return {
        (experimentation_id, indicator): Summary(measurements=count, mean=mean, standard_deviation=deviation)
        for experimentation_id, indicator, count, mean, deviation in await (await session.connection()).execute(query)
    }


async def is_measured(session: AsyncSession, measurement: Measurement) -> bool:
    """Whether this indicator has a value for this instant already."""
    query = select(Measurement.id).where(
        col(Measurement.experimentation_id) == measurement.experimentation_id,
        col(Measurement.indicator) == measurement.indicator,
        col(Measurement.measured_at) == measurement.measured_at,
    )
    return (await session.exec(query)).first() is not None
