"""Compare the files of an opened call, and note which look alike. It decides nothing: a person looks."""

import asyncio
from uuid import UUID

from services.applications import repository
from services.applications.domain.likenesses import Alike, alike
from services.applications.models import Likeness, LikenessSearch
from services.applications.repository import Pair
from shared.work import Work


async def compare_files(work: Work) -> UUID | None:
    """Compare the files of one call with each other; None if there is none to compare.

    What was found before is kept as it was found, renewed, or dropped if the two are no longer alike.
    """
    call = await repository.call_to_compare(work)
    if call is None:
        return None
    texts = await repository.texts_handed_in(work, call.id)
    people = await repository.sharing_people(work, call.id)
    # Seconds of computing, while other loops of the worker go on.
    by_text = await asyncio.to_thread(_by_text, texts)

    before = await repository.likenesses_of(work, call.id)
    for pair in sorted(people.keys() | by_text.keys()):
        likeness = before.pop(pair, None) or Likeness(
            call_id=call.id,
            first_id=pair.first_id,
            second_id=pair.second_id,
            people=0,
            share=0.0,
            in_common=0,
            created_at=work.now,
        )
        likeness.people = people.get(pair, 0)
        likeness.share, likeness.in_common = by_text.get(pair, Alike(0.0, 0))
        work.session.add(likeness)
    for gone in before.values():
        await work.session.delete(gone)
    work.session.add(LikenessSearch(id=call.id, compared=len(texts), searched_at=work.now))
    return call.id


def _by_text(texts: dict[UUID, str]) -> dict[Pair, Alike]:
    return {Pair(*sorted(pair)): how for pair, how in alike(texts).items()}
