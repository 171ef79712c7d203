"""Logs as JSON lines, one fact each, with the ids that tie them together and without anything personal.

Everything that logs through the standard library (uvicorn, aiokafka, sqlalchemy) goes the same way.
"""

import logging
import sys
from contextvars import ContextVar
from typing import TextIO

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.redaction import redact

__all__ = [
    "bind_contextvars",
    "bound_contextvars",
    "clear_contextvars",
    "configure_logging",
    "current_correlation_id",
    "current_traceparent",
    "traceparent",
]

traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The W3C trace context of the request or event at hand; set at the edge."""

_QUIET = {
    "uvicorn.access": logging.CRITICAL,  # it logs raw paths with their ids; our own access log has the template
    "aiokafka": logging.WARNING,  # at INFO it tells of every rebalance in a dozen lines
    "sqlalchemy.engine": logging.WARNING,  # at INFO it logs what people wrote
    "sqlalchemy.pool": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
}


def current_correlation_id() -> str | None:
    """The correlation id bound at the edge, for those who open a Work themselves."""
    found = get_contextvars().get("correlation_id")
    return None if found is None else str(found)


def current_traceparent() -> str | None:
    return traceparent.get()


def configure_logging(service: str, *, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Call once per process, first thing: JSON lines, or colours for a person at a terminal."""
    out = stream or sys.stderr
    threshold = logging.getLevelName(level.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_the_service(service),
        _name_the_trace,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # the text only: local variables hold what people wrote
        redact,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer()
        if out.isatty()
        else structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False, default=str)
    )
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.WriteLoggerFactory(out),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=False,
    )
    _route_standard_logging(shared, renderer, out, threshold)


def _route_standard_logging(shared: list[Processor], renderer: Processor, out: TextIO, threshold: int) -> None:
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(threshold)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.NOTSET)  # whatever another server in this process asked for
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, threshold))


def _name_the_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """By what is current, so that an event's handling needs not bind it too."""
    if (given := traceparent.get()) is not None:
        event.setdefault("trace_id", given[3:35])
    return event


def _name_the_service(service: str) -> Processor:
    """Four services may share one process: what is bound at the edge wins over the process's own name."""

    def name_it(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return name_it
