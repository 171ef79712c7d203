"""An event and its envelope: CloudEvents 1.0 in Kafka's binary mode, the value's bytes made once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

SEQUENCE_DIGITS = 20
"""`ce_sequence` is padded to this many digits, so that its text sorts as its number does."""


def instant_written(instant: datetime) -> str:
    """As headers and receipts have it, byte for byte: in UTC, to the microsecond."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Event(BaseModel):
    """A business fact. Its publisher owns the class; writing refuses unknown fields, reading ignores them.

    `TYPE` is the CloudEvents type; `SUBJECT` names the field with the aggregate's id; `KEY` names the field that
    orders it in Kafka (the subject, unless the event belongs to a larger story such as an application's).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    TYPE: ClassVar[str]
    SUBJECT: ClassVar[str]
    KEY: ClassVar[str] = ""

    @property
    def subject(self) -> str:
        return str(getattr(self, self.SUBJECT))

    @property
    def key(self) -> str:
        return str(getattr(self, self.KEY or self.SUBJECT))

    def to_bytes(self) -> bytes:
        """The value as it will be hashed, sent and verified; call it once, in the domain transaction."""
        return self.model_dump_json().encode()

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        """Read a value, ignoring fields this version does not know. Raises pydantic's ValidationError."""
        return cls.model_validate_json(value, extra="ignore")


class MalformedEnvelope(ValueError):
    """A record lacks a header that every event of ours carries."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"record without a usable header {missing}: it was not published by our relay")
        self.missing = missing


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What surrounds an event's bytes. `topic`, `partition` and `offset` are known once it was read from Kafka."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    key: str
    sequence: int
    correlation_id: str
    causation_id: str | None
    actor: str
    traceparent: str | None = None
    value: bytes | None = field(repr=False)
    topic: str = ""
    partition: int = -1
    offset: int = -1

    def headers(self) -> list[tuple[str, str]]:
        """The Kafka headers, in the order in which they are written."""
        pairs = [
            ("ce_specversion", "1.0"),
            ("ce_id", str(self.id)),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_subject", self.subject),
            ("ce_time", instant_written(self.time)),
            ("ce_partitionkey", self.key),
            ("ce_sequence", f"{self.sequence:0{SEQUENCE_DIGITS}d}"),
            ("ce_correlationid", self.correlation_id),
            ("ce_actor", self.actor),
            ("ce_dataschema", dataschema_of(self.type)),
            ("content-type", "application/json"),
        ]
        if self.causation_id:
            pairs.append(("ce_causationid", self.causation_id))
        if self.traceparent:
            pairs.append(("traceparent", self.traceparent))
        return pairs

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """The envelope of a consumed Kafka record. Raises MalformedEnvelope."""
        headers = decode_headers(record.headers)
        try:
            return cls(
                id=UUID(headers["ce_id"]),
                source=headers["ce_source"],
                type=headers["ce_type"],
                subject=headers["ce_subject"],
                time=datetime.fromisoformat(headers["ce_time"]),
                key=headers["ce_partitionkey"],
                sequence=int(headers["ce_sequence"]),
                correlation_id=headers["ce_correlationid"],
                causation_id=headers.get("ce_causationid"),
                actor=headers["ce_actor"],
                traceparent=headers.get("traceparent"),
                value=record.value,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )
        except KeyError as missing:
            raise MalformedEnvelope(str(missing.args[0])) from None
        except ValueError as bad:
            raise MalformedEnvelope(f"ce_id, ce_time or ce_sequence ({bad})") from bad


def dataschema_of(type_: str) -> str:
    """Where the JSON Schema of a type is named to be."""
    return f"https://datacity.example/contracts/{type_}.json"


def decode_headers(headers: Iterable[tuple[str, bytes | str | None]]) -> dict[str, str]:
    """Kafka headers as text; a header that is not UTF-8 is kept readable rather than lost."""
    return {
        name: value if isinstance(value, str) else (value or b"").decode("utf-8", "replace") for name, value in headers
    }


def encode_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, bytes]]:
    """Text headers as aiokafka takes them."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(name, value.encode()) for name, value in pairs]


def as_json(value: bytes | None) -> Any:
    """The value as plain JSON, for those who show events without knowing their class; None for a tombstone."""
    return None if value is None else json.loads(value)
