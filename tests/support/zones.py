"""Time zone data of another age: Casablanca as it was before 20 September 2026, on UTC+1, or as a law may want it."""

import struct
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared import clock

CASABLANCA = "Africa/Casablanca"


@contextmanager
def time_zones(folder: Path, *, version: str, hours: int, zone: str = CASABLANCA) -> Iterator[None]:
    """Within it, this zone is so many hours ahead of UTC for ever, as tzdata of that version has it."""
    file = folder / zone
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_tzif(hours))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "tzdata_version", lambda: version)
        try:
            zoneinfo.reset_tzpath(to=[str(folder.resolve())])
            zoneinfo.ZoneInfo.clear_cache()
            yield
        finally:
            zoneinfo.reset_tzpath(to=[])
            zoneinfo.ZoneInfo.clear_cache()


def _tzif(hours: int) -> bytes:
    """A compiled zone of one offset without transitions (RFC 9636, version 1)."""
    name = f"{hours:+03d}".encode() + b"\0"
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, len(name))
    return b"TZif" + b"\0" * 16 + counts + struct.pack(">lbb", hours * 3600, 0, 0) + name
