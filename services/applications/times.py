"""How requests say a time: as a clock on a wall shows it, and where that wall is."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, NaiveDatetime, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.applications.commands import WallTime
from shared.http import Body


def _refuse_other_centuries(local: datetime) -> datetime:
    if not 2000 <= local.year <= 2200:
        raise PydanticCustomError("unlikely_year", "The year must be between 2000 and 2200")
    return local


LocalTime = Annotated[
    NaiveDatetime,
    AfterValidator(_refuse_other_centuries),
    # OpenAPI's `date-time` has an offset; this has none.
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^2[01]\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$",
            "description": "As the local clock shows it, without offset: 2026-12-31T23:59:00.",
            "examples": ["2026-12-31T23:59:00"],
        }
    ),
]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*$")]
"""An IANA name; whether there is such a zone is for the clock to say."""


class DeadlineBody(Body):
    local: LocalTime
    zone: Zone

    def as_wall(self) -> WallTime:
        return WallTime(self.local, self.zone)
