"""A juror's conflict of interest takes the file out of that juror's hands at once."""

from uuid import UUID

from sqlalchemy import any_
from sqlmodel import col, exists, select

from services.selection import repository
from services.selection.commands import DeclareConflict
from services.selection.domain.conflicts import ConflictState
from services.selection.domain.reviews import ReviewState, step
from services.selection.handlers.claims import note_claim
from services.selection.models import Candidate, Conflict, Jury
from services.selection.permissions import authorise_or_hide
from services.selection.ties import hold_ties
from services.selection.views.scope import sits_in
from shared.errors import Conflict as Conflicting
from shared.errors import NotFound
from shared.events.selection import ConflictDeclared, ReviewRecused
from shared.identity import Resource
from shared.work import Work


class NoSuchCandidate(NotFound):
    message = "No jury of yours judges an application with this id. List those that you may see with GET /candidates."


class ConflictAlreadyDeclared(Conflicting):
    slug = "conflict-already-declared"
    message = (
        "You declared a conflict with this application before: the file is out of your hands. Nothing is left to do."
    )


async def declare_conflict(command: DeclareConflict, work: Work) -> Conflict:
    """Record it, and give back what the juror holds of the file; scores given before are set aside, not edited."""
    await hold_ties(work.session)
    await note_claim(command.juror_id, work)
    candidate = await repository.file_to_take_away(work.session, command.application_id)
    # Asked of what is not there too, so that it takes no longer to hide what is.
    relations = {"judge"} if await _judges(work, command.juror_id, command.application_id) else frozenset[str]()
    authorise_or_hide(work.actor, "declare_conflict", Resource(relations), hidden=NoSuchCandidate())
    if candidate is None:
        raise NoSuchCandidate
    query = select(Conflict).where(
        Conflict.juror_id == command.juror_id, Conflict.application_id == command.application_id
    )
    conflict = (await work.session.exec(query)).one_or_none()
    if conflict is None:
        conflict = Conflict(juror_id=command.juror_id, application_id=command.application_id, kind=command.kind)
        work.session.add(conflict)
    elif conflict.state == ConflictState.DECLARED:
        raise ConflictAlreadyDeclared
    # What the juror says goes before what was inferred, and before what staff made of that.
    conflict.state, conflict.kind, conflict.note = ConflictState.DECLARED, command.kind, command.note
    conflict.declared_at = work.now
    work.publish(
        ConflictDeclared(
            conflict_id=conflict.id,
            juror_id=conflict.juror_id,
            application_id=conflict.application_id,
            kind=command.kind,
        )
    )
    await take_file_from(command.juror_id, [command.application_id], work)
    return conflict


async def take_file_from(juror_id: UUID, application_ids: list[UUID], work: Work) -> None:
    """Recuse a juror from every live review of these files, which the caller holds."""
    for review in await repository.live_reviews(work.session, application_ids=application_ids, juror_id=juror_id):
        review.state = step(review.state, ReviewState.RECUSED)
        work.publish(
            ReviewRecused(
                review_id=review.id,
                application_id=review.application_id,
                challenge_id=review.challenge_id,
                juror_id=juror_id,
            )
        )


async def _judges(work: Work, juror_id: UUID, application_id: UUID) -> bool:
    judged = exists().where(
        col(Candidate.id) == application_id,
        col(Jury.challenge_id) == any_(col(Candidate.challenge_ids)),
        sits_in(col(Jury.id), juror_id),
    )
    return (await work.session.exec(select(judged))).one()
