"""What several bodies are made of: addresses, wall times, instants, texts in three languages."""

from datetime import datetime
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    NaiveDatetime,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.http import Body, LongText, Safe, ShortText

PREFIX = "/api/incubation/v1"


def _https_only(url: str) -> str:
    """Nothing here ever fetches it: it is shown to people, so it must lead where it says."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise PydanticCustomError("https_only", "An address has to be https://host/…, without user and password")
    return url


HttpsUrl = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=9, max_length=2000, pattern=r"^https://[!-~]+$"),
    Safe(),
    AfterValidator(_https_only),
]
"""An address in ASCII, as browsers send it."""

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=3,
        max_length=254,
        pattern=r'^[^\s@<>"(),:;\\]+@[^\s@<>"(),:;\\]+\.[^\s@<>"(),:;\\.]+$',
    ),
    Safe(),
]
"""Somebody's address, with nothing in it that a mail's headers could take for more."""

WallTime = Annotated[
    NaiveDatetime,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^2\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$",
            "examples": ["2026-12-02T18:00"],
            "description": "What the clock on the wall shows: no offset, no Z.",
        }
    ),
]


def _within_the_calendar(instant: datetime) -> datetime:
    if not 1970 <= instant.year <= 9000:
        raise PydanticCustomError("instant_out_of_range", "The year has to be between 1970 and 9000")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_within_the_calendar)]
"""A moment with its offset; near the calendar's edges it could not be taken to another zone."""

ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
"""An IANA name, such as Africa/Casablanca."""


class Title(Body):
    """The same title in the languages of the programme, in one of them at least."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    fr: ShortText | None = None
    ar: ShortText | None = None
    en: ShortText | None = None

    @model_validator(mode="after")
    def _in_some_language(self) -> Self:
        if not self.by_language():
            raise PydanticCustomError("no_language", "Give it in French (fr), Arabic (ar) or English (en)")
        return self

    def by_language(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


class WordsBody(Body):
    """Why, in words that the other side will read."""

    words: LongText
