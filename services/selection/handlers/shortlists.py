"""Opens a challenge's shortlist to its partner, and takes the partner's order of it."""

from uuid import UUID

from sqlmodel import select

from services.selection import repository
from services.selection.commands import OpenShortlist, OrderShortlist
from services.selection.domain import shortlists as domain
from services.selection.domain.decisions import ResultsAlreadyPublished
from services.selection.models import Challenge, Ranking, Shortlist
from services.selection.permissions import authorise_or_hide, person_id
from services.selection.rounds import require_in_edition
from services.selection.views.scope import in_conflict_with
from shared.errors import StaleVersion
from shared.events.selection import ShortlistOpened, ShortlistOrdered
from shared.identity import Resource
from shared.work import Work


async def open_shortlist(command: OpenShortlist, work: Work) -> Shortlist:
    """Let the partner see the files that reach a score, and nothing of how they rank."""
    challenge = await _challenge(command.challenge_id, "open_shortlist", work)
    ranking = (await work.session.exec(select(Ranking).where(Ranking.challenge_id == challenge.id))).one_or_none()
    if ranking is None:
        raise domain.NotRankedYet
    files = domain.files_above(ranking.files, lowest_score=command.lowest_score)
    found = await _shortlist(challenge.id, work)
    if found is not None and found.order is not None:
        raise domain.OrderAlreadyGiven
    shortlist = found or Shortlist(
        challenge_id=challenge.id,
        edition_id=challenge.edition_id,
        ranking_id=ranking.id,
        lowest_score=command.lowest_score,
        files=[],
        opened_at=work.now,
        opened_by=work.actor.name,
    )
    work.session.add(shortlist)
    shortlist.lowest_score, shortlist.files = command.lowest_score, sorted(files)
    shortlist.opened_at, shortlist.opened_by = work.now, work.actor.name
    await work.session.flush()
    work.publish(
        ShortlistOpened(
            shortlist_id=shortlist.id,
            challenge_id=challenge.id,
            edition_id=challenge.edition_id,
            ranking_id=ranking.id,
            lowest_score=command.lowest_score,
            files=len(files),
        )
    )
    return shortlist


async def order_shortlist(command: OrderShortlist, work: Work) -> Shortlist:
    """The challenge's own order of the best files: the next proposal of decisions matches by it."""
    challenge = await _challenge(command.challenge_id, "order_shortlist", work)
    shortlist = await _shortlist(challenge.id, work)
    if shortlist is None:
        raise domain.NoSuchShortlist
    if shortlist.version != command.version:
        raise StaleVersion
    if await in_conflict_with(work.session, person_id(work.actor), shortlist.files):
        raise domain.InConflictWithShortlist
    domain.check_order(command.application_ids, shortlist.files)

    shortlist.order = list(command.application_ids)
    shortlist.ordered_at, shortlist.ordered_by = work.now, work.actor.name

    await work.session.flush()
    work.publish(
        ShortlistOrdered(
            shortlist_id=shortlist.id,
            challenge_id=challenge.id,
            edition_id=challenge.edition_id,
            ranking_id=shortlist.ranking_id,
        )
    )
    return shortlist


async def _challenge(challenge_id: UUID, action: str, work: Work) -> Challenge:
    """The challenge, if it is this person's business, with its edition's decisions held as they are."""
    challenge = await repository.challenge(work.session, challenge_id)
    if challenge is None:
        raise domain.NoSuchShortlist
    own = {"own"} if challenge.partner == work.actor.organisation else set()
    authorise_or_hide(work.actor, action, Resource(own), hidden=domain.NoSuchShortlist())
    await repository.lock_edition(work.session, challenge.edition_id)
    role = "staff" if work.actor.holds("staff") else "partner"
    await require_in_edition(work.session, challenge.edition_id, role, action, now=work.now)
    if await repository.published_results(work.session, challenge.edition_id):
        raise ResultsAlreadyPublished
    return challenge


async def _shortlist(challenge_id: UUID, work: Work) -> Shortlist | None:
    query = select(Shortlist).where(Shortlist.challenge_id == challenge_id).with_for_update()
    return (await work.session.exec(query.execution_options(populate_existing=True))).one_or_none()
