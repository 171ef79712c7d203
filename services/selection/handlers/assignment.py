"""Assigns a challenge's files to its jurors, or says exactly why that can't be done."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from services.selection import repository
from services.selection.assignment import assign
from services.selection.commands import AssignReviews
from services.selection.domain.assignment import Assignment, Objective, Pair, load_of, objective_of
from services.selection.domain.juries import Blind, JuryState, check_open
from services.selection.domain.reviews import ReviewState, step
from services.selection.handlers.assignment_problem import problem_of
from services.selection.handlers.inference import propose
from services.selection.models import Jury, Review
from services.selection.rounds import require
from services.selection.ties import hold_ties, paths_between
from shared.events.selection import ReviewAssigned, ReviewCancelled
from shared.work import Work


@dataclass(frozen=True, kw_only=True)
class AssignedReview:
    """A line of the assignment; `review_id` is None in a dry run of a review that would be new."""

    review_id: UUID | None
    application_id: UUID
    juror_id: UUID
    kept: bool


@dataclass(frozen=True, kw_only=True)
class Move:
    """A review that one juror loses and another gets instead."""

    application_id: UUID
    from_juror_id: UUID
    to_juror_id: UUID


@dataclass(frozen=True, kw_only=True)
class Assigned:
    """What was assigned, or in a dry run, what would be, beside how it was before."""

    jury_id: UUID
    dry_run: bool
    reviews: list[AssignedReview]
    cancelled: list[UUID]
    moved: list[Move]
    load_before: dict[UUID, int]
    load: dict[UUID, int]
    objective: Objective


async def assign_reviews(command: AssignReviews, work: Work) -> Assigned:
    """Fill up each file's reviews; submitted ones stay, and so do begun ones wherever that is possible.

    Ties are looked at once more before: what they show bars, in a dry run too, though nothing is told of it then.
    """
    await hold_ties(work.session)
    jury = await repository.jury_to_change(work.session, command.jury_id)
    check_open(jury.state)
    require(jury, "staff", "assign_reviews", now=work.now)
    jurors = await repository.jurors_of(work.session, jury.id)
    files = await repository.eligible_files(work.session, challenge_id=jury.challenge_id)
    bound = await paths_between(work.session, jurors, files, challenge_id=jury.challenge_id)
    if not command.dry_run:
        await propose(work, bound)
    live = {
        Pair(review.application_id, review.juror_id): review
        for review in await repository.live_reviews(work.session, jury_id=jury.id)
    }

    problem = await problem_of(work, jury, jurors, files, live, bound=bound)
    # Off the event loop: other requests go on while the solver works.
    assignment = await asyncio.to_thread(assign, problem)

    if not command.dry_run:
        _carry_out(assignment, jury, live, work)
    return Assigned(
        jury_id=jury.id,
        dry_run=command.dry_run,
        reviews=[
            AssignedReview(
                review_id=live[pair].id if pair in live else None,
                application_id=pair.application_id,
                juror_id=pair.juror_id,
                kept=pair not in assignment.new,
            )
            for pair in assignment.pairs
        ],
        cancelled=sorted(live[pair].id for pair in assignment.dropped),
        moved=[
            Move(application_id=file, from_juror_id=loser, to_juror_id=taker)
            for file, loser, taker in assignment.moved()
        ],
        load_before=load_of(problem.submitted | problem.begun, jurors),
        load=assignment.load(jurors),
        objective=objective_of(problem, assignment.pairs),
    )


def _carry_out(assignment: Assignment, jury: Jury, live: dict[Pair, Review], work: Work) -> None:
    for pair in sorted(assignment.dropped):
        review = live[pair]
        review.state = step(review.state, ReviewState.CANCELLED)
        work.publish(
            ReviewCancelled(
                review_id=review.id,
                application_id=pair.application_id,
                challenge_id=jury.challenge_id,
                juror_id=pair.juror_id,
            )
        )
    for pair in sorted(assignment.new):
        review = Review(
            jury_id=jury.id,
            challenge_id=jury.challenge_id,
            application_id=pair.application_id,
            juror_id=pair.juror_id,
            assigned_at=work.now,
        )
        live[pair] = review
        work.session.add(review)
        work.publish(
            ReviewAssigned(
                review_id=review.id,
                application_id=pair.application_id,
                challenge_id=jury.challenge_id,
                juror_id=pair.juror_id,
                blind=jury.blind == Blind.BOTH,
            )
        )
    jury.state = JuryState.ASSIGNED
