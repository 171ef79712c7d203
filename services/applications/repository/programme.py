"""Editions, challenges, calls and their schedules."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

from services.applications.domain import applications, calls, challenges
from services.applications.models import (
    Application,
    Call,
    CallChallenge,
    Challenge,
    DeadlineRule,
    Edition,
)
from services.applications.schedules import Schedule
from shared.work import Work


async def edition(work: Work, edition_id: UUID) -> Edition:
    found = await work.session.get(Edition, edition_id)
    if found is None:
        raise challenges.NoSuchEdition
    return found


async def challenge(work: Work, challenge_id: UUID) -> Challenge:
    """Locked, as it is about to change."""
    found = await work.session.get(Challenge, challenge_id, with_for_update=True)
    if found is None:
        raise challenges.NoSuchChallenge
    return found


async def published_among(work: Work, challenge_ids: Collection[UUID], *, edition_id: UUID) -> set[UUID]:
    """Those of them that are published challenges of the edition."""
    query = select(Challenge.id).where(
        col(Challenge.id).in_(challenge_ids),
        col(Challenge.edition_id) == edition_id,
        col(Challenge.status) == challenges.ChallengeStatus.PUBLISHED,
    )
    return set(await work.session.exec(query))


async def call(work: Work, call_id: UUID) -> Call:
    """Locked, as it is about to be closed or opened: waits for those who are handing in."""
    found = await work.session.get(Call, call_id, with_for_update=True)
    if found is None:
        raise challenges.NoSuchCall
    return found


async def call_of(work: Work, call_id: UUID) -> Call:
    """The call of a file that is there."""
    return await work.session.get_one(Call, call_id)


async def call_to_close(work: Work, *, grace: timedelta) -> Call | None:
    """The call that is longest due, if any, locked: waits for those who are handing in, and for another worker."""
    query = (
        select(Call)
        .where(
            col(Call.status) == calls.CallStatus.ANNOUNCED,
            col(Call.last_deadline_at) < work.now - grace,
        )
        .order_by(col(Call.last_deadline_at))
        .limit(1)
        .with_for_update()
    )
    return (await work.session.exec(query)).first()


async def schedule(work: Work, call_id: UUID, *, hold: bool) -> Schedule:
    """A call's schedule; with `hold` the call can't be closed before this work is saved."""
    lock = {"read": True} if hold else None
    found = await work.session.get(Call, call_id, with_for_update=lock, populate_existing=hold)
    if found is None:
        raise challenges.NoSuchCall
    return await scheduled(work, found)


async def scheduled(work: Work, found: Call) -> Schedule:
    return Schedule.of(found, await rules_of(work, found.id))


async def offered(work: Work, call_id: UUID) -> list[UUID]:
    """The challenges that may be applied for, in the call's order."""
    query = select(CallChallenge.challenge_id).where(col(CallChallenge.call_id) == call_id)
    return list(await work.session.exec(query.order_by(col(CallChallenge.position))))


async def rules_of(work: Work, call_id: UUID) -> list[DeadlineRule]:
    """The call's deadlines: the one for all, then those of single challenges."""
    query = select(DeadlineRule).where(col(DeadlineRule.call_id) == call_id)
    return list(await work.session.exec(query.order_by(col(DeadlineRule.challenge_id).nulls_first())))


async def handed_in(work: Work, call_id: UUID) -> list[UUID]:
    """The applications that a call closes with: submitted and not taken back."""
    query = (
        select(Application.id)
        .where(col(Application.call_id) == call_id, col(Application.status) == applications.Status.SUBMITTED)
        .order_by(col(Application.id))
    )
    return list(await work.session.exec(query))
