"""What sealed entries say: from notifications' own database, or event by event from its API with a token."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from infra.verify.faults import Fault, MalformedEntry, WrongOpening
from infra.verify.reading import in_order
from infra.verify.sources import Site, Unreadable
from shared.journal import OPENING_FORMAT, NotAnEntry, Opened, check_entry, is_sealed, open_with
from shared.journal import WrongOpening as NotItsOpening
from shared.tlog.fault import Fault as Refusal
from shared.tlog.proof_file import Proof

if TYPE_CHECKING:
    import httpx

PAGE = 200


class Openings(Protocol):
    """Whoever can show what entries say."""

    async def of(self, first: int, entries: Sequence[bytes]) -> list[bytes | None]:
        """The openings of entries side by side, None for those that it can't show. Raises Unreadable."""


class Nobody:
    """Only what is written for all to read is read."""

    async def of(self, first: int, entries: Sequence[bytes]) -> list[bytes | None]:
        return [None] * len(entries)


class Api:
    """notifications' API, asked with a token of staff or of an auditor: a page of events, then a proof for each."""

    def __init__(self, site: Site, token: str) -> None:
        self._site = site
        self._api = site.api
        self._headers = {"Authorization": f"Bearer {token}"}
        self._ids: dict[int, str] = {}
        self._cursor: str | None = None
        self._done = False

    async def of(self, first: int, entries: Sequence[bytes]) -> list[bytes | None]:
        sealed = [first + nth for nth, entry in enumerate(entries) if is_sealed(entry)]
        while sealed and not self._done and sealed[-1] not in self._ids:
            await self._next_page()
        shown = {index: opening async for index, opening in in_order(sealed, self._opening)}
        return [shown.get(first + nth) for nth in range(len(entries))]

    async def _next_page(self) -> None:
        page = await self._ask("events", limit=str(PAGE), **({"cursor": self._cursor} if self._cursor else {}))
        told = page.json()
        self._ids.update((each["position"] - 1, each["id"]) for each in told["items"])
        self._cursor = told["next"]
        self._done = self._cursor is None

    async def _opening(self, index: int) -> bytes | None:
        id_ = self._ids.pop(index, None)
        if id_ is None:
            return None
        answer = await self._ask(f"journal/events/{id_}/proof")
        try:
            return Proof.parse(answer.content).extra
        except Refusal:
            return None

    async def _ask(self, path: str, **params: str) -> "httpx.Response":
        answer = await self._site.ask(f"{self._api}/{path}", params=params, headers=self._headers)
        if answer.status_code != 200:
            message = (
                f"Give DATACITY_TOKEN a token of staff or of an auditor: {answer.url} answers {answer.status_code}."
            )
            raise Unreadable(message)
        return answer


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
