"""A matching is stable, is the one that startups like best, and equals brute force on small markets."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.selection.domain.matching import blocking_pairs, match, strict_order


def startup(number: int) -> UUID:
    return UUID(int=0xA << 96 | number)


def challenge(number: int) -> UUID:
    return UUID(int=0xC << 96 | number)


@dataclass(frozen=True)
class Market:
    """Both sides' preferences, and how many startups each challenge takes."""

    wishes: dict[UUID, list[UUID]]
    orders: dict[UUID, list[UUID]]
    capacities: dict[UUID, int]

    @property
    def arguments(self) -> tuple[dict[UUID, list[UUID]], dict[UUID, list[UUID]], dict[UUID, int]]:
        return self.wishes, self.orders, self.capacities


@st.composite
def markets(draw: st.DrawFn, *, startups: int = 12, challenges: int = 6) -> Market:
    """Any market: with startups that a challenge did not rank, unranked challenges, and capacities of nought."""
    them = [challenge(number) for number in range(draw(st.integers(1, challenges)))]
    wishes = {
        startup(number): draw(st.lists(st.sampled_from(them), unique=True, max_size=len(them)))
        for number in range(draw(st.integers(1, startups)))
    }
    orders = {}
    for one in them:
        named_it = [application for application, named in wishes.items() if one in named]
        order = draw(st.permutations(named_it))
        orders[one] = order[: draw(st.integers(0, len(order)))] if draw(st.booleans()) else order
    return Market(wishes, orders, {one: draw(st.integers(0, 3)) for one in them})


@given(markets())
@settings(max_examples=400, deadline=None)
def test_no_pair_would_both_rather_have_each_other(market: Market) -> None:
    matched = match(*market.arguments)

    assert is_allowed(market, matched)
    assert naive_blocking_pairs(market, matched) == []
    assert blocking_pairs(matched, *market.arguments) == []


@given(markets(startups=4, challenges=3))
@settings(max_examples=200, deadline=None)
def test_each_startup_gets_the_best_that_any_stable_matching_gives_it(market: Market) -> None:
    stable = [one for one in every_matching(market) if not naive_blocking_pairs(market, one)]

    matched = match(*market.arguments)

    assert matched in stable
    for application, named in market.wishes.items():
        places = [named.index(one[application]) if application in one else len(named) for one in stable]
        mine = named.index(matched[application]) if application in matched else len(named)
        assert mine == min(places)


@given(markets(startups=5, challenges=3), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_blocking_pairs_are_found_in_any_matching(market: Market, random: object) -> None:
    everyone = list(every_matching(market))
    matched = everyone[random.randrange(len(everyone))]  # type: ignore[attr-defined]

    assert blocking_pairs(matched, *market.arguments) == naive_blocking_pairs(market, matched)


@given(markets())
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_changes_nothing(market: Market) -> None:
    backwards = dict(reversed(list(market.wishes.items())))

    assert match(backwards, market.orders, market.capacities) == match(*market.arguments)


def test_a_tie_is_told_apart_by_the_digest_of_the_application() -> None:
    ranked = [(1, startup(number)) for number in range(20)]

    order = strict_order(ranked)

    assert order == strict_order(reversed(ranked))
    assert order != sorted(order)
    assert strict_order([(2, startup(1)), (1, startup(2))]) == [startup(2), startup(1)]


def test_who_is_put_by_hand_where_another_would_rather_be_blocks() -> None:
    wishes = {startup(1): [challenge(1)], startup(2): [challenge(1)]}
    orders = {challenge(1): [startup(1), startup(2)]}

    assert blocking_pairs({startup(2): challenge(1)}, wishes, orders, {challenge(1): 1}) == [(startup(1), challenge(1))]


def is_allowed(market: Market, matched: dict[UUID, UUID]) -> bool:
    return all(
        one in market.wishes[application] and application in market.orders[one] for application, one in matched.items()
    ) and all(list(matched.values()).count(one) <= places for one, places in market.capacities.items())


def every_matching(market: Market) -> Iterator[dict[UUID, UUID]]:
    choices = [
        [None, *(one for one in named if application in market.orders[one])]
        for application, named in market.wishes.items()
    ]
    for chosen in itertools.product(*choices):
        matched = {who: what for who, what in zip(market.wishes, chosen, strict=True) if what is not None}
        if is_allowed(market, matched):
            yield matched


def naive_blocking_pairs(market: Market, matched: dict[UUID, UUID]) -> list[tuple[UUID, UUID]]:
    """The definition, word by word."""
    found = []
    for application, named in market.wishes.items():
        for one in named:
            order, places = market.orders[one], market.capacities[one]
            if application not in order or matched.get(application) == one:
                continue
            has = matched.get(application)
            prefers = has is None or named.index(one) < named.index(has)
            held = [other for other, what in matched.items() if what == one]
            wanted = len(held) < places or any(order.index(other) > order.index(application) for other in held)
            if prefers and wanted and places > 0:
                found.append((application, one))
    return sorted(found)
