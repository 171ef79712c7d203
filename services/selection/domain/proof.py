"""The proof that no startup and no challenge would both rather have each other: a line for each pair, and its check.

A pair that is not matched is at peace for one of four reasons: the startup got something that it named earlier, the
challenge gave all its places to files that it puts before, it does not rank the file, or it takes nobody. Whoever
doubts a line looks up two places in two lists. `faults_in` knows nothing of how a matching or a proof is made.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.selection.domain.markets import Market


class Peace(StrEnum):
    """Why a pair would not both gain, or that it would."""

    STARTUP_HAS_DEARER = "startup-has-dearer"
    CHALLENGE_HAS_DEARER = "challenge-has-dearer"
    NOT_RANKED = "not-ranked"
    TAKES_NOBODY = "takes-nobody"
    NONE = "both-would-rather"


def prove(market: Market, matched: Mapping[UUID, UUID]) -> list[dict[str, Any]]:
    """A line, as plain JSON, for each startup and each challenge that it named and did not get; places count from 1."""
    held = _held(market, matched)
    places = {challenge: _places(order) for challenge, order in market.orders.items()}
    lines = []
    for startup, named in sorted(market.wishes.items()):
        has = matched.get(startup)
        wished = _places(named)
        for challenge in named:
            if challenge == has:
                continue
            place = places.get(challenge, {}).get(startup)
            last = len(market.orders.get(challenge, ())) + 1
            # The one that it would let go first; one that was put there by hand without being ranked stands last.
            weakest = max(held[challenge], key=lambda one: (places[challenge].get(one, last), one), default=None)
            weakest_place = None if weakest is None else places[challenge].get(weakest, last)
            line: dict[str, Any] = {"application_id": str(startup), "challenge_id": str(challenge)}
            if has is not None and has in wished and wished[has] < wished[challenge]:
                line |= {"because": Peace.STARTUP_HAS_DEARER, "has": str(has)}
                line |= {"has_place": wished[has], "wished_place": wished[challenge]}
            elif place is None:
                line |= {"because": Peace.NOT_RANKED}
            elif market.capacities[challenge] == 0:
                line |= {"because": Peace.TAKES_NOBODY}
            elif len(held[challenge]) >= market.capacities[challenge] and weakest_place and weakest_place < place:
                line |= {"because": Peace.CHALLENGE_HAS_DEARER, "weakest": str(weakest)}
                line |= {"weakest_place": weakest_place, "place": place}
            else:
                line |= {"because": Peace.NONE}
            lines.append({key: str(value) if isinstance(value, StrEnum) else value for key, value in line.items()})
    return lines


def faults_in(market: Market, matched: Mapping[UUID, UUID], lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a matching and its proof, in words; nothing, if no pair would rather swap."""
    return [*_not_allowed(market, matched), *_not_proven(market, matched, lines)]


def _not_allowed(market: Market, matched: Mapping[UUID, UUID]) -> Iterator[str]:
    for startup, challenge in sorted(matched.items()):
        if challenge not in market.wishes.get(startup, ()):
            yield f"{startup} is matched to {challenge}, which it did not name."
        if startup not in market.orders.get(challenge, ()):
            yield f"{startup} is matched to {challenge}, which does not rank it."
    for challenge, held in sorted(_held(market, matched).items()):
        if len(held) > market.capacities.get(challenge, 0):
            yield f"{challenge} takes {market.capacities.get(challenge, 0)} and is matched to {len(held)}."


def _not_proven(market: Market, matched: Mapping[UUID, UUID], lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    wanted = {(s, c) for s, named in market.wishes.items() for c in named if matched.get(s) != c}
    told = [(UUID(line["application_id"]), UUID(line["challenge_id"])) for line in lines]
    for startup, challenge in sorted(wanted - set(told)):
        yield f"Of {startup} and {challenge}, which are not matched, nothing is said."
    for pair in sorted(set(told) - wanted):
        yield f"Of {pair[0]} and {pair[1]} something is said, and nothing is to be."
    if len(told) != len(set(told)):
        yield "Of one pair more is said than once."
    for pair, line in zip(told, lines, strict=True):
        if pair in wanted and not _holds(line, *pair, market, matched):
            yield f"{pair[0]} and {pair[1]}: {line['because']!r} is not so."
        if line["because"] == Peace.NONE:
            yield f"{pair[0]} and {pair[1]} would both rather have each other."


def _holds(
    line: Mapping[str, Any], startup: UUID, challenge: UUID, market: Market, matched: Mapping[UUID, UUID]
) -> bool:
    """Whether what one line says is so, by the two lists alone."""
    wishes, order = list(market.wishes[startup]), list(market.orders.get(challenge, ()))
    has = matched.get(startup)
    holders = [one for one, what in matched.items() if what == challenge]
    match line["because"]:
        case Peace.STARTUP_HAS_DEARER:
            named = (wishes.index(has) + 1, wishes.index(challenge) + 1) if has in wishes else (0, 0)
            return named[0] < named[1] and (line["has"], line["has_place"], line["wished_place"]) == (str(has), *named)
        case Peace.CHALLENGE_HAS_DEARER:
            if startup not in order or len(holders) < market.capacities[challenge] or not holders:
                return False
            place = order.index(startup) + 1
            at = {one: order.index(one) + 1 if one in order else len(order) + 1 for one in holders}
            weakest = max(at, key=lambda one: (at[one], one))
            said = (line["weakest"], line["weakest_place"], line["place"])
            return at[weakest] < place and said == (str(weakest), at[weakest], place)
        case Peace.NOT_RANKED:
            return startup not in order
        case Peace.TAKES_NOBODY:
            return market.capacities.get(challenge) == 0
        case Peace.NONE:
            return True
    return False


def _held(market: Market, matched: Mapping[UUID, UUID]) -> dict[UUID, list[UUID]]:
    named = {challenge for wishes in market.wishes.values() for challenge in wishes}
    held: dict[UUID, list[UUID]] = {challenge: [] for challenge in market.orders.keys() | named}
    for startup, challenge in matched.items():
        held.setdefault(challenge, []).append(startup)
    return held


def _places(order: Sequence[UUID]) -> dict[UUID, int]:
    return {one: place for place, one in enumerate(order, start=1)}
