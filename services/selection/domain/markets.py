"""What a matching was made of, as plain JSON that anyone can keep: both sides' preferences, places, and the method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from services.selection.domain.matching import Preferences, match

METHOD = "deferred-acceptance/1"
FROM_RANKING, FROM_PARTNER = "ranking", "partner"


@dataclass(frozen=True, kw_only=True)
class Market:
    """Startups and challenges that are matched; `by_partner` are the challenges whose order a partner gave."""

    wishes: Preferences
    orders: Preferences
    capacities: Mapping[UUID, int]
    minimums: Mapping[UUID, int]
    by_partner: frozenset[UUID] = frozenset()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        challenges = {UUID(challenge): one for challenge, one in stored["challenges"].items()}
        return cls(
            wishes={UUID(startup): _ids(named) for startup, named in stored["startups"].items()},
            orders={challenge: _ids(one["order"]) for challenge, one in challenges.items()},
            capacities={challenge: one["places"] for challenge, one in challenges.items()},
            minimums={challenge: one["at_least"] for challenge, one in challenges.items() if one["at_least"]},
            by_partner=frozenset(
                challenge for challenge, one in challenges.items() if one["order_from"] == FROM_PARTNER
            ),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "method": METHOD,
            "startups": {str(startup): [str(one) for one in named] for startup, named in self.wishes.items()},
            "challenges": {
                str(challenge): {
                    "order": [str(one) for one in order],
                    "order_from": FROM_PARTNER if challenge in self.by_partner else FROM_RANKING,
                    "places": self.capacities[challenge],
                    "at_least": self.minimums.get(challenge, 0),
                }
                for challenge, order in self.orders.items()
            },
        }

    def match(self) -> dict[UUID, UUID]:
        return match(self.wishes, self.orders, self.capacities)

    def short(self, matched: Mapping[UUID, UUID]) -> dict[UUID, int]:
        """Challenges that got fewer than they were to get at least, with how many they got.

        It is told, and nothing is forced: no stable matching of the same market would give them more.
        """
        got = dict.fromkeys(self.orders, 0)
        for challenge in matched.values():
            got[challenge] = got.get(challenge, 0) + 1
        return {challenge: got[challenge] for challenge, least in self.minimums.items() if got[challenge] < least}


def ordered_by(ranked: Sequence[UUID], given: Sequence[UUID]) -> list[UUID]:
    """A challenge's order: as its partner gave it, and after that all others as they rank."""
    first = set(given)
    return [*given, *(file for file in ranked if file not in first)]


def _ids(texts: Sequence[str]) -> list[UUID]:
    return [UUID(text) for text in texts]
