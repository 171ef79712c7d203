"""How an event becomes an entry of the journal: its exact bytes and headers, framed so that anybody makes the same.

An entry is written down in one of two forms, each a line of JSON (keys sorted, no spaces, UTF-8) and its line's end:

    open    {"format":"datacity-entry/1","headers":{…},"topic":"…","value_bytes":123}
            followed by the value's bytes, exactly as they were published; `value_bytes` is null for a tombstone
    sealed  {"commitment":"…","format":"datacity-sealed-entry/1"}
            followed by nothing; the commitment is the SHA-256, in hexadecimal, of 32 random bytes and the open form

Anybody may read the journal, so what must stay among a few (who reviews whom, scores before they are published, a
person's file) is in it sealed. Whoever is shown the open form and the random bytes, its *opening*, can check that this
and nothing else was entered; whoever is not can neither read nor guess it.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.events import Envelope

OPEN_FORMAT = "datacity-entry/1"
SEALED_FORMAT = "datacity-sealed-entry/1"
OPENING_FORMAT = "datacity-opening/1"
SALT_SIZE = 32
"""Bytes: as many as the commitment has, so that guessing the one is as hard as forging the other."""


class NotAnEntry(ValueError):
    """Bytes that are in none of the journal's forms; says where they first differ."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"This is no entry of the journal: {reason}.")
        self.reason = reason


class WrongOpening(ValueError):
    """An opening that is not of this entry."""

    def __init__(self) -> None:
        super().__init__("The opening does not belong to this entry: its commitment is another.")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What an entry says, once it can be read."""

    topic: str
    headers: Mapping[str, str]
    value: bytes | None

    @property
    def event_id(self) -> str:
        return self.headers["ce_id"]

    @property
    def source(self) -> str:
        return self.headers["ce_source"]

    @property
    def type(self) -> str:
        return self.headers["ce_type"]

    @property
    def subject(self) -> str:
        return self.headers["ce_subject"]

    @property
    def sequence(self) -> int:
        return int(self.headers["ce_sequence"])

    @classmethod
    def parse(cls, entry: bytes) -> "Opened":
        """From the open form. Raises NotAnEntry, also for another spelling of the same."""
        head, value = _split(entry, OPEN_FORMAT)
        try:
            topic, headers, length = head["topic"], head["headers"], head["value_bytes"]
        except KeyError as missing:
            raise NotAnEntry(f"it does not say {missing.args[0]}") from None
        named = isinstance(headers, dict) and all(isinstance(text, str) for text in headers.values())
        if not isinstance(topic, str) or not named or not {"ce_id", "ce_type", "ce_sequence"} <= headers.keys():
            raise NotAnEntry("it has no topic, or not the headers of an event")
        if (length is None and value) or (length is not None and length != len(value)):
            raise NotAnEntry("its value is not as long as it says")
        return cls(topic=topic, headers=headers, value=None if length is None else value)


def framed(envelope: Envelope) -> bytes:
    """The open form of an event."""
    value = envelope.value
    head = {
        "format": OPEN_FORMAT,
        "headers": dict(envelope.headers()),
        "topic": envelope.topic,
        "value_bytes": None if value is None else len(value),
    }
    return _line(head) + (value or b"")


def sealed(opened: bytes, salt: bytes) -> bytes:
    """The sealed form of an event whose open form this is."""
    # As `_line` would write it, in a tenth of the time: most entries are sealed.
    return f'{{"commitment":"{hashlib.sha256(salt + opened).hexdigest()}","format":"{SEALED_FORMAT}"}}\n'.encode()


def entry(opened: bytes, salt: bytes | None) -> bytes:
    """What is in the journal: sealed if there is a salt."""
    return opened if salt is None else sealed(opened, salt)


def opening(opened: bytes, salt: bytes | None) -> bytes:
    """What shows to its holder what an entry says: the open form, behind the salt if it is sealed."""
    return opened if salt is None else _line({"format": OPENING_FORMAT, "salt": salt.hex()}) + opened


def entry_of(shown: bytes) -> tuple[bytes, Opened]:
    """The entry that an opening belongs to, and what it says. Raises NotAnEntry."""
    if not _is(shown, OPENING_FORMAT):
        return shown, Opened.parse(shown)
    head, opened = _split(shown, OPENING_FORMAT)
    try:
        salt = bytes.fromhex(head["salt"])
    except (KeyError, TypeError, ValueError):
        raise NotAnEntry("its opening has no salt in hexadecimal") from None
    if len(salt) != SALT_SIZE or opening(opened, salt) != shown:
        raise NotAnEntry(f"its opening's salt is not {SALT_SIZE} bytes in small letters")
    return sealed(opened, salt), Opened.parse(opened)


def open_with(found: bytes, shown: bytes) -> Opened:
    """What an entry found in the journal says, by its opening. Raises NotAnEntry, WrongOpening."""
    meant, opened = entry_of(shown)
    if not hmac.compare_digest(meant, found):
        raise WrongOpening
    return opened


def is_sealed(found: bytes) -> bool:
    return _is(found, SEALED_FORMAT)


def check_entry(found: bytes) -> Opened | None:
    """What an entry says if it is open; None if it is sealed. Raises NotAnEntry if it is neither."""
    if not is_sealed(found):
        return Opened.parse(found)
    head, rest = _split(found, SEALED_FORMAT)
    commitment = head.get("commitment")
    is_digest = isinstance(commitment, str) and len(commitment) == 64 and set(commitment) <= set("0123456789abcdef")
    if rest or not is_digest:
        raise NotAnEntry("it is sealed, and has no commitment or more than that")
    return None


def _line(head: Mapping[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _is(entry: bytes, form: str) -> bool:
    head, _, _ = entry.partition(b"\n")
    return f'"format":"{form}"'.encode() in head


def _split(entry: bytes, form: str) -> tuple[dict[str, Any], bytes]:
    """The line of JSON, which must be spelled as `_line` does, and what follows it."""
    line, end, rest = entry.partition(b"\n")
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        raise NotAnEntry("its first line is not JSON") from None
    if not isinstance(head, dict) or head.get("format") != form:
        raise NotAnEntry(f"its format is not {form}")
    if not end or _line(head) != line + end:
        raise NotAnEntry("its first line is spelled in another way than ours")
    return head, rest
