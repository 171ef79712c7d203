"""The contracts between services: an envelope, one module of events per publisher, and the forgettable records."""

from typing import get_args

from shared.events import applications, forgettable, incubation, notifications, selection
from shared.events.envelope import Envelope, Event, MalformedEnvelope, as_json, decode_headers, encode_headers
from shared.events.forgettable import Dossier, Forgettable, Forgotten, Person

PUBLISHERS = {
    "applications": applications,
    "selection": selection,
    "incubation": incubation,
    "notifications": notifications,
}

EVENT_TOPICS: dict[str, str] = {name: module.TOPIC for name, module in PUBLISHERS.items()}

EVENTS: dict[str, type[Event]] = {
    event.TYPE: event for module in PUBLISHERS.values() for event in get_args(module.AnyEvent)
}
"""Every event of today, by its CloudEvents type."""

FORGETTABLES: dict[str, type[Forgettable]] = {forgettable.PEOPLE_TOPIC: Person, forgettable.DOSSIERS_TOPIC: Dossier}
"""Every compacted topic, and the record it carries."""


def read(envelope: Envelope) -> Event | Forgettable | Forgotten | None:
    """What an envelope carries; None for a type that this version does not know. Raises ValidationError."""
    if record := FORGETTABLES.get(envelope.topic):
        return Forgotten(envelope.topic, envelope.key) if envelope.value is None else record.from_bytes(envelope.value)
    event = EVENTS.get(envelope.type)
    return None if event is None or envelope.value is None else event.from_bytes(envelope.value)


__all__ = [
    "EVENTS",
    "EVENT_TOPICS",
    "FORGETTABLES",
    "PUBLISHERS",
    "Dossier",
    "Envelope",
    "Event",
    "Forgettable",
    "Forgotten",
    "MalformedEnvelope",
    "Person",
    "as_json",
    "decode_headers",
    "encode_headers",
    "read",
]
