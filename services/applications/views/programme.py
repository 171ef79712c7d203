"""Editions, challenges and calls, as each asker may read them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import col, select

from services.applications import relations
from services.applications.domain import challenges
from services.applications.domain.challenges import ChallengeStatus
from services.applications.models import (
    Call,
    Challenge,
    Edition,
)
from services.applications.views.paging import After, page_of
from shared.identity import Actor
from shared.work import Work


async def editions(work: Work, *, after: After, limit: int) -> Sequence[Edition]:
    return await page_of(work, select(Edition), Edition, after=after, limit=limit)


async def challenges_shown(work: Work, *, edition_id: UUID | None, after: After, limit: int) -> Sequence[Challenge]:
    query = select(Challenge).where(visible_challenges(work.actor))
    if edition_id:
        query = query.where(col(Challenge.edition_id) == edition_id)
    return await page_of(work, query, Challenge, after=after, limit=limit)


async def challenge(work: Work, challenge_id: UUID) -> Challenge:
    found = await work.session.get(Challenge, challenge_id)
    if found is None or not relations.may_read_challenge(work.actor, found):
        raise challenges.NoSuchChallenge
    return found


def visible_challenges(actor: Actor) -> ColumnElement[bool]:
    """Published ones for all, a partner's own for that partner, all for staff."""
    if actor.holds("staff"):
        return true()
    published = col(Challenge.status) == ChallengeStatus.PUBLISHED
    if actor.holds("partner") and actor.organisation is not None:
        return or_(published, col(Challenge.partner) == actor.organisation)
    return published


async def calls_shown(work: Work, *, edition_id: UUID | None, after: After, limit: int) -> Sequence[Call]:
    query = select(Call)
    if edition_id:
        query = query.where(col(Call.edition_id) == edition_id)
    return await page_of(work, query, Call, after=after, limit=limit)
