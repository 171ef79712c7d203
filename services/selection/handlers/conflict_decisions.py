"""A person decides what an inferred conflict of interest is worth, for a file or for all of a partner's challenge."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.commands.ties import DecideConflict, PinConflict, WaivePartnerTie
from services.selection.domain.conflict_graph import TieKind
from services.selection.domain.conflicts import ConflictState, decide
from services.selection.handlers.conflicts import NoSuchCandidate, take_file_from
from services.selection.handlers.inference import conflicts_between
from services.selection.handlers.juries import ChallengeNotKnown
from services.selection.models import Candidate, Challenge, Conflict, Waiver
from services.selection.ties import hold_ties
from services.selection.views.scope import in_conflict_with, without_conflict
from shared.errors import Conflict as Conflicting
from shared.errors import Forbidden, NotFound
from shared.events.selection import ConflictConfirmed, ConflictDismissed, PartnerTieWaived
from shared.work import Work


class NoSuchConflict(NotFound):
    message = "There is no conflict of interest with this id, or none that you may decide on. See GET /conflicts."


class OneSelf(Forbidden):
    slug = "about-oneself"
    message = "Nobody decides on conflicts of interest of their own. Ask another member of the programme team."


class TieAlreadyWaived(Conflicting):
    slug = "tie-already-waived"
    message = "This juror's tie to the challenge's partner is waived already. Nothing is left to do."


async def decide_conflict(command: DecideConflict, person_id: UUID, work: Work) -> Conflict:
    """Confirm or dismiss it; pinned, ties that come to light later don't change that."""
    await hold_ties(work.session)
    query = select(Conflict).where(
        Conflict.id == command.conflict_id,
        Conflict.juror_id != person_id,
        without_conflict(col(Conflict.application_id), person_id),
    )
    conflict = (await work.session.exec(query.with_for_update())).one_or_none()
    if conflict is None:
        raise NoSuchConflict
    await _decide(conflict, ConflictState(conflict.state), command.to, command.reason, work, pin=command.pin)
    return conflict


async def pin_conflict(command: PinConflict, person_id: UUID, work: Work) -> Conflict:
    """Say that a juror is, or is not, in conflict with a file, whatever ties say; its own declaration goes before."""
    await hold_ties(work.session)
    if command.juror_id == person_id:
        raise OneSelf
    candidate = await work.session.get(Candidate, command.application_id)
    if candidate is None or await in_conflict_with(work.session, person_id, [candidate.id]):
        raise NoSuchCandidate
    pair = (candidate.id, command.juror_id)
    conflict = (await conflicts_between(work, [pair])).get(pair)
    before = ConflictState(conflict.state) if conflict else None
    if conflict is None:
        conflict = Conflict(juror_id=command.juror_id, application_id=candidate.id, kind="other", declared_at=work.now)
        work.session.add(conflict)
    await _decide(conflict, before, command.to, command.reason, work, pin=True)
    return conflict


async def waive_partner_tie(command: WaivePartnerTie, person_id: UUID, work: Work) -> Waiver:
    """Let somebody tied to a challenge's partner judge who answers it: that tie alone counts no more, others do."""
    await hold_ties(work.session)
    if command.juror_id == person_id:
        raise OneSelf
    challenge = await work.session.get(Challenge, command.challenge_id)
    if challenge is None:
        raise ChallengeNotKnown
    query = select(Waiver.id).where(Waiver.juror_id == command.juror_id, Waiver.challenge_id == challenge.id)
    if (await work.session.exec(query)).first():
        raise TieAlreadyWaived
    waiver = Waiver(
        juror_id=command.juror_id,
        challenge_id=challenge.id,
        because=command.reason,
        waived_by=work.actor.name,
        waived_at=work.now,
    )
    work.session.add(waiver)
    await work.session.flush()

    work.publish(
        PartnerTieWaived(
            waiver_id=waiver.id,
            juror_id=command.juror_id,
            challenge_id=challenge.id,
            edition_id=challenge.edition_id,
        )
    )
    for conflict in await _proposed_to(command.juror_id, work):
        if all(_is_partner_of(challenge, path) for path in conflict.evidence):
            before = ConflictState(conflict.state)
            await _decide(conflict, before, ConflictState.DISMISSED, command.reason, work, pin=False)
    return waiver


async def _decide(
    conflict: Conflict, before: ConflictState | None, to: ConflictState, reason: str, work: Work, *, pin: bool
) -> None:
    conflict.state = decide(before, to, pinned=conflict.pinned, pin=pin)
    conflict.pinned = pin
    conflict.decided_because, conflict.decided_by, conflict.decided_at = reason, work.actor.name, work.now
    event = ConflictConfirmed if to == ConflictState.CONFIRMED else ConflictDismissed
    work.publish(
        event(
            conflict_id=conflict.id,
            juror_id=conflict.juror_id,
            application_id=conflict.application_id,
            pinned=pin,
        )
    )
    if to == ConflictState.CONFIRMED:
        await repository.file_to_take_away(work.session, conflict.application_id)
        await take_file_from(conflict.juror_id, [conflict.application_id], work)
    await work.session.flush()


async def _proposed_to(juror_id: UUID, work: Work) -> list[Conflict]:
    query = (
        select(Conflict)
        .where(Conflict.juror_id == juror_id, Conflict.state == ConflictState.PROPOSED)
        .order_by(col(Conflict.id))
        .with_for_update()
    )
    return list((await work.session.exec(query)).all())


def _is_partner_of(challenge: Challenge, path: list[dict[str, Any]]) -> bool:
    return bool(path[-1]["tie"] == TieKind.PARTNER and path[-1]["id"] == str(challenge.id))
