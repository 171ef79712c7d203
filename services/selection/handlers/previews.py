"""What a ranking would be if: computed and shown, and kept nowhere."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.selection.commands import PreviewRanking
from services.selection.domain.criteria import Criterion, criteria_of
from services.selection.domain.previews import NothingReviewed, NotInThisJury, check_weights
from services.selection.domain.ranking import digest_of, numbers_of, severity_inputs_of
from services.selection.handlers.assignment_problem import barred_pairs
from services.selection.handlers.rankings import check_may_see_scores, scored
from services.selection.handlers.reviews import criteria_from
from services.selection.methods import Ranked, rank_and_ask
from services.selection.models import Jury
from services.selection.rounds import require
from services.selection.views import previews as views
from shared.work import Work


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The ranking as it would be; numbers of jurors are told apart by `jurors`."""

    jury: Jury
    criteria: Sequence[Criterion]
    inputs: Mapping[str, Any]
    inputs_digest: str
    unreviewed: Sequence[UUID]
    ranked: Ranked
    jurors: Mapping[int, UUID]
    settling: Sequence[Mapping[str, Any]]


async def preview_ranking(command: PreviewRanking, work: Work) -> Preview:
    """Rank the files by the reviews that are submitted; those without one are named, and left out."""
    jury = await views.jury(work.session, command.jury_id)
    require(jury, "staff", "preview_ranking", now=work.now)
    jurors = await views.everyone_who_judged(work.session, jury.id)
    if strangers := command.without_jurors - jurors:
        raise NotInThisJury(strangers)
    files = await views.eligible(work.session, jury.challenge_id)
    await check_may_see_scores(work, [file.id for file in files])

    criteria = criteria_from(jury.criteria)
    if command.weights is not None:
        check_weights(command.weights, criteria)
        criteria = criteria_of(command.weights)
    reviews = [
        review
        for review in await views.submitted_reviews(work.session, jury.id, [file.id for file in files])
        if review.juror_id not in command.without_jurors
    ]
    reviewed = {review.application_id for review in reviews}
    if not reviewed:
        raise NothingReviewed
    inputs = severity_inputs_of(
        challenge_id=jury.challenge_id,
        files=reviewed,
        criteria=criteria,
        reviews=scored(reviews),
        places=command.places,
    )
    numbers = numbers_of(review.juror_id for review in reviews)
    barred = frozenset(
        (str(pair.application_id), numbers[pair.juror_id])
        for pair in await barred_pairs(work, jury, sorted(numbers), files)
        if pair.juror_id in numbers
    )
    # Off the event loop: other requests go on while it is computed.
    ranked, settling = await asyncio.to_thread(rank_and_ask, inputs, barred=barred)
    return Preview(
        jury=jury,
        criteria=criteria,
        inputs=inputs,
        inputs_digest=digest_of(inputs),
        unreviewed=[file.id for file in files if file.id not in reviewed],
        ranked=ranked,
        jurors={number: juror for juror, number in numbers.items()},
        settling=settling,
    )
