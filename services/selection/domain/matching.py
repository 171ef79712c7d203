"""Stable matching of startups and challenges: no pair would both rather have each other than what they got.

Deferred acceptance (Gale and Shapley), startups proposing: each startup asks its challenges in the order in which it
named them; each challenge keeps the best that asked it, up to its capacity, in the order of its frozen ranking. Of all
stable matchings it is the one that every startup likes best, so naming one's true order is always the best one can do.
Files that share a rank are told apart by the SHA-256 of their application's id: arbitrary, fixed, and open to anyone.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

Preferences = Mapping[UUID, Sequence[UUID]]
"""Of each application, its challenges, best first; or of each challenge, its applications, best first."""


def strict_order(ranked: Iterable[tuple[int, UUID]]) -> list[UUID]:
    """A ranking (rank, application) without ties."""
    return [
        application
        for _, application in sorted(ranked, key=lambda line: (line[0], hashlib.sha256(str(line[1]).encode()).digest()))
    ]


def match(startups: Preferences, challenges: Preferences, capacities: Mapping[UUID, int]) -> dict[UUID, UUID]:
    """Application → challenge. Whoever is not in it was accepted nowhere."""
    place = _places(challenges)
    held: dict[UUID, list[UUID]] = {challenge: [] for challenge in challenges}
    asked: dict[UUID, int] = dict.fromkeys(startups, 0)
    free = sorted(startups, reverse=True)
    while free:
        application = free.pop()
        wishes = startups[application]
        if asked[application] == len(wishes):
            continue
        challenge = wishes[asked[application]]
        asked[application] += 1
        if application not in place.get(challenge, {}):
            free.append(application)
            continue
        held[challenge].append(application)
        held[challenge].sort(key=place[challenge].__getitem__)
        if len(held[challenge]) > capacities[challenge]:
            free.append(held[challenge].pop())
    return {application: challenge for challenge, kept in held.items() for application in kept}


def blocking_pairs(
    matched: Mapping[UUID, UUID], startups: Preferences, challenges: Preferences, capacities: Mapping[UUID, int]
) -> list[tuple[UUID, UUID]]:
    """The pairs (application, challenge) that would both gain by leaving what they have for each other."""
    place = _places(challenges)
    held: dict[UUID, list[UUID]] = {challenge: [] for challenge in challenges}
    for application, challenge in matched.items():
        held.setdefault(challenge, []).append(application)
    pairs = []
    for application, wishes in startups.items():
        for challenge in wishes:
            if challenge == matched.get(application):
                break  # all that follows, the startup likes less
            order = place.get(challenge, {})
            if application in order and _would_take(order, application, held[challenge], capacities[challenge]):
                pairs.append((application, challenge))
    return sorted(pairs)


def _would_take(order: Mapping[UUID, int], application: UUID, held: Sequence[UUID], capacity: int) -> bool:
    if len(held) < capacity:
        return True
    # One who was put there by hand without being ranked stands last.
    last = len(order)
    return capacity > 0 and any(order.get(other, last) > order[application] for other in held)


def _places(challenges: Preferences) -> dict[UUID, dict[UUID, int]]:
    return {
        challenge: {application: place for place, application in enumerate(order)}
        for challenge, order in challenges.items()
    }
