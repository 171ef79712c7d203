"""What sealed entries say: from notifications' own database, or from its API with a token."""

import base64
from collections.abc import Sequence
from typing import Protocol

from infra.verify.faults import Fault, MalformedEntry, WrongOpening
from infra.verify.sources import Site, Unreadable
from shared.journal import OPENING_FORMAT, NotAnEntry, Opened, check_entry, open_with
from shared.journal import WrongOpening as NotItsOpening

PAGE = 256
"""Openings that are asked for at once."""


class Openings(Protocol):
    """Whoever can show what entries say."""

    async def of(self, first: int, entries: Sequence[bytes]) -> list[bytes | None]:
        """The openings of entries side by side, None for those that it can't show. Raises Unreadable."""


class Nobody:
    """Only what is written for all to read is read."""

    async def of(self, first: int, entries: Sequence[bytes]) -> list[bytes | None]:
        return [None] * len(entries)


class Api:
    """notifications' API, asked with a token of staff or of an auditor, many entries at a time."""

    def __init__(self, site: Site, token: str) -> None:
        self._site = site
        self._url = f"{site.api}/journal/openings"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def of(self, first: int, entries: Sequence[bytes]) -> list[bytes | None]:
        shown: list[bytes | None] = []
        while len(shown) < len(entries):
            found = await self._page(first + len(shown), min(PAGE, len(entries) - len(shown)))
            if not found:
                break
            shown += found
        return shown + [None] * (len(entries) - len(shown))

    async def _page(self, first: int, limit: int) -> list[bytes]:
        params = {"first": str(first), "limit": str(limit)}
        answer = await self._site.ask(self._url, params=params, headers=self._headers)
        if answer.status_code != 200:
            message = (
                f"Give DATACITY_TOKEN a token of staff or of an auditor: {answer.url} answers {answer.status_code}."
            )
            raise Unreadable(message)
        try:
            return [base64.b64decode(each, validate=True) for each in answer.json()["openings"]]
        except (ValueError, KeyError, TypeError) as wrong:
            message = f"Look whether {answer.url} is of this version: it does not answer with openings ({wrong})."
            raise Unreadable(message) from wrong


def open_form(shown: bytes) -> bytes:
    """The event's exact bytes and headers in an opening, or in an entry that anybody may read."""
    head, _, rest = shown.partition(b"\n")
    return rest if f'"format":"{OPENING_FORMAT}"'.encode() in head else shown


def read(
    first: int, entries: Sequence[bytes], openings: Sequence[bytes | None]
) -> tuple[list[Opened | None], list[Fault]]:
    """What each entry says, None if that is not known, and those that are in none of the journal's forms."""
    told: list[Opened | None] = []
    faults: list[Fault] = []
    for index, (entry, opening) in enumerate(zip(entries, openings, strict=True), start=first):
        said: Opened | None = None
        try:
            said = check_entry(entry) if opening is None else open_with(entry, opening)
        except NotItsOpening:
            faults.append(WrongOpening(index))
        except (NotAnEntry, ValueError) as wrong:
            faults.append(MalformedEntry(index, getattr(wrong, "reason", str(wrong))))
        told.append(said)
    return told, faults
