"""Who moves up from the reserve list when a selected startup withdraws: matched again for the places that are free.

Whoever is selected stays where the results put them, as projects have begun; so only reserves are matched, by the same
method and the same orders, with the places that were left.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.selection.domain.decisions import Decided, Outcome
from services.selection.domain.markets import Market
from services.selection.domain.matching import match
from shared.errors import Conflict


class NotPublishedYet(Conflict):
    slug = "results-not-published"
    message = "This edition's results are not published yet, so nobody can move up. Propose decisions instead."


class NoPlaceLeft(Conflict):
    slug = "no-place-left"
    message = "No selected startup has withdrawn, so there is no place to move up to."


class ReserveEmpty(Conflict):
    slug = "reserve-empty"

    def __init__(self, challenges: Collection[UUID]) -> None:
        super().__init__(
            f"{len(challenges)} challenges have lost a startup, and nobody on their reserve lists is still there. "
            "The places stay empty in this edition.",
            challenges=sorted(str(challenge) for challenge in challenges),
        )


class PromotionOutdated(Conflict):
    slug = "decisions-outdated"
    message = "Since this was proposed, another startup withdrew. Propose who moves up again."


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """Who left which place, and who moves up."""

    vacated: Mapping[UUID, UUID]
    """Application → the challenge whose place it left."""
    decided: tuple[Decided, ...]


def reserve_lists(market: Market, outcomes: Mapping[UUID, Outcome]) -> dict[UUID, list[UUID]]:
    """Of each challenge those in reserve that named it, as it orders them."""
    return {
        challenge: [
            file for file in order if outcomes.get(file) is Outcome.RESERVE and challenge in market.wishes.get(file, ())
        ]
        for challenge, order in market.orders.items()
    }


def promote(market: Market, *, decided: Collection[Decided], still_there: Collection[UUID]) -> Promotion:
    """Raises NoPlaceLeft or ReserveEmpty."""
    matched = {one.application_id: one.challenge_id for one in decided if one.challenge_id is not None}
    vacated = {file: challenge for file, challenge in matched.items() if file not in still_there}
    places = {challenge: market.capacities.get(challenge, 0) for challenge in vacated.values()}
    for file, challenge in matched.items():
        if challenge in places and file in still_there:
            places[challenge] -= 1
    places = {challenge: left for challenge, left in places.items() if left > 0}
    if not places:
        raise NoPlaceLeft
    lists = reserve_lists(market, {one.application_id: one.outcome for one in decided})
    orders = {challenge: [file for file in lists[challenge] if file in still_there] for challenge in places}
    waiting = {file for order in orders.values() for file in order}
    wishes = {file: [one for one in market.wishes[file] if one in places] for file in waiting}
    promoted = match(wishes, orders, places)
    if not promoted:
        raise ReserveEmpty(places)
    return Promotion(
        vacated={file: challenge for file, challenge in vacated.items() if challenge in places},
        decided=tuple(
            Decided(application_id=file, outcome=Outcome.SELECTED, challenge_id=challenge)
            for file, challenge in sorted(promoted.items())
        ),
    )
