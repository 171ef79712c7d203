"""Assigns a challenge's files to its jurors, or says exactly why that can't be done."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from services.selection import repository
from services.selection.assignment import assign
from services.selection.commands import AssignReviews
from services.selection.domain.assignment import (
    Assignment,
    AssignmentProblem,
    Objective,
    Pair,
    load_of,
    objective_of,
)
from services.selection.domain.juries import Blind, JuryState, check_open
from services.selection.domain.reviews import ReviewState, step
from services.selection.models import Candidate, Conflict, Jury, Review
from services.selection.rounds import require
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
    """Fill up each file's reviews; submitted ones stay, and so do begun ones wherever that is possible."""
    jury = await repository.jury_to_change(work.session, command.jury_id)
    check_open(jury.state)
    require(jury, "staff", "assign_reviews", now=work.now)
    jurors = await repository.jurors_of(work.session, jury.id)
    files = await repository.eligible_files(work.session, challenge_id=jury.challenge_id)
    live = {
        Pair(review.application_id, review.juror_id): review
        for review in await repository.live_reviews(work.session, jury_id=jury.id)
    }

    problem = await _problem(work, jury, jurors, files, live)
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


async def _problem(
    work: Work, jury: Jury, jurors: list[UUID], files: Sequence[Candidate], live: dict[Pair, Review]
) -> AssignmentProblem:
    ids = [file.id for file in files]
    in_the_running = {pair: review for pair, review in live.items() if pair.application_id in set(ids)}
    return AssignmentProblem(
        files=tuple(ids),
        jurors=tuple(jurors),
        reviews_per_file=jury.reviews_per_file,
        files_per_juror=jury.files_per_juror,
        barred=await barred_pairs(work, jury, jurors, files),
        submitted=frozenset(p for p, review in in_the_running.items() if review.state == ReviewState.SUBMITTED),
        begun=frozenset(p for p, review in in_the_running.items() if review.state == ReviewState.ASSIGNED),
    )


async def barred_pairs(work: Work, jury: Jury, jurors: list[UUID], files: Sequence[Candidate]) -> frozenset[Pair]:
    """Conflicts declared, files that a juror gave back, and jurors who belong to the team."""
    ids = [file.id for file in files]
    conflicts = await work.session.exec(
        select(Conflict.application_id, Conflict.juror_id).where(
            col(Conflict.application_id).in_(ids), col(Conflict.juror_id).in_(jurors)
        )
    )
    recusals = await work.session.exec(
        select(Review.application_id, Review.juror_id).where(
            Review.jury_id == jury.id, Review.state == ReviewState.RECUSED
        )
    )
    teams = await repository.members_of(work.session, {file.team_id for file in files if file.team_id})
    own = {
        Pair(file.id, person)
        for file in files
        for person in (*(teams.get(file.team_id, ()) if file.team_id else ()), file.lead_id)
        if person in jurors
    }
    return frozenset({Pair(*pair) for pair in (*conflicts.all(), *recusals.all())} | own)


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
