"""Turns what can go wrong around a route into refusals that say what to do: validation, the database, Kafka."""

import asyncio
import re
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from shared.errors import BadRequest, Conflict, DomainError, FieldError, Invalid, StaleVersion, Unavailable

_REPEATABLE = frozenset({"40001", "40P01"})  # serialisation failure, deadlock
_OUT_OF_RANGE = re.compile(r"^22")  # data exceptions: out of range, NUL in text, a bad date
_CONFLICTING = frozenset({"23505", "23503", "23P01", "23514"})  # unique, foreign key, exclusion, check
_AWAY = re.compile(r"^(08|53|57P|58|25006|55P03)")  # connection, resources, shutdown, I/O, read-only, lock time-out
_LONGEST_POINTER = 300  # a member's name is the caller's and may be as long as the body


class MalformedJson(BadRequest):
    slug = "malformed-json"
    message = "The body is not JSON. Send a JSON document in UTF-8, without NaN or Infinity."


class RequestInvalid(Invalid):
    slug = "request-invalid"


class ValueNotStorable(Invalid):
    slug = "value-not-storable"
    message = "A value is out of range or holds characters that can't be stored. Use smaller numbers and plain text."


class AlreadyThere(Conflict):
    slug = "already-there-or-in-use"
    message = "This clashes with what is stored: it exists already, or something it refers to is gone. Read again."


class Outpaced(Unavailable):
    slug = "outpaced"
    message = "Others were changing the same thing at the same moment. Send the request again."
    retry_after = 1


def is_worth_repeating(error: BaseException) -> bool:
    """Whether a transaction failed only because another was at the same rows."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in _REPEATABLE


def as_refusal(error: Exception) -> DomainError | None:
    """The refusal that an expected fault amounts to; None for what nobody expected."""
    match error:
        case DomainError():
            return error
        case StaleDataError():
            return StaleVersion()
        case DBAPIError():
            return _of_database(error)
        case PoolTimeout() | ConnectionError() | TimeoutError() | asyncio.TimeoutError() | socket.gaierror():
            return Unavailable()
        case KafkaError():
            return Unavailable()
        case _:
            return None


def _of_database(error: DBAPIError) -> DomainError | None:
    state = _sqlstate(error)
    if error.connection_invalidated or _AWAY.match(state):
        return Unavailable()
    if state in _REPEATABLE:
        return Outpaced()
    if state in _CONFLICTING:
        return AlreadyThere()
    if _OUT_OF_RANGE.match(state):
        return ValueNotStorable()
    cause = getattr(error.orig, "__cause__", None)
    if isinstance(cause, asyncpg.DataError):  # asyncpg refuses it before it is sent
        return ValueNotStorable()
    # InternalClientError: the server ended the session in the midst of a statement.
    away = isinstance(cause, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError)
    return Unavailable() if away or isinstance(error, InterfaceError) else None


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def validation_refusal(errors: Sequence[Mapping[str, Any]]) -> DomainError:
    """Every fault with its place, and never what was sent."""
    if any(error["type"] == "json_invalid" for error in errors):
        return MalformedJson()
    found = [FieldError(pointer=_pointer(e["loc"]), detail=_detail(e), code=str(e["type"])) for e in errors]
    return RequestInvalid(errors=found[:100])


def _pointer(loc: Sequence[str | int]) -> str:
    where, *path = loc or ("body",)
    if where == "body":
        pointer = "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    else:
        pointer = f"{where}/" + "/".join(str(step) for step in path)
    return pointer[:_LONGEST_POINTER]


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "union_tag_invalid":  # pydantic's own words quote the tag that was sent
        return f"Input should be one of {error['ctx']['expected_tags']}"
    return str(error["msg"])
