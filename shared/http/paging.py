"""Pages by opaque keyset cursors: stable under inserts, cheap at any depth."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field

from shared.errors import BadRequest
from shared.http.bodies import View

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
LONGEST_CURSOR = 1024

T = TypeVar("T")
Row = TypeVar("Row")
Key = str | int | datetime | UUID


class MalformedCursor(BadRequest):
    slug = "malformed-cursor"
    message = "This cursor was not made here. Leave `cursor` out to begin again, then follow each page's `next`."


class Page(View, Generic[T]):
    """Some of a list, and how to get the rest."""

    items: list[T]
    next: str | None = Field(default=None, description="Send it as `cursor` to read on; null on the last page.")


class Cursor:
    """The key of the last row of a page, as text that callers hand back without reading it."""

    @staticmethod
    def encode(key: Sequence[Key]) -> str:
        parts = [part.isoformat() if isinstance(part, datetime) else part for part in key]
        packed = json.dumps(parts, default=str, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @staticmethod
    def decode(text: str, *types: type[Any]) -> tuple[Any, ...]:
        """The key, each part of the type asked for. Raises MalformedCursor for anything not made by `encode`."""
        try:
            if len(text) > LONGEST_CURSOR:
                raise MalformedCursor
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            parts = json.loads(packed)
            if not isinstance(parts, list):
                raise MalformedCursor
            return tuple(_typed(part, wanted) for part, wanted in zip(parts, types, strict=True))
        except (binascii.Error, ValueError, RecursionError):
            raise MalformedCursor from None


def _typed(part: object, wanted: type[Any]) -> Any:
    if wanted is int:
        if not isinstance(part, int) or isinstance(part, bool) or abs(part) >= 2**63:
            raise MalformedCursor
        return part
    if not isinstance(part, str) or "\x00" in part or not part.isprintable():
        raise MalformedCursor
    if wanted is datetime:
        instant = datetime.fromisoformat(part)
        if instant.tzinfo is None:
            raise MalformedCursor
        return instant
    return wanted(part)


@dataclass(frozen=True)
class Paging:
    """What a caller asked for of a list: `limit` items after the cursor."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown, to know whether there are more."""
        return self.limit + 1

    def after(self, *types: type[Any]) -> tuple[Any, ...] | None:
        """The sort key to read after, e.g. `paging.after(datetime, UUID)`; None for the first page."""
        return None if self.cursor is None else Cursor.decode(self.cursor, *types)

    def page(self, rows: Sequence[Row], *, key: Callable[[Row], Sequence[Key]], view: Callable[[Row], T]) -> Page[T]:
        """The page of up to `limit` of these rows; `rows` are those of `fetch`, in the order of `key`."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(items=[view(row) for row in shown], next=Cursor.encode(key(shown[-1])) if more else None)


def paging(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items a page holds.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=LONGEST_CURSOR,
            description="The `next` of the page before this one.",
            json_schema_extra={"format": "cursor"},
        ),
    ] = None,
) -> Paging:
    return Paging(limit=limit, cursor=cursor)


PagingDep = Annotated[Paging, Depends(paging)]
"""In a route's signature: `paging: PagingDep`."""
