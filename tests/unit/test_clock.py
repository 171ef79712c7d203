"""Deadlines mean the same with every age of the system's time zone data."""

# ruff: noqa: DTZ001, DTZ901  wall times are the subject here

import os
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from shared import clock
from shared.clock import (
    NotAWallTime,
    StaleTimeZones,
    UnknownTimeZone,
    check_tzdata,
    in_words,
    resolve_deadline,
)

CLOSING = datetime(2017, 2, 28, 23, 59)


def test_now_is_aware_and_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_a_deadline_keeps_what_was_said_and_what_it_meant() -> None:
    deadline = resolve_deadline(CLOSING, "Africa/Casablanca")

    assert deadline.local == CLOSING
    assert deadline.zone == "Africa/Casablanca"
    assert deadline.instant == datetime(2017, 2, 28, 23, 59, tzinfo=UTC)
    assert deadline.tzdata_version == clock.tzdata_version()


def test_casablanca_is_on_utc_again_since_september_2026() -> None:
    assert resolve_deadline(datetime(2026, 9, 19, 12), "Africa/Casablanca").instant.hour == 11
    assert resolve_deadline(datetime(2026, 12, 31, 12), "Africa/Casablanca").instant.hour == 12


def test_in_words_shows_seconds_where_they_matter() -> None:
    deadline = resolve_deadline(datetime(2026, 12, 31, 23, 59, 7), "Africa/Casablanca")

    assert in_words(deadline) == ("2026-12-31 23:59:07 Africa/Casablanca (UTC+00:00), which is 2026-12-31 23:59:07 UTC")


def test_in_words_shows_the_zone_and_utc() -> None:
    deadline = resolve_deadline(datetime(2026, 7, 1, 18), "Europe/Paris")

    assert in_words(deadline) == "2026-07-01 18:00 Europe/Paris (UTC+02:00), which is 2026-07-01 16:00 UTC"


def test_a_wall_time_that_happens_twice_counts_the_second_time() -> None:
    deadline = resolve_deadline(datetime(2017, 10, 29, 2, 30), "Europe/Paris")

    assert deadline.instant == datetime(2017, 10, 29, 1, 30, tzinfo=UTC)


def test_a_wall_time_that_never_happens_counts_as_the_later_instant() -> None:
    deadline = resolve_deadline(datetime(2017, 3, 26, 2, 30), "Europe/Paris")

    assert deadline.instant == datetime(2017, 3, 26, 1, 30, tzinfo=UTC)
    assert in_words(deadline).startswith("2017-03-26 03:30 Europe/Paris (UTC+02:00)")


def test_the_last_moment_is_still_in_time_and_the_next_is_not() -> None:
    deadline = resolve_deadline(CLOSING, "Africa/Casablanca")

    assert not deadline.has_passed(deadline.instant)
    assert deadline.has_passed(deadline.instant + timedelta(microseconds=1))


def test_a_time_with_an_offset_is_not_a_wall_time() -> None:
    with pytest.raises(NotAWallTime):
        resolve_deadline(CLOSING.replace(tzinfo=UTC), "Africa/Casablanca")


@pytest.mark.parametrize("edge", [datetime.min, datetime.max])
def test_the_ends_of_time_are_refused_where_they_have_no_instant(edge: datetime) -> None:
    for zone in ("Asia/Tokyo", "America/New_York"):
        try:
            resolve_deadline(edge, zone)
        except NotAWallTime:
            return
    pytest.fail("one of them lies outside of what a datetime can say")


@pytest.mark.parametrize(
    "zone", ["", "Africa", "Africa/Nowhere", "../etc/passwd", "/etc/localtime", "a\0b", "x" * 5000]
)
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(UnknownTimeZone):
        resolve_deadline(CLOSING, zone)


def test_the_check_passes_with_the_data_installed() -> None:
    check_tzdata()


def test_the_check_says_what_is_wrong_and_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "zone_named", lambda _name: zoneinfo.ZoneInfo("Europe/Paris"))

    with pytest.raises(StaleTimeZones, match=r"pip install.*tzdata.*Africa/Casablanca on 2017-02-15 is UTC\+01:00"):
        check_tzdata()


@pytest.mark.parametrize("tzpath", [None, "", "stale"])
def test_the_systems_own_data_is_never_used(tzpath: str | None, tmp_path: Path) -> None:
    """In a process of its own, whose system believes that Casablanca is where Tokyo is."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONTZPATH"}
    if tzpath == "stale":
        (tmp_path / "Africa").mkdir()
        tokyo = files("tzdata.zoneinfo") / "Asia" / "Tokyo"
        (tmp_path / "Africa" / "Casablanca").write_bytes(tokyo.read_bytes())
        environment["PYTHONTZPATH"] = str(tmp_path)
    elif tzpath is not None:
        environment["PYTHONTZPATH"] = tzpath
    program = (
        "from zoneinfo import ZoneInfo\n"
        "from datetime import datetime\n"
        "ZoneInfo('Africa/Casablanca')\n"  # cached by someone before us, from the system's files
        "from shared import clock\n"
        "clock.check_tzdata()\n"
        "print(clock.resolve_deadline(datetime(2026, 12, 31, 12), 'Africa/Casablanca').instant.isoformat())"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.stderr == ""
    assert done.stdout.strip() == "2026-12-31T12:00:00+00:00"
