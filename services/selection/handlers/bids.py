"""A juror says how much it would like to review which file, before files are assigned."""

from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.commands.ties import BidOnFiles
from services.selection.domain.juries import check_bidding
from services.selection.handlers.claims import note_claim
from services.selection.handlers.conflicts import NoSuchCandidate
from services.selection.models import Bid, Candidate, Jury, Seat
from services.selection.permissions import authorise_or_hide
from services.selection.repository import NoSuchJury
from services.selection.rounds import require
from services.selection.views.scope import without_conflict
from shared.events.selection import FileBidOn
from shared.identity import Resource
from shared.work import Work


async def jury_to_bid_in(jury_id: UUID, person_id: UUID, work: Work) -> Jury:
    """The jury, if this person sits in it and may bid now. Raises NoSuchJury, PhaseNotOpen or BiddingOver."""
    jury = await work.session.get(Jury, jury_id)
    # The seat is held: who bids in two windows at once takes turns.
    query = select(Seat.id).where(Seat.jury_id == jury_id, Seat.juror_id == person_id).with_for_update()
    relations = {"judge"} if (await work.session.exec(query)).one_or_none() else frozenset[str]()
    authorise_or_hide(work.actor, "bid_on_files", Resource(relations), hidden=NoSuchJury())
    if jury is None:
        raise NoSuchJury
    require(jury, "juror", "bid_on_files", now=work.now)
    check_bidding(jury.state)
    return jury


async def bid_on_files(command: BidOnFiles, work: Work) -> int:
    """Keep what the juror said of each, and count what changed; a file that it may not see refuses them all."""
    await note_claim(command.juror_id, work)
    jury = await jury_to_bid_in(command.jury_id, command.juror_id, work)
    visible = select(Candidate.id).where(
        col(Candidate.id).in_(command.bids),
        Candidate.state == repository.ADMITTED,
        col(Candidate.challenge_ids).contains([jury.challenge_id]),
        without_conflict(col(Candidate.id), command.juror_id, organisation=work.actor.organisation),
    )
    if set((await work.session.exec(visible)).all()) != set(command.bids):
        raise NoSuchCandidate
    query = select(Bid).where(
        Bid.jury_id == jury.id, Bid.juror_id == command.juror_id, col(Bid.application_id).in_(command.bids)
    )
    before = {bid.application_id: bid for bid in (await work.session.exec(query)).all()}
    changed = 0
    for file, said in sorted(command.bids.items()):
        bid = before.get(file)
        if said == (bid.bid if bid else None):
            continue
        if bid is None:
            bid = Bid(jury_id=jury.id, juror_id=command.juror_id, application_id=file)
            work.session.add(bid)
        bid.bid, bid.bid_at = said, work.now
        changed += 1
        work.publish(
            FileBidOn(
                bid_id=bid.id,
                jury_id=jury.id,
                application_id=file,
                juror_id=command.juror_id,
                bid=said.value if said else None,
            )
        )
    await work.session.flush()
    return changed
