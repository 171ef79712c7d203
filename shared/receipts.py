"""Receipts: a service's signed word that it took something in, for its holder to keep and to show to anybody.

A receipt is a signed note (https://c2sp.org/signed-note) over the event that tells of it:

    datacity-receipt/1
    event 01900000-0000-7000-8000-000000000001
    type io.datacity.application.submitted.v1
    subject 01900000-0000-7000-8000-000000000002
    time 2017-02-28T22:10:00.000000Z
    {"application_id":…}

The last line is the event's value, byte for byte: the digest of what was handed in, the instant on the server's clock,
the deadline that applied. Once the event is sealed, the journal's proof of the same event id says the same bytes.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from shared.events.envelope import instant_written
from shared.tlog.keys import SigningKey, Verifier
from shared.tlog.note import Note

FORMAT = "datacity-receipt/1"
_LINES = ("event", "type", "subject", "time")


class NotAReceipt(ValueError):
    """A note that says something else; says where it first differs."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"This is no receipt of DataCity: {reason}.")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a receipt says."""

    event: str
    type: str
    subject: str
    time: str
    value: bytes

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.value)
        return found


class Told(Protocol):
    """An event of ours: about to be committed, or read from our own log."""

    @property
    def id(self) -> UUID: ...
    @property
    def type(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def value(self) -> bytes | None: ...


def receipt_for(told: Told, skey: str) -> str:
    """The signed receipt of an event; of one that is about to be committed it holds nothing before that.

    Raises what SigningKey.parse does.
    """
    values = (str(told.id), told.type, told.subject, instant_written(told.time))
    lines = [FORMAT, *(f"{name} {value}" for name, value in zip(_LINES, values, strict=True))]
    value = (told.value or b"").decode()
    return Note("".join(f"{line}\n" for line in [*lines, value])).signed(_key(skey)).encode().decode()


def read_receipt(data: bytes, keys: Collection[Verifier]) -> Receipt:
    """What a receipt says, if one of these keys signed it.

    Raises NotAReceipt, MalformedNote, BadSignature, NoKnownSignature, AmbiguousKey.
    """
    note = Note.parse(data)
    note.verify(keys)
    form, *lines = note.text.removesuffix("\n").split("\n")
    if form != FORMAT or len(lines) != len(_LINES) + 1:
        raise NotAReceipt(f"it does not begin with {FORMAT} and four lines of facts")
    values = {}
    for name, line in zip(_LINES, lines, strict=False):
        found, _, value = line.partition(" ")
        if found != name:
            raise NotAReceipt(f"the line of `{name}` is missing")
        values[name] = value
    try:
        facts = json.loads(lines[-1])
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise NotAReceipt("its last line is not the event")
    return Receipt(**values, value=lines[-1].encode())


@lru_cache(maxsize=8)
def _key(skey: str) -> SigningKey:
    return SigningKey.parse(skey)
