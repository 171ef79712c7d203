"""What is asked of a ranking in a page's address: another cut, other weights, without some jurors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import Request

from shared.errors import FieldError, Invalid

WEIGHT = "weight."
MOST_PLACES = 10_000


class NotAsked(Invalid):
    slug = "not-asked"
    message = "Give whole numbers: places from 1, and weights from 1 to 100."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What if; nothing of it is kept."""

    places: int | None = None
    weights: Mapping[str, int] | None = None
    without: frozenset[UUID] = field(default_factory=frozenset)

    def differs(self, criteria: Mapping[str, int]) -> bool:
        """Whether it is more than another cut."""
        return bool(self.without) or (self.weights is not None and dict(self.weights) != dict(criteria))


def asked_in(request: Request) -> Asked:
    """Raises NotAsked."""
    given = [(name, value.strip()) for name, value in request.query_params.multi_items() if value.strip()]
    weights = {name.removeprefix(WEIGHT): value for name, value in given if name.startswith(WEIGHT)}
    try:
        places = next((int(value) for name, value in given if name == "places"), None)
        asked = Asked(
            places=places,
            weights={key: int(value) for key, value in weights.items()} or None,
            without=frozenset(UUID(value) for name, value in given if name == "without"),
        )
    except ValueError:
        raise NotAsked(errors=[FieldError(pointer="?", detail="not a number")]) from None
    numbers = (asked.weights or {}).values()
    if not 1 <= (places or 1) <= MOST_PLACES or any(not 1 <= weight <= 100 for weight in numbers):
        raise NotAsked(errors=[FieldError(pointer="?", detail="out of range")])
    return asked
