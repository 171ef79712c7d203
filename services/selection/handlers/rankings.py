"""Freezes a challenge's ranking, with all that it was made from."""

from sqlmodel import select

from services.selection import repository
from services.selection.commands import FreezeRanking
from services.selection.domain.juries import JuryFrozen, JuryState
from services.selection.domain.ranking import (
    METHOD,
    InConflict,
    ScoredReview,
    check_ready,
    digest_of,
    inputs_of,
    recompute,
)
from services.selection.domain.reviews import ReviewState, StillJudging
from services.selection.handlers.reviews import criteria_from
from services.selection.models import Ranking, Review
from services.selection.permissions import person_id
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
    files = [file.id for file in await repository.eligible_files(work.session, challenge_id=jury.challenge_id)]
    reviews = await repository.live_reviews(work.session, jury_id=jury.id, application_ids=files)
    submitted = [review for review in reviews if review.state == ReviewState.SUBMITTED]
    check_ready(
        files=files,
        open_reviews=[review.id for review in reviews if review.state == ReviewState.ASSIGNED],
        reviewed={review.application_id for review in submitted},
    )

    # The answer shows every score, also to staff who have yet to judge one of these files for another challenge.
    me = person_id(work.actor)
    if await in_conflict_with(work.session, me, files):
        raise InConflict
    if await files_still_reviewed_by(work.session, me, files):
        raise StillJudging

    inputs = inputs_of(
        challenge_id=jury.challenge_id,
        files=files,
        criteria=criteria_from(jury.criteria),
        reviews=[_scored(review) for review in submitted],
    )
    lines = [
        RankedFile(application_id=line.application_id, rank=line.rank, score=line.score, reviews=line.reviews)
        for line in recompute(inputs)
    ]
    ranking = Ranking(
        jury_id=jury.id,
        challenge_id=jury.challenge_id,
        edition_id=jury.edition_id,
        method=METHOD,
        inputs=inputs,
        inputs_digest=digest_of(inputs),
        files=[line.model_dump(mode="json") for line in lines],
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
            files=lines,
        )
    )
    return ranking


def _scored(review: Review) -> ScoredReview:
    # The row's constraint of a submitted review; the type can't say it.
    assert review.revision is not None  # noqa: S101
    return ScoredReview(
        review_id=review.id, application_id=review.application_id, revision=review.revision, scores=review.scores
    )
