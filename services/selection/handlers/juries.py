"""Appoints a challenge's jury, and changes it until its ranking is frozen."""

from uuid import UUID

from sqlmodel import col, delete, select

from services.selection import repository
from services.selection.commands import AppointJury, ChangeJury, FieldMatching
from services.selection.domain.criteria import criteria_of
from services.selection.domain.juries import JuryState, check_change, check_limits, check_open
from services.selection.domain.naming import check_names
from services.selection.domain.reviews import ReviewState, step
from services.selection.handlers.naming import name_jurors
from services.selection.handlers.seating import check_seats
from services.selection.models import Jury, Review, Seat
from services.selection.rounds import require
from services.selection.ties import hold_ties
from shared.errors import Conflict, NotFound, StaleVersion
from shared.events.selection import JuryAppointed, ReviewRecused
from shared.work import Work


class ChallengeNotKnown(NotFound):
    slug = "challenge-not-known"
    message = (
        "Selection has not heard of a published challenge with this id. "
        "If it was published a moment ago, try again in a few seconds."
    )


class JuryAlreadyAppointed(Conflict):
    slug = "jury-already-appointed"

    def __init__(self, jury_id: UUID) -> None:
        super().__init__("This challenge has its jury already. Change that one instead.", jury_id=jury_id)


async def appoint_jury(command: AppointJury, work: Work) -> Jury:
    """Give a published challenge its jurors and their rule."""
    criteria = criteria_of(command.weights, command.rubric)
    challenge = await repository.challenge(work.session, command.challenge_id)
    if challenge is None:
        raise ChallengeNotKnown
    await hold_ties(work.session)
    await repository.lock_edition(work.session, challenge.edition_id)
    existing = (await work.session.exec(select(Jury.id).where(Jury.challenge_id == challenge.id))).one_or_none()
    if existing is not None:
        raise JuryAlreadyAppointed(existing)

    jury = Jury(
        challenge_id=challenge.id,
        edition_id=challenge.edition_id,
        reviews_per_file=command.reviews_per_file,
        files_per_juror=command.files_per_juror,
        criteria=[
            {"key": criterion.key, "weight": criterion.weight, **criterion.rubric.plain} for criterion in criteria
        ],
        blind=command.blind,
        appointed_at=work.now,
    )
    _match(jury, command.matching)
    work.session.add(jury)
    await work.session.flush()
    check_limits(command.limits, command.juror_ids)
    check_names(command.names, command.juror_ids)
    work.session.add_all(
        Seat(jury_id=jury.id, juror_id=juror, files_at_most=command.limits.get(juror)) for juror in command.juror_ids
    )
    await work.session.flush()
    await check_seats(jury, command.juror_ids, work)
    await name_jurors(command.names, work)

    work.publish(_appointed(jury, list(command.juror_ids)))
    return jury


async def change_jury(command: ChangeJury, work: Work) -> Jury:
    """Seat or unseat jurors, or change their rule: the way out of an assignment that can't be made."""
    await hold_ties(work.session)
    jury = await repository.jury_to_change(work.session, command.jury_id)
    if jury.version != command.version:
        raise StaleVersion
    check_open(jury.state)
    require(jury, "staff", "change_jury", now=work.now)

    seated = set(await repository.jurors_of(work.session, jury.id))
    wanted = seated if command.juror_ids is None else set(command.juror_ids)
    holding = {review.juror_id for review in await repository.live_reviews(work.session, jury_id=jury.id)}
    check_change(leaving=seated - wanted, holding_reviews=holding)

    if leaving := seated - wanted:
        await work.session.exec(delete(Seat).where(col(Seat.jury_id) == jury.id, col(Seat.juror_id).in_(leaving)))
    work.session.add_all(Seat(jury_id=jury.id, juror_id=juror) for juror in sorted(wanted - seated))
    await work.session.flush()
    if command.limits is not None:
        check_limits(command.limits, wanted)
        for seat in (await work.session.exec(select(Seat).where(Seat.jury_id == jury.id))).all():
            seat.files_at_most = command.limits.get(seat.juror_id)
    check_names(command.names, wanted)
    _match(jury, command.matching)
    await check_seats(jury, wanted - seated, work)
    await name_jurors(command.names, work)
    jury.reviews_per_file = command.reviews_per_file or jury.reviews_per_file
    jury.files_per_juror = command.files_per_juror or jury.files_per_juror
    # A change of seats alone would leave the row, and so its version, as they were.
    jury.changes += 1

    work.publish(_appointed(jury, sorted(wanted)))
    await work.session.flush()
    return jury


async def leave_juries(person_id: UUID, work: Work) -> None:
    """A juror is forgotten: its seats are free, and what it has not submitted is given back for staff to assign anew.

    What it submitted counts on: a result must not change because somebody asked to be forgotten.
    """
    seats = select(Seat.jury_id).where(col(Seat.juror_id) == person_id)
    locked = select(Jury).where(col(Jury.id).in_(seats)).order_by(col(Jury.id)).with_for_update()
    juries = (await work.session.exec(locked.execution_options(populate_existing=True))).all()
    await _give_back(person_id, work)
    for jury in juries:
        jury.changes += 1
        if jury.state != JuryState.RANKED:
            left = [juror for juror in await repository.jurors_of(work.session, jury.id) if juror != person_id]
            work.publish(_appointed(jury, left))


async def _give_back(person_id: UUID, work: Work) -> None:
    mine = select(Review.application_id).where(
        col(Review.juror_id) == person_id, col(Review.state) == ReviewState.ASSIGNED
    )
    for application_id in sorted(set((await work.session.exec(mine)).all())):
        await repository.file_to_take_away(work.session, application_id)
    for review in await repository.live_reviews(work.session, juror_id=person_id):
        if review.state != ReviewState.ASSIGNED:
            continue
        review.state = step(review.state, ReviewState.RECUSED)
        work.publish(
            ReviewRecused(
                review_id=review.id,
                application_id=review.application_id,
                challenge_id=review.challenge_id,
                juror_id=person_id,
            )
        )


def _match(jury: Jury, matching: FieldMatching | None) -> None:
    if matching is not None:
        jury.fields = sorted(set(matching.fields))
        jury.fields_answer, jury.someone_with = matching.fields_answer, matching.someone_with


def _appointed(jury: Jury, juror_ids: list[UUID]) -> JuryAppointed:
    return JuryAppointed(
        jury_id=jury.id,
        challenge_id=jury.challenge_id,
        edition_id=jury.edition_id,
        juror_ids=juror_ids,
        reviews_per_file=jury.reviews_per_file,
        files_per_juror=jury.files_per_juror,
    )
