"""Proofs over the journal: what anybody may ask of its hashes, and the proof of one event for whom it concerns."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response
from pydantic import Field

from services.notifications.api.log import NothingSealedYet, undamaged
from services.notifications.api.shown import LAST_POSITION, PREFIX
from services.notifications.domain.journal import KEPT_FROM_JURORS, RANKING_PUBLISHED, RECEIPTED
from services.notifications.handlers import cosigning
from services.notifications.models import Entry
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries, journal, rankings
from shared.errors import BadRequest, NotFound, Unavailable
from shared.http import View, WorkDep, does, service_router
from shared.identity import Actor, Resource
from shared.operations.exports import JudgesToo
from shared.tlog.encoding import to_base64
from shared.tlog.merkle import OutsideTree
from shared.work import Work

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["journal"])

Size = Annotated[int | None, Query(ge=1, le=LAST_POSITION, description="The tree's; the latest if left out.")]
MOST_OPENINGS = 256
_PROOF: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


class NoSuchEvent(NotFound):
    message = "The journal has no event with this id that you may have proven. Check the id on your receipt."


class NotSealedYet(Unavailable):
    slug = "not-sealed-yet"
    message = "This event is recorded and not under a checkpoint yet. Ask again in a few seconds."
    retry_after = 5


class BeyondJournal(BadRequest):
    slug = "beyond-journal"
    message = "The journal is not that long, or the sizes are the wrong way round. Read its size in /log/checkpoint."


class ProofView(View):
    """The hashes of a proof, in base64, as RFC 6962 orders them."""

    size: int = Field(description="Of the tree to which the proof leads.")
    hashes: list[str]


class OpeningsView(View):
    """Openings of entries side by side, each in base64, as `shared/journal.py` says."""

    first: int
    openings: list[str]


class WitnessView(View):
    """How far a witness has cosigned."""

    witness: str
    key_id: str
    size: int
    cosigned_at: datetime


class JournalView(View):
    """How far events are sealed, and who cosigned."""

    recorded: int = Field(description="Events that are recorded.")
    sealed: int = Field(description="Those of them that are under the last checkpoint.")
    vkeys: list[str] = Field(description="The keys that sign checkpoints, the current one first.")
    witnesses: list[WitnessView]


@router.get("/journal", **does("read_log"))
async def read_journal(work: WorkDep) -> JournalView:
    return JournalView(
        recorded=await entries.head(work.session),
        sealed=await journal.size(work.session),
        vkeys=await journal.vkeys(work.session),
        witnesses=[
            WitnessView(witness=each.witness, key_id=each.key_id.hex(), size=each.size, cosigned_at=each.cosigned_at)
            for each in await journal.witnesses(work.session)
        ],
    )


@router.get("/journal/checkpoints/{size}", response_class=Response, responses=_PROOF, **does("read_log"))
async def read_checkpoint_at(work: WorkDep, size: Annotated[int, Path(ge=1, le=LAST_POSITION)]) -> Response:
    """A checkpoint that was signed, with all who cosigned it: the newest one is seldom that which witnesses saw."""
    note = await journal.checkpoint_at(work.session, size)
    if note is None:
        raise cosigning.NoSuchCheckpoint
    return Response(note.encode(), media_type="text/plain; charset=utf-8")


@router.get("/journal/inclusion", **does("read_log"))
async def prove_inclusion(
    work: WorkDep,
    index: Annotated[int, Query(ge=0, le=LAST_POSITION, description="The entry's number, from 0.")],
    size: Size = None,
) -> ProofView:
    """That an entry is in the tree of this size."""
    tree, root = await _sealed(work, size)
    try:
        with undamaged():
            hashes = await journal.inclusion(work.session, index, tree, root=root)
    except OutsideTree as outside:
        raise BeyondJournal from outside
    return ProofView(size=tree, hashes=[to_base64(each) for each in hashes])


@router.get("/journal/consistency", **does("read_log"))
async def prove_consistency(
    work: WorkDep,
    old_size: Annotated[int, Query(ge=0, le=LAST_POSITION)],
    size: Size = None,
) -> ProofView:
    """That the tree of `size` begins with all of the tree of `old_size`: nothing was changed or taken out."""
    tree, _ = await _sealed(work, size)
    try:
        with undamaged():
            hashes = await journal.consistency(work.session, old_size, tree)
    except OutsideTree as outside:
        raise BeyondJournal from outside
    return ProofView(size=tree, hashes=[to_base64(each) for each in hashes])


@router.get("/journal/events/{event_id}/proof", response_class=Response, responses=_PROOF, **does("read_proof"))
async def prove_event(
    event_id: Annotated[UUID, Path(description="As the receipt names it.")], work: WorkDep
) -> Response:
    """That an event is in the journal, with the event itself, in one file (https://c2sp.org/tlog-proof).

    `datacity verify FILE` checks it offline. Staff and auditors have it of any event; applicants of what they handed
    in; jurors of their own reviews; both of a published ranking that they were ranked in or judged for.
    """
    entry = await entries.of_event(work.session, event_id)
    if entry is None or not await _may_prove(entry, work):
        raise NoSuchEvent
    with undamaged():
        proof = await journal.proof(work.session, entry)
    if proof is None:
        raise NotSealedYet
    name = f"datacity-{event_id}.tlog-proof"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(proof.encode(), media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/journal/openings", **does("read_openings", limited=False))
async def read_openings(
    work: WorkDep,
    first: Annotated[int, Query(ge=0, le=LAST_POSITION, description="The first entry's number, from 0.")],
    limit: Annotated[int, Query(ge=1, le=MOST_OPENINGS)] = MOST_OPENINGS,
) -> OpeningsView:
    """What shows what sealed entries say, many at once, for whoever checks the whole journal: staff and auditors."""
    if work.actor.holds("juror"):
        raise JudgesToo
    shown = await journal.openings(work.session, first, limit)
    return OpeningsView(first=first, openings=[to_base64(each) for each in shown])


@router.post(
    "/journal/checkpoints/{size}/cosignatures",
    status_code=201,
    **does("cosign_checkpoint", body_limit=10_000, accepts=["text/plain"]),
)
async def cosign_checkpoint(
    size: Annotated[int, Path(ge=1, le=LAST_POSITION)], request: Request, work: WorkDep
) -> WitnessView:
    """A witness's signature line under a checkpoint (https://c2sp.org/tlog-cosignature): it alone authorises."""
    known = cosigning.witnesses_of(request.app.state.settings.journal_witnesses)
    cosigned = await cosigning.cosign(size, await request.body(), known, work)
    return WitnessView(
        witness=cosigned.witness, key_id=cosigned.key_id.hex(), size=size, cosigned_at=cosigned.cosigned_at
    )


async def _sealed(work: Work, size: int | None) -> tuple[int, bytes | None]:
    """The size of the tree that is meant, and its root if that is the newest."""
    sealed = await journal.latest(work.session)
    if sealed is None:
        raise NothingSealedYet
    if size is not None and size > sealed.size:
        raise BeyondJournal
    return (sealed.size, sealed.root) if size in {None, sealed.size} else (size or sealed.size, None)


async def _may_prove(entry: Entry, work: Work) -> bool:
    """An opening shows the whole event, so it goes only to those who know all that it says."""
    actor = work.actor
    relations = set()
    if entry.actor == actor.person_id and entry.type in RECEIPTED["juror"]:
        relations.add("own")
    file = entry.file if entry.type in RECEIPTED["applicant"] else None
    if file is not None and await entries.is_member(work.session, file, actor.person_id):
        relations.add("member")
    if entry.type == RANKING_PUBLISHED and (person := _person(actor)) is not None:
        relations |= {"ranked"} if await rankings.is_ranked(work.session, entry, person) else set()
        relations |= {"judge"} if await rankings.judges(work.session, entry, person) else set()
    if not PERMISSIONS.decide(actor, "read_proof", Resource(relations)):
        return False
    return "own" in relations or not (actor.holds("juror") and entry.type in KEPT_FROM_JURORS)


def _person(actor: Actor) -> UUID | None:
    try:
        return UUID(actor.person_id)
    except ValueError:
        return None
