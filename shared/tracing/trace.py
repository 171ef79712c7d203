"""A piece of work and its place in a trace, whether or not a span is made of it."""

from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import UUID

from shared.logging import traceparent as current

if TYPE_CHECKING:
    from opentelemetry.trace import Span


class Heard(Protocol):
    """What a span tells of an event; `shared.events.Envelope` has it all."""

    @property
    def id(self) -> UUID: ...
    @property
    def type(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def correlation_id(self) -> str: ...
    @property
    def traceparent(self) -> str | None: ...


class Trace:
    """As a context manager it is the current one, and a fault ends it; when all went well, say so with `end`.

    What is left without an end is never told of: so a batch that was rolled back leaves no trace of what it didn't do.
    """

    __slots__ = ("_span", "_token", "traceparent")

    traceparent: str | None
    """What goes with all that this piece of work sets going."""

    def __init__(self, traceparent: str | None, span: "Span | None" = None) -> None:
        self.traceparent = traceparent
        self._span = span

    def __enter__(self) -> Self:
        self._token: Token[str | None] = current.set(self.traceparent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        current.reset(self._token)
        if fault is not None:
            self.end(fault=fault)

    def end(self, name: str = "", *, fault: BaseException | str | None = None, **attributes: Any) -> None:
        """The work is done, or failed. In `attributes`, `__` stands for a dot."""
        if self._span is None:
            return
        if name:
            self._span.update_name(name)
        for attribute, value in attributes.items():
            self._span.set_attribute(attribute.replace("__", "."), value)
        end(self._span, fault)
        self._span = None


def end(span: "Span", fault: BaseException | str | None) -> None:
    """Of a fault its class alone: the message may quote personal data."""
    if fault is not None:
        from opentelemetry.trace import StatusCode

        span.set_attribute("error.type", fault if isinstance(fault, str) else type(fault).__qualname__)
        span.set_status(StatusCode.ERROR)
    span.end()
