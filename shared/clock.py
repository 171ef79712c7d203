"""The time, and deadlines that mean the same in every place and with every age of time zone data.

Time zones come from the `tzdata` package, never from the system: many systems still carry data from before
20 September 2026 and would shut Casablanca's applicants out an hour early. Importing this module makes it so.
"""

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module

from shared.errors import Invalid

zoneinfo.reset_tzpath(to=[])
zoneinfo.ZoneInfo.clear_cache()

_FACTS = (
    ("Africa/Casablanca", datetime(2017, 2, 15, 12, tzinfo=UTC), timedelta(0)),
    ("Africa/Casablanca", datetime(2020, 2, 15, 12, tzinfo=UTC), timedelta(hours=1)),
    ("Africa/Casablanca", datetime(2026, 12, 31, 12, tzinfo=UTC), timedelta(0)),
)
"""Offsets that only current time zone data gives all of."""


class StaleTimeZones(RuntimeError):
    """The time zone data would resolve deadlines wrongly."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"Install a current tzdata (pip install --upgrade 'tzdata>=2026.6') and start again: {found}, "
            "so deadlines would be wrong."
        )


class UnknownTimeZone(Invalid):
    slug = "unknown-time-zone"

    def __init__(self) -> None:
        super().__init__("There is no such time zone. Use an IANA name such as Africa/Casablanca.")


class NotAWallTime(Invalid):
    slug = "not-a-wall-time"

    def __init__(self) -> None:
        super().__init__("Give the deadline as the local clock shows it, without offset, and its zone beside it.")


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A wall time in a zone, the instant it was resolved to, and with which data: kept together for ever."""

    local: datetime
    zone: str
    instant: datetime
    tzdata_version: str

    def has_passed(self, now: datetime) -> bool:
        return now > self.instant


def now() -> datetime:
    """The server's time, aware, in UTC. For the edges only: everything else is given its time."""
    return datetime.now(UTC)


def tzdata_version() -> str:
    """The IANA version of the installed time zone data, such as `2026c`."""
    return str(import_module("tzdata").IANA_VERSION)


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """Raises UnknownTimeZone for a name that the tzdata package does not have."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ValueError: a path; OSError: the name of a region, a directory
        raise UnknownTimeZone from None


def check_tzdata() -> None:
    """Call at start-up. Raises StaleTimeZones, which says how to mend it."""
    for name, instant, offset in _FACTS:
        try:
            found = instant.astimezone(zone_named(name)).utcoffset()
        except UnknownTimeZone:
            raise StaleTimeZones(f"the tzdata package has no {name}") from None
        if found != offset:
            raise StaleTimeZones(f"{name} on {instant:%Y-%m-%d} is UTC{_offset(found)} instead of UTC{_offset(offset)}")


def resolve_deadline(local: datetime, zone: str) -> Deadline:
    """The instant of a wall time.

    When clocks go back, a wall time happens twice; when they go forward, it does not happen at all and two instants
    lay claim to it. Either way the later one counts, which favours the applicant.
    """
    if local.tzinfo is not None:
        raise NotAWallTime
    there = zone_named(zone)
    local = local.replace(fold=0)
    try:
        instant = max(local.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        raise NotAWallTime from None
    return Deadline(local=local, zone=zone, instant=instant, tzdata_version=tzdata_version())


def in_words(deadline: Deadline) -> str:
    """`2017-02-28 23:59 Africa/Casablanca (UTC+00:00), which is 2017-02-28 23:59 UTC`.

    It shows the instant as that zone's clocks will, with the data at hand; the instant itself never moves.
    """
    there = deadline.instant.astimezone(zone_named(deadline.zone))
    shown = "%Y-%m-%d %H:%M:%S" if deadline.instant.second else "%Y-%m-%d %H:%M"
    return f"{there:{shown}} {deadline.zone} (UTC{_offset(there.utcoffset())}), which is {deadline.instant:{shown}} UTC"


def _offset(offset: timedelta | None) -> str:
    minutes = int((offset or timedelta()).total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
