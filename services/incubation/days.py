"""What day it is where an edition takes place."""

from datetime import date, datetime

from shared.clock import zone_named


def today_in(zone: str, *, now: datetime) -> date:
    return now.astimezone(zone_named(zone)).date()
