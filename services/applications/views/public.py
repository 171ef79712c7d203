"""What the public site shows: the edition that goes on, and its calls with all that decides when they take files."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.applications import repository
from services.applications.domain.applications import NoSuchApplication, Status
from services.applications.domain.forms import Form
from services.applications.models import Application, Call, CallChallenge, Challenge, Edition, Revision
from services.applications.schedules import Schedule
from services.applications.views.forms import form_of_call
from services.applications.views.programme import visible_challenges
from shared.work import Work


async def newest_edition(work: Work) -> Edition | None:
    query = select(Edition).order_by(col(Edition.created_at).desc(), col(Edition.id).desc()).limit(1)
    return (await work.session.exec(query)).first()


async def calls_newest_first(work: Work, *, edition_id: UUID | None = None, limit: int = 50) -> Sequence[Call]:
    query = select(Call).order_by(col(Call.created_at).desc(), col(Call.id).desc()).limit(limit)
    if edition_id:
        query = query.where(col(Call.edition_id) == edition_id)
    return list(await work.session.exec(query))


class Selected(NamedTuple):
    """A startup that was selected, as everyone may know once results are published; blank once it was forgotten."""

    startup: str
    title: str
    challenge: Challenge


async def selected(work: Work, edition_id: UUID) -> list[Selected]:
    """Those whose results were published, by challenge."""
    query = (
        select(Revision.startup, Revision.title, Challenge)
        .join(Application, col(Application.id) == col(Revision.application_id))
        .join(Challenge, col(Challenge.id) == col(Application.matched_challenge_id))
        .where(
            col(Application.edition_id) == edition_id,
            col(Application.status) == Status.SELECTED,
            col(Revision.number) == col(Application.revision),
        )
        .order_by(col(Challenge.created_at), col(Application.submitted_at))
    )
    return [Selected(*row) for row in await work.session.exec(query)]


async def schedules_of(work: Work, calls: Sequence[Call], *, team_ids: Collection[UUID] = ()) -> list[Schedule]:
    """As everyone knows them, and as these teams do."""
    return [await repository.scheduled(work, call, team_ids=team_ids) for call in calls]


async def schedules_by_id(work: Work, call_ids: Collection[UUID], *, team_ids: Collection[UUID] = ()) -> list[Schedule]:
    found = list(await work.session.exec(select(Call).where(col(Call.id).in_(call_ids))))
    return await schedules_of(work, found, team_ids=team_ids)


async def challenges_among(work: Work, ids: Collection[UUID]) -> list[Challenge]:
    return list(await work.session.exec(select(Challenge).where(col(Challenge.id).in_(ids))))


async def challenges_of_call(work: Work, call_id: UUID) -> list[Challenge]:
    """Those that a call offers, in its order."""
    query = (
        select(Challenge)
        .join(CallChallenge, col(CallChallenge.challenge_id) == col(Challenge.id))
        .where(col(CallChallenge.call_id) == call_id, visible_challenges(work.actor))
        .order_by(col(CallChallenge.position))
    )
    return list(await work.session.exec(query))


async def calls_offering(work: Work, challenge_id: UUID) -> list[Call]:
    """The calls in which one may apply for a challenge, the newest first."""
    query = (
        select(Call)
        .join(CallChallenge, col(CallChallenge.call_id) == col(Call.id))
        .where(col(CallChallenge.challenge_id) == challenge_id)
        .order_by(col(Call.created_at).desc())
    )
    return list(await work.session.exec(query))


async def form_answered(work: Work, application_id: UUID) -> Form | None:
    """What the application's call asks; None if it asks freely. Whose application it is is not looked at."""
    found = await work.session.get(Application, application_id)
    if found is None:
        raise NoSuchApplication
    set_ = await form_of_call(work, found.call_id)
    return set_.form if set_ else None


async def edition_of(work: Work, application_id: UUID) -> Edition | None:
    query = select(Edition).join(Application, col(Application.edition_id) == col(Edition.id))
    return (await work.session.exec(query.where(col(Application.id) == application_id))).first()
