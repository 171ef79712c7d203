"""Freezes a challenge's ranking, with all that it was made from."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlmodel import select

from services.selection import repository
from services.selection.commands import FreezeRanking
from services.selection.domain.conflicts import check_decided
from services.selection.domain.designs import check_connected
from services.selection.domain.juries import JuryFrozen, JuryState
from services.selection.domain.ranking import (
    SEVERITY_CORRECTED,
    WEIGHTED_MEAN,
    InConflict,
    ScoredReview,
    check_ready,
    digest_of,
    inputs_of,
    numbers_of,
    severity_inputs_of,
)
from services.selection.domain.reviews import ReviewState, StillJudging
from services.selection.handlers.reviews import criteria_from
from services.selection.methods import groups, libraries_of, rank
from services.selection.models import Jury, Ranking, Review
from services.selection.permissions import person_id
from services.selection.rounds import require
from services.selection.views.conflicts import undecided_conflicts
from services.selection.views.reviews import files_still_reviewed_by
from services.selection.views.scope import in_conflict_with
from shared.events.selection import RankedFile, RankingFrozen
from shared.work import Work


async def freeze_ranking(command: FreezeRanking, work: Work) -> Ranking:
    """Rank the files by the reviews as they stand; from now on neither can move."""
    jury = await repository.jury_to_change(work.session, command.jury_id)
    if jury.state == JuryState.RANKED:
        frozen = select(Ranking.id).where(Ranking.jury_id == jury.id)
        raise JuryFrozen((await work.session.exec(frozen)).one())
    require(jury, "staff", "freeze_ranking", now=work.now)
    files = [file.id for file in await repository.eligible_files(work.session, challenge_id=jury.challenge_id)]
    reviews = await repository.live_reviews(work.session, jury_id=jury.id, application_ids=files)
    submitted = [review for review in reviews if review.state == ReviewState.SUBMITTED]
    check_ready(
        files=files,
        open_reviews=[review.id for review in reviews if review.state == ReviewState.ASSIGNED],
        reviewed={review.application_id for review in submitted},
    )

    await check_may_see_scores(work, files)
    check_decided(await undecided_conflicts(work.session, jury.id, files))

    inputs = _inputs(command, jury, files, submitted)
    if command.method == SEVERITY_CORRECTED:
        check_connected(groups(inputs), accept_groups=command.accept_groups)
    # Off the event loop: other requests go on while it is computed.
    ranked = await asyncio.to_thread(rank, inputs)
    ranking = Ranking(
        jury_id=jury.id,
        challenge_id=jury.challenge_id,
        edition_id=jury.edition_id,
        method=command.method,
        inputs=inputs,
        inputs_digest=digest_of(inputs),
        files=ranked.files,
        report=ranked.report,
        result_digest=ranked.digest,
        libraries=libraries_of(command.method),
        frozen_at=work.now,
        frozen_by=work.actor.name,
    )
    work.session.add(ranking)
    jury.state = JuryState.RANKED

    work.publish(
        RankingFrozen(
            ranking_id=ranking.id,
            challenge_id=ranking.challenge_id,
            edition_id=ranking.edition_id,
            method=ranking.method,
            inputs_digest=ranking.inputs_digest,
            files=[RankedFile.model_validate(line) for line in ranked.files],
            result_digest=ranking.result_digest,
            places=inputs.get("parameters", {}).get("places"),
            seed=inputs.get("parameters", {}).get("seed"),
            libraries=ranking.libraries,
        )
    )
    return ranking


async def check_may_see_scores(work: Work, files: Collection[UUID]) -> None:
    """Every score shows, also to staff who have yet to judge one of these files for another challenge.

    Raises InConflict or StillJudging.
    """
    me = person_id(work.actor)
    if await in_conflict_with(work.session, me, files):
        raise InConflict
    if await files_still_reviewed_by(work.session, me, files):
        raise StillJudging


def scored(reviews: Iterable[Review]) -> list[ScoredReview]:
    """Submitted reviews with their jurors as numbers, in the order of the reviews' ids."""
    ordered = sorted(reviews, key=lambda review: review.id)
    numbers = numbers_of(review.juror_id for review in ordered)
    return [_scored(review, numbers[review.juror_id]) for review in ordered]


def _inputs(
    command: FreezeRanking, jury: Jury, files: Collection[UUID], submitted: Collection[Review]
) -> dict[str, Any]:
    criteria, reviews = criteria_from(jury.criteria), scored(submitted)
    if command.method == WEIGHTED_MEAN:
        return inputs_of(challenge_id=jury.challenge_id, files=files, criteria=criteria, reviews=reviews)
    return severity_inputs_of(
        challenge_id=jury.challenge_id, files=files, criteria=criteria, reviews=reviews, places=command.places
    )


def _scored(review: Review, number: int) -> ScoredReview:
    # The row's constraint of a submitted review; the type can't say it.
    assert review.revision is not None  # noqa: S101
    return ScoredReview(
        review_id=review.id,
        application_id=review.application_id,
        revision=review.revision,
        scores=review.scores,
        juror=number,
    )
