"""The form over the event log: it is in the address, so a filtered log can be sent to a colleague."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from services.notifications.views.entries import SOURCES, Filters

NAMES = ("service", "type", "file", "actor", "correlation", "from", "to")
Trait = Annotated[str, Field(min_length=1, max_length=200)]


class Asked(BaseModel):
    """What was filled in; what was left empty is as if it were not there."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    service: Annotated[str, Field(pattern=f"^({'|'.join(SOURCES)})$")] | None = None
    type: Trait | None = None
    file: UUID | None = None
    actor: Trait | None = None
    correlation: Trait | None = None
    since: Annotated[datetime | None, Field(alias="from")] = None
    until: Annotated[datetime | None, Field(alias="to")] = None

    def filters(self, zone: ZoneInfo) -> Filters:
        """A wall time is one of the edition's."""
        return Filters(
            service=self.service,
            types=(self.type,) if self.type else (),
            file=self.file,
            actor=self.actor,
            correlation=self.correlation,
            since=_instant(self.since, zone),
            until=_instant(self.until, zone),
        )


class Form:
    """The fields as they were sent, what they ask for, and which of them can't be understood."""

    def __init__(self, fields: dict[str, str], asked: Asked, wrong: frozenset[str]) -> None:
        self.fields = fields
        self.asked = asked
        self.wrong = wrong

    @classmethod
    def of(cls, request: Request) -> Self:
        sent = {name: request.query_params.get(name, "").strip() for name in NAMES}
        fields = {name: value for name, value in sent.items() if value}
        given: dict[str, Any] = {name: value for name, value in fields.items() if name not in {"from", "to"}}
        wrong: set[str] = set()
        for name in ("from", "to"):
            if name in fields:
                try:
                    given[name] = datetime.fromisoformat(fields[name])
                except ValueError:
                    wrong.add(name)
        try:
            return cls(fields, Asked.model_validate(given), frozenset(wrong))
        except ValidationError as error:
            wrong |= {str(each["loc"][0]) for each in error.errors()}
        return cls(fields, Asked(), frozenset(wrong))

    def query(self, **more: object) -> str:
        """The address's part after the question mark, with something more in it."""
        return urlencode({**self.fields, **{name: value for name, value in more.items() if value is not None}})


def _instant(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
