"""A matching's proof says of each pair why it would not both gain, can be checked by itself, and can't be forged."""

import json
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.selection.domain.markets import Market, ordered_by
from services.selection.domain.matching import blocking_pairs
from services.selection.domain.proof import faults_in, prove
from tests.unit.test_selection_matching import Market as Drawn
from tests.unit.test_selection_matching import challenge, every_matching, markets, startup


@given(markets())
@settings(max_examples=60, deadline=None)
def test_every_pair_of_a_matching_is_at_peace_and_anyone_can_check_it(drawn: Drawn) -> None:
    market = market_of(drawn)
    matched = market.match()

    proof = json.loads(json.dumps(prove(market, matched)))

    assert len(proof) == sum(len(named) for named in drawn.wishes.values()) - len(matched)
    assert faults_in(market, matched, proof) == []


@given(markets(startups=5, challenges=3), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_proof_of_any_matching_names_exactly_the_pairs_that_would_swap(drawn: Drawn, random: Any) -> None:
    market = market_of(drawn)
    matched = random.choice(list(every_matching(drawn)))

    proof = prove(market, matched)

    swapping = [(UUID(line["application_id"]), UUID(line["challenge_id"])) for line in proof if would(line)]
    assert sorted(swapping) == blocking_pairs(matched, *drawn.arguments)
    faults = faults_in(market, matched, proof)
    assert len(faults) == len(swapping)
    assert all("would both rather" in fault for fault in faults)


@given(markets(startups=6, challenges=3), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_proof_that_says_something_else_is_caught(drawn: Drawn, random: Any) -> None:
    market = market_of(drawn)
    matched = market.match()
    proof = prove(market, matched)
    if not proof:
        return
    at = random.randrange(len(proof))
    forged = {
        "left out": [*proof[:at], *proof[at + 1 :]],
        "twice": [*proof, proof[at]],
        "another reason": [*proof[:at], {**proof[at], "because": "both-would-rather"}, *proof[at + 1 :]],
        "another place": [*proof[:at], shifted(proof[at]), *proof[at + 1 :]],
    }

    for how, lines in forged.items():
        assert lines == proof or faults_in(market, matched, lines), how


@given(markets())
@settings(max_examples=30, deadline=None)
def test_what_is_kept_of_a_market_gives_the_same_matching(drawn: Drawn) -> None:
    market = market_of(drawn)

    kept = Market.from_json(json.loads(json.dumps(market.as_json())))

    assert kept == market
    assert kept.match() == market.match()


def test_a_matching_that_breaks_the_rules_is_no_proof_of_anything() -> None:
    market = Market(
        wishes={startup(1): [challenge(1)], startup(2): [challenge(1)]},
        orders={challenge(1): [startup(1)], challenge(2): []},
        capacities={challenge(1): 1, challenge(2): 1},
        minimums={},
    )
    crowded = {startup(1): challenge(1), startup(2): challenge(1)}
    unnamed = {startup(1): challenge(2)}

    assert len(faults_in(market, crowded, prove(market, crowded))) == 2  # not ranked, and one too many
    assert len(faults_in(market, unnamed, prove(market, unnamed))) == 3  # not named, not ranked, and it would rather


def test_a_partner_orders_those_that_it_was_asked_about_and_the_rest_stays_as_it_ranks() -> None:
    ranked = [startup(number) for number in range(5)]

    assert ordered_by(ranked, [startup(2), startup(0)]) == [startup(n) for n in (2, 0, 1, 3, 4)]
    assert ordered_by(ranked, []) == ranked


def test_a_challenge_that_gets_fewer_than_it_was_to_get_is_told_and_not_forced() -> None:
    market = Market(
        wishes={startup(1): [challenge(1), challenge(2)]},
        orders={challenge(1): [startup(1)], challenge(2): [startup(1)]},
        capacities={challenge(1): 1, challenge(2): 1},
        minimums={challenge(1): 1, challenge(2): 1},
    )

    assert market.short(market.match()) == {challenge(2): 0}


def market_of(drawn: Drawn) -> Market:
    return Market(wishes=drawn.wishes, orders=drawn.orders, capacities=drawn.capacities, minimums={})


def would(line: dict[str, Any]) -> bool:
    return bool(line["because"] == "both-would-rather")


def shifted(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value + 1 if isinstance(value, int) else value for key, value in line.items()}
