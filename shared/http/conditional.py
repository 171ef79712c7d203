"""Optimistic locking over HTTP: a strong ETag out, the version it stands for back in (RFC 9110)."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from shared.errors import BadRequest, PreconditionRequired, StaleVersion

_STRONG = re.compile(r'"(0|[1-9][0-9]{0,17})"')


class MalformedIfMatch(BadRequest):
    slug = "malformed-if-match"
    message = 'If-Match takes one ETag exactly as it was answered, such as "3" with its quotes. Read it again.'


class WeakIfMatch(StaleVersion):
    slug = "weak-if-match"
    message = 'A weak ETag (W/"…") never matches here. Send the ETag exactly as it was answered, such as "3".'


class AnyIfMatch(BadRequest):
    slug = "any-if-match"
    message = "If-Match: * would overwrite whatever is there. Read it, then send the ETag of what you read."


def etag(version: int) -> str:
    """The strong ETag of a version: `"3"`."""
    return f'"{version}"'


def set_etag(response: Response, version: int) -> None:
    response.headers["ETag"] = etag(version)


def if_match(
    value: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description='The ETag of what you read, such as `"3"`.',
            json_schema_extra={"pattern": f"^{_STRONG.pattern}$"},
        ),
    ] = None,
) -> int:
    """The version that the caller read. Raises if there is none, or none that could match."""
    if value is None:
        raise PreconditionRequired
    given = value.strip()
    if given == "*":
        raise AnyIfMatch
    if given.startswith("W/"):
        raise WeakIfMatch
    strong = _STRONG.fullmatch(given)
    if strong is None:
        raise MalformedIfMatch
    return int(strong[1])


IfMatch = Annotated[int, Depends(if_match)]
"""In a route's signature: `version: IfMatch` is the version the caller read (428 without one)."""
