"""The list of all that a service hears: a topic, and the function that is told."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.events import Envelope, Event, Forgettable, Forgotten
from shared.work import Work

Heard = Event | Forgettable | Forgotten
Hears = Callable[[Any, Work], Awaitable[None]]
Records = Callable[[Envelope, Work], Awaitable[None]]


class AlreadyHeard(ValueError):
    """Two functions of one service want the same topic; the second would never be called."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic} has a function already: add a case to its match instead")


class Listener:
    """Collects what a service hears; it opens nothing. `main` gives it to a Consumer."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.functions: dict[str, Hears] = {}
        self.records: dict[str, Records] = {}

    def to(self, *topics: str) -> Callable[[Hears], Hears]:
        """Decorates `async def on_…(event, work)`; each event it is given is new, and in order within its key."""

        def remember(function: Hears) -> Hears:
            for topic in topics:
                if topic in self.functions:
                    raise AlreadyHeard(topic)
                self.functions[topic] = function
            return function

        return remember

    def everything(self, *topics: str) -> Callable[[Records], Records]:
        """Decorates `async def on_record(envelope, work)`: told of each event, also of types that we do not know.

        It is called in the same transaction as the topic's other function and after it, so that what it locks until
        the commit is locked for a moment only.
        """

        def remember(function: Records) -> Records:
            for topic in topics:
                if topic in self.records:
                    raise AlreadyHeard(topic)
                self.records[topic] = function
            return function

        return remember

    @property
    def topics(self) -> list[str]:
        return sorted({*self.functions, *self.records})
