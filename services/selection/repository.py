"""Loads what is about to change, locked, so that two commands at once take turns.

Everyone locks in the same order: edition, jury, files (by id), reviews. A file's row is what binds the rest: whoever
reads it to decide something shares it, whoever takes it out of somebody's hands (conflict, withdrawal) holds it alone.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.decisions import DecisionsState, Kind
from services.selection.domain.markets import Market
from services.selection.domain.matching import Preferences, strict_order
from services.selection.domain.reviews import LIVE
from services.selection.models import (
    Approval,
    Candidate,
    Challenge,
    Decision,
    Deliberation,
    Dossier,
    Jury,
    Ranking,
    Review,
    Seat,
    TeamMember,
)
from shared.database import new_id
from shared.errors import NotFound

ADMITTED = "admitted"


class NoSuchJury(NotFound):
    message = "There is no jury with this id, or none that you may see. List them with GET /juries."


class NoSuchReview(NotFound):
    message = "There is no review with this id, or none that you may see. List yours with GET /reviews."


class NoSuchDecisions(NotFound):
    message = "There are no decisions with this id. List them with GET /decisions."


async def lock_edition(session: AsyncSession, edition_id: UUID) -> None:
    """One edition's decisions are proposed and published one at a time, until this transaction ends."""
    await (await session.connection()).execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:edition, 0))"), {"edition": f"selection:{edition_id}"}
    )


async def jury_to_change(session: AsyncSession, jury_id: UUID) -> Jury:
    """The jury, locked. Raises NoSuchJury."""
    jury = (await session.exec(select(Jury).where(Jury.id == jury_id).with_for_update())).one_or_none()
    if jury is None:
        raise NoSuchJury
    return jury


async def jurors_of(session: AsyncSession, jury_id: UUID) -> list[UUID]:
    return list(
        (await session.exec(select(Seat.juror_id).where(Seat.jury_id == jury_id).order_by(col(Seat.juror_id)))).all()
    )


async def eligible_files(
    session: AsyncSession, *, challenge_id: UUID | None = None, edition_id: UUID | None = None
) -> Sequence[Candidate]:
    """The admitted files of a challenge or of an edition: none can be withdrawn until this transaction ends."""
    query = select(Candidate).where(Candidate.state == ADMITTED)
    if challenge_id is not None:
        query = query.where(col(Candidate.challenge_ids).contains([challenge_id]))
    if edition_id is not None:
        query = query.where(Candidate.edition_id == edition_id)
    query = query.order_by(col(Candidate.id)).with_for_update(read=True)
    return (await session.exec(query.execution_options(populate_existing=True))).all()


async def file_to_take_away(session: AsyncSession, application_id: UUID) -> Candidate | None:
    """The file, held alone."""
    query = select(Candidate).where(Candidate.id == application_id).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).one_or_none()


async def share_file(session: AsyncSession, application_id: UUID) -> Candidate:
    """The file as it is until this transaction ends."""
    query = select(Candidate).where(Candidate.id == application_id).with_for_update(read=True)
    return (await session.exec(query.execution_options(populate_existing=True))).one()


async def review_to_change(session: AsyncSession, review_id: UUID) -> tuple[Review, Jury]:
    """The review, locked after its file; and its jury, whose phase stays until then. Raises NoSuchReview."""
    query = select(Review.jury_id, Review.application_id).where(Review.id == review_id)
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise NoSuchReview
    jury_id, application_id = found
    jury = (await session.exec(select(Jury).where(Jury.id == jury_id).with_for_update(read=True))).one()
    await share_file(session, application_id)
    locked = select(Review).where(Review.id == review_id).with_for_update()
    return (await session.exec(locked.execution_options(populate_existing=True))).one(), jury


async def hold_discussion(session: AsyncSession, jury_id: UUID, application_id: UUID) -> None:
    """The jury's phase and the file as they are, until this transaction ends; nothing if there are none."""
    await session.exec(select(Jury.id).where(Jury.id == jury_id).with_for_update(read=True))
    await session.exec(select(Candidate.id).where(Candidate.id == application_id).with_for_update(read=True))


async def live_reviews(
    session: AsyncSession,
    *,
    jury_id: UUID | None = None,
    application_ids: Collection[UUID] | None = None,
    juror_id: UUID | None = None,
) -> Sequence[Review]:
    """The open and the submitted reviews, locked."""
    query = select(Review).where(col(Review.state).in_(LIVE))
    if jury_id is not None:
        query = query.where(Review.jury_id == jury_id)
    if application_ids is not None:
        query = query.where(col(Review.application_id).in_(application_ids))
    if juror_id is not None:
        query = query.where(Review.juror_id == juror_id)
    query = query.order_by(col(Review.id)).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).all()


async def newest_revision(session: AsyncSession, candidate: Candidate) -> int:
    """By what its events told or its dossiers show, as either may come first."""
    query = select(func.max(Dossier.revision)).where(Dossier.application_id == candidate.id)
    return max(candidate.revision, (await session.exec(query)).one() or 0)


async def challenge(session: AsyncSession, challenge_id: UUID) -> Challenge | None:
    return await session.get(Challenge, challenge_id)


async def rankings_of(session: AsyncSession, edition_id: UUID) -> Sequence[Ranking]:
    query = select(Ranking).where(Ranking.edition_id == edition_id).order_by(col(Ranking.challenge_id))
    return (await session.exec(query)).all()


async def deliberation_to_change(session: AsyncSession, decisions_id: UUID) -> Deliberation:
    """The decisions, locked after their edition. Raises NoSuchDecisions."""
    query = select(Deliberation.edition_id).where(Deliberation.id == decisions_id)
    edition_id = (await session.exec(query)).one_or_none()
    if edition_id is None:
        raise NoSuchDecisions
    await lock_edition(session, edition_id)
    locked = select(Deliberation).where(Deliberation.id == decisions_id).with_for_update()
    return (await session.exec(locked.execution_options(populate_existing=True))).one()


async def published_results(session: AsyncSession, edition_id: UUID) -> Deliberation | None:
    """What the edition published for all its files, if it did."""
    query = select(Deliberation).where(
        Deliberation.edition_id == edition_id,
        Deliberation.state == DecisionsState.PUBLISHED,
        Deliberation.kind == Kind.RESULTS,
    )
    return (await session.exec(query)).one_or_none()


async def amendments_of(session: AsyncSession, results_id: UUID) -> Sequence[Deliberation]:
    """Who moved up afterwards, in order."""
    query = select(Deliberation).where(
        Deliberation.amends == results_id, Deliberation.state == DecisionsState.PUBLISHED
    )
    return (await session.exec(query.order_by(col(Deliberation.id)))).all()


async def market_of(session: AsyncSession, deliberation: Deliberation) -> Market:
    """As it was kept; of decisions of the first release as it can be made from what was frozen."""
    if deliberation.market is not None:
        return Market.from_json(deliberation.market)
    files = [row.application_id for row in await decisions_in(session, deliberation.id)]
    candidates = (await session.exec(select(Candidate).where(col(Candidate.id).in_(files)))).all()
    capacities = {UUID(challenge): places for challenge, places in deliberation.capacities.items()}
    orders = orders_of(await rankings_of(session, deliberation.edition_id))
    return Market(
        wishes=wishes_of(candidates),
        orders={challenge: orders[challenge] for challenge in capacities},
        capacities=capacities,
        minimums={},
    )


async def decisions_in(session: AsyncSession, deliberation_id: UUID) -> Sequence[Decision]:
    query = select(Decision).where(Decision.deliberation_id == deliberation_id)
    return (await session.exec(query.order_by(col(Decision.application_id)))).all()


async def standing_approvals(session: AsyncSession, deliberation_id: UUID) -> Sequence[Approval]:
    """Those that nothing voided yet."""
    query = select(Approval).where(Approval.deliberation_id == deliberation_id, col(Approval.voided_at).is_(None))
    return (await session.exec(query.order_by(col(Approval.id)))).all()


async def add_team_members(session: AsyncSession, team_id: UUID, person_ids: Collection[UUID]) -> None:
    """Whoever is a member already stays one."""
    rows = [
        {"id": new_id(), "version": 1, "team_id": team_id, "person_id": person} for person in sorted(set(person_ids))
    ]
    if rows:
        await (await session.connection()).execute(insert(TeamMember).values(rows).on_conflict_do_nothing())


async def members_of(session: AsyncSession, team_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The people of each team."""
    query = (
        select(TeamMember.team_id, TeamMember.person_id)
        .where(col(TeamMember.team_id).in_(team_ids))
        .order_by(col(TeamMember.person_id))
    )
    members: dict[UUID, list[UUID]] = {}
    for team_id, person_id in (await session.exec(query)).all():
        members.setdefault(team_id, []).append(person_id)
    return members


def wishes_of(candidates: Sequence[Candidate]) -> Preferences:
    """Of each application the challenges that it named, dearest first; a challenge named twice counts once."""
    return {candidate.id: list(dict.fromkeys(candidate.challenge_ids)) for candidate in candidates}


def orders_of(rankings: Sequence[Ranking]) -> Preferences:
    """Of each ranked challenge its files, best first and without ties."""
    return {
        ranking.challenge_id: strict_order((line["rank"], UUID(line["application_id"])) for line in ranking.files)
        for ranking in rankings
    }
