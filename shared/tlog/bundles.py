"""Bundles: up to 256 entries one after the other, each behind its length (https://c2sp.org/tlog-tiles)."""

from collections.abc import Iterable

from shared.tlog.fault import Fault, Malformed

MAX_ENTRY_SIZE = 0xFFFF
"""Bytes of an entry: its length is two bytes."""


class EntryTooLong(Fault):
    """An entry of more than 65,535 bytes."""

    def __init__(self, *, length: int) -> None:
        super().__init__(f"An entry of {length} bytes does not fit: {MAX_ENTRY_SIZE} is the most.")
        self.length = length


class MalformedBundle(Malformed):
    what = "bundle of entries"


def pack(entries: Iterable[bytes]) -> bytes:
    """Raises EntryTooLong."""
    packed: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_SIZE:
            raise EntryTooLong(length=len(entry))
        packed += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(packed)


def unpack(content: bytes, *, width: int) -> list[bytes]:
    """The entries of a bundle that has exactly so many. Raises MalformedBundle."""
    entries = []
    start = 0
    while start < len(content):
        begin, end = _next(content, start)
        entries.append(content[begin:end])
        start = end
    if len(entries) != width:
        raise MalformedBundle(f"it has {len(entries)} entries instead of {width}")
    return entries


def narrowed(content: bytes, *, width: int) -> bytes:
    """The bundle as it was when it had so many entries. Raises MalformedBundle if it has fewer."""
    end = 0
    for nth in range(width):
        if end >= len(content):
            raise MalformedBundle(f"it has {nth} entries, not even {width}")
        _, end = _next(content, end)
    return content[:end]


def _next(content: bytes, start: int) -> tuple[int, int]:
    """Where the entry behind the length at `start` begins and ends."""
    begin = start + 2
    end = begin + int.from_bytes(content[start:begin], "big")
    if end > len(content):
        raise MalformedBundle("it ends within an entry")
    return begin, end
