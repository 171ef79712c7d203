"""One way to move through a table of allowed states, and the refusal when it does not allow it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from shared.errors import Conflict

State = TypeVar("State", bound=StrEnum)


class NotInThisState(Conflict):
    """Derived by each kind of thing that has states, with a slug of its own."""

    slug = "state"
    thing = "This"

    def __init__(self, *, state: str, needs: list[str]) -> None:
        super().__init__(
            f"{self.thing} is {state}, and this needs it to be {' or '.join(needs) or 'something it can never be'}. "
            "Read it again to see what is possible now.",
            state=state,
            needs=needs,
        )


def move(allowed: Mapping[State, set[State]], state: State, to: State, *, refusal: type[NotInThisState]) -> State:
    """The new state, if the table allows it. Raises `refusal`, which names the states that would do."""
    if to not in allowed[state]:
        raise refusal(state=state, needs=[before for before, after in allowed.items() if to in after])
    return to
