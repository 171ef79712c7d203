"""What a replay found: how it went through the events, what it rebuilt, and where the living service differs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.replay.fingerprints import Difference, Fingerprint, digest_of
from infra.replay.reading import Read

NAMED = 20
"""How many events of a kind are named; all are counted."""


@dataclass
class Places:
    """Events that something is to be said about: where they are, and why."""

    count: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)

    def note(self, read: Read, why: str) -> None:
        self.count += 1
        if len(self.first) < NAMED:
            topic, partition, offset = read.place
            event = read.envelope
            self.first.append(
                {
                    "topic": topic,
                    "partition": partition,
                    "offset": offset,
                    "key": read.key[1],
                    "event_id": str(event.id) if event else None,
                    "type": event.type if event else None,
                    "why": why,
                }
            )

    def as_dict(self) -> dict[str, Any]:
        return {"count": self.count, "first": self.first}


@dataclass
class Tally:
    """What became of each record that Kafka had."""

    read: int = 0
    handled: int = 0
    duplicates: int = 0
    later: int = 0
    """After the moment that was asked for."""
    in_flight: int = 0
    """Published, and not handled by the living service yet when we looked at it."""
    gone: int = 0
    """Handled by the living service, and no longer in Kafka, as compacted topics keep the newest of a key only."""
    left_out: Places = field(default_factory=Places)
    """The living service has set them aside, so its tables miss them too."""
    failed: Places = field(default_factory=Places)
    """The handlers refused them here, and those of the same key behind them."""
    passed_over: Places = field(default_factory=Places)
    """The living service has read past them in Kafka and never handled them: it must be made to hear them again."""

    def as_dict(self) -> dict[str, Any]:
        return {
            name: value.as_dict() if isinstance(value, Places) else value
            for name, value in ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        }


@dataclass(frozen=True)
class TableOutcome:
    """One derived table here and there."""

    rebuilt: Fingerprint
    live: Fingerprint | None = None
    difference: Difference | None = None

    @property
    def equal(self) -> bool | None:
        return None if self.live is None else self.live.digest == self.rebuilt.digest

    def as_dict(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"table": self.rebuilt.table, "rows": self.rebuilt.rows, "digest": self.rebuilt.digest}
        if self.live and self.difference:
            facts |= {"live_rows": self.live.rows, "live_digest": self.live.digest, "equal": self.equal}
            facts |= {
                "differences": self.difference.count,
                "missing": self.difference.missing,
                "extra": self.difference.extra,
                "different": self.difference.different,
            }
        return facts


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The whole of it."""

    service: str
    until: datetime | None
    events: Tally
    tables: Sequence[TableOutcome]
    seconds: float
    caught_up: bool | None = None
    """False if the living service still lagged behind Kafka when we looked at it."""
    database: str | None = None
    """Where it was rebuilt, if that is still there."""

    @property
    def digest(self) -> str:
        return digest_of([each.rebuilt for each in self.tables])

    @property
    def live_digest(self) -> str | None:
        live = [each.live for each in self.tables if each.live]
        return digest_of(live) if live else None

    @property
    def equal(self) -> bool | None:
        return None if self.live_digest is None else self.digest == self.live_digest

    @property
    def good(self) -> bool:
        """All was handled; if compared, nothing differs and nothing was passed over."""
        return self.equal is not False and not self.events.failed.count and not self.events.passed_over.count

    def as_dict(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "until": self.until.isoformat() if self.until else None,
            "digest": self.digest,
            "live_digest": self.live_digest,
            "equal": self.equal,
            "caught_up": self.caught_up,
            "tables": [each.as_dict() for each in self.tables],
            "events": self.events.as_dict(),
            "seconds": round(self.seconds, 3),
            "events_per_second": round(self.events.handled / self.seconds, 1) if self.seconds else None,
            "database": self.database,
        }
