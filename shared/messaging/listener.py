"""The list of all that a service hears: a topic, and the function that is told."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.events import Event, Forgettable, Forgotten
from shared.work import Work

Heard = Event | Forgettable | Forgotten
Hears = Callable[[Any, Work], Awaitable[None]]


class AlreadyHeard(ValueError):
    """Two functions of one service want the same topic; the second would never be called."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic} has a function already: add a case to its match instead")


class Listener:
    """Collects what a service hears; it opens nothing. `main` gives it to a Consumer."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.functions: dict[str, Hears] = {}

    def to(self, *topics: str) -> Callable[[Hears], Hears]:
        """Decorates `async def on_…(event, work)`; each event it is given is new, and in order within its key."""

        def remember(function: Hears) -> Hears:
            for topic in topics:
                if topic in self.functions:
                    raise AlreadyHeard(topic)
                self.functions[topic] = function
            return function

        return remember

    @property
    def topics(self) -> list[str]:
        return sorted(self.functions)
