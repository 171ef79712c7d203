"""Tells, with the results, of each ranking that they rest on: for whoever was ranked or judged to keep."""

from services.selection import repository
from services.selection.models import Deliberation
from shared.events.selection import RankingPublished
from shared.work import Work


async def tell_rankings(published: Deliberation, work: Work) -> None:
    """Each ranking of the edition, without a word of who judged or who was judged."""
    for ranking in await repository.rankings_of(work.session, published.edition_id):
        parameters = ranking.inputs.get("parameters", {})
        work.publish(
            RankingPublished(
                ranking_id=ranking.id,
                jury_id=ranking.jury_id,
                challenge_id=ranking.challenge_id,
                edition_id=ranking.edition_id,
                results_id=published.id,
                method=ranking.method,
                inputs_digest=ranking.inputs_digest,
                places=parameters.get("places"),
                seed=parameters.get("seed"),
                file_count=len(ranking.files),
                frozen_at=ranking.frozen_at,
                published_at=work.now,
            )
        )
