"""Editions, challenges and calls."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import col, select

from services.applications.domain import applications, calls, challenges
from services.applications.domain.deadlines import API
from services.applications.models import (
    Application,
    Call,
    CallChallenge,
    Challenge,
    Edition,
    Heartbeat,
)
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
    """Locked, as it or its rules are about to change: waits for those who are handing in."""
    return _known(await work.session.get(Call, call_id, with_for_update=True))


async def call_held(work: Work, call_id: UUID) -> Call:
    """It can't be closed before this work is saved, nor its rules change."""
    return _known(await work.session.get(Call, call_id, with_for_update={"read": True}, populate_existing=True))


async def call_as_it_is(work: Work, call_id: UUID) -> Call:
    return _known(await work.session.get(Call, call_id))


def _known(call: Call | None) -> Call:
    if call is None:
        raise challenges.NoSuchCall
    return call


async def call_of(work: Work, call_id: UUID) -> Call:
    """The call of a file that is there."""
    return await work.session.get_one(Call, call_id)


async def call_to_close(work: Work, *, grace: timedelta) -> Call | None:
    """The call that is longest due, if any, locked: waits for those who are handing in, and for another worker.

    A call that nobody could reach when its deadline came waits until it is reached again: then it gets more time.
    """
    unreachable = exists().where(col(Heartbeat.part) == API, col(Heartbeat.beat_at) < col(Call.last_deadline_at))
    query = (
        select(Call)
        .where(
            col(Call.status) == calls.CallStatus.ANNOUNCED,
            col(Call.last_deadline_at) < work.now - grace,
            ~unreachable,
        )
        .order_by(col(Call.last_deadline_at))
        .limit(1)
        .with_for_update(of=Call)
    )
    return (await work.session.exec(query)).first()


async def calls_to_extend(work: Work) -> list[UUID]:
    """Those that are not closed yet, always in the same order."""
    query = select(Call.id).where(col(Call.status) == calls.CallStatus.ANNOUNCED).order_by(col(Call.id))
    return list(await work.session.exec(query))


async def call_to_resolve(work: Work, *, tzdata_version: str) -> Call | None:
    """One whose rules were resolved with other time zone data, locked; two workers skip each other's."""
    query = (
        select(Call)
        .where(col(Call.status) == calls.CallStatus.ANNOUNCED, col(Call.resolved_with) != tzdata_version)
        .order_by(col(Call.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await work.session.exec(query)).first()


async def offered(work: Work, call_id: UUID) -> list[UUID]:
    """The challenges that may be applied for, in the call's order."""
    query = select(CallChallenge.challenge_id).where(col(CallChallenge.call_id) == call_id)
    return list(await work.session.exec(query.order_by(col(CallChallenge.position))))


async def handed_in(work: Work, call_id: UUID) -> list[UUID]:
    """The applications that a call closes with: submitted and not taken back."""
    query = (
        select(Application.id)
        .where(col(Application.call_id) == call_id, col(Application.status) == applications.Status.SUBMITTED)
        .order_by(col(Application.id))
    )
    return list(await work.session.exec(query))
