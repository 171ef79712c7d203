"""How an entry of the event log looks, on a page of entries and in the stream."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from services.notifications.domain.journal import for_juror
from services.notifications.models import Entry
from services.notifications.views.entries import Filters
from shared.http import View
from shared.identity import Actor

PREFIX = "/api/notifications/v1"
LAST_POSITION = 2**63 - 1

Service = Literal["applications", "selection", "incubation", "notifications"]


def _refuse_numbers(given: object) -> object:
    """Pydantic would read `0.5` as half a second after 1970."""
    if isinstance(given, str) and "T" not in given.upper():
        raise PydanticCustomError("instant", "Write an instant as ISO 8601 does, such as 2017-02-28T23:59:00Z")
    return given


Instant = Annotated[AwareDatetime, BeforeValidator(_refuse_numbers)]
Trait = Annotated[str, Query(min_length=1, max_length=200)]


class EntryView(View):
    """An event as it was recorded. `file` is the application whose story it belongs to."""

    position: int = Field(description="1, 2, 3… in the order in which events were recorded, without gap.")
    id: UUID
    type: str
    source: str
    service: str
    subject: str
    key: str
    file: UUID | None
    sequence: int = Field(description="1, 2, 3… within the subject.")
    time: datetime
    recorded_at: datetime
    correlation_id: str
    causation_id: str | None
    actor: str
    topic: str
    partition: int
    offset: int
    data: Any

    @classmethod
    def of(cls, entry: Entry, *, reader: Actor) -> Self:
        return cls(**traits(entry, reader=reader))


def traits(entry: Entry, *, reader: Actor) -> dict[str, Any]:
    return {
        "position": entry.position,
        "id": entry.event_id,
        "type": entry.type,
        "source": entry.source,
        "service": entry.source.rpartition("/")[2],
        "subject": entry.subject,
        "key": entry.key,
        "file": entry.file,
        "sequence": entry.sequence,
        "time": entry.happened_at,
        "recorded_at": entry.recorded_at,
        "correlation_id": entry.correlation_id,
        "causation_id": entry.causation_id,
        "actor": entry.actor,
        "topic": entry.topic,
        "partition": entry.partition,
        "offset": entry.record_offset,
        "data": data_for(reader, entry),
    }


def data_for(reader: Actor, entry: Entry) -> Any:
    """The event's facts; to staff who judge, those without others' scores."""
    return for_juror(entry.data, entry.type) if reader.holds("juror") else entry.data


def filters(
    file: Annotated[UUID | None, Query(description="The application whose story it is.")] = None,
    type: Annotated[  # noqa: A002  the name of the parameter, as the API says it
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Query(max_length=50, description="Repeat it for several types."),
    ] = [],  # noqa: B006  FastAPI copies it
    service: Annotated[Service | None, Query(description="The service that published it.")] = None,
    subject: Trait | None = None,
    correlation: Trait | None = None,
    actor: Trait | None = None,
    since: Annotated[Instant | None, Query(alias="from", description="Not before this instant.")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="Before this instant.")] = None,
) -> Filters:
    """Which events a caller wants."""
    return Filters(
        file=file,
        types=tuple(type),
        service=service,
        subject=subject,
        correlation=correlation,
        actor=actor,
        since=since,
        until=until,
    )
