"""An AsyncAPI 3.0 document per service: the topics it writes and hears, and every message on them."""

from typing import Any

from infra.contracts.hearing import acted_on, listener_of
from infra.contracts.reading import carried_on
from infra.contracts.schemas import BASE, DIALECT, Carried, carried, sentence
from infra.topics import PARTITIONS
from shared.events import EVENT_TOPICS, FORGETTABLES
from shared.events.forgettable import DOSSIERS_TOPIC, PEOPLE_TOPIC

SAYS_OF_PEOPLE = {"applications": [PEOPLE_TOPIC, DOSSIERS_TOPIC], "incubation": [PEOPLE_TOPIC]}
"""Which compacted topics a service writes; applications keeps the register, incubation adds a workshop's guests."""

_TEXT = {"type": "string"}
HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 in Kafka's binary mode.",
    "required": [
        "ce_specversion",
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_subject",
        "ce_time",
        "ce_partitionkey",
        "ce_sequence",
        "ce_correlationid",
        "ce_actor",
        "ce_dataschema",
        "content-type",
    ],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid", "description": "UUIDv7; the same for every copy."},
        "ce_source": {**_TEXT, "description": "The publishing service."},
        "ce_type": {**_TEXT, "description": "What happened, and the version of its contract."},
        "ce_subject": {**_TEXT, "description": "The aggregate's id."},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_partitionkey": {**_TEXT, "description": "The record's key: what is in order together."},
        "ce_sequence": {
            "type": "string",
            "pattern": "^[0-9]{20}$",
            "description": "Counts a subject's events without a gap; padded, so that text sorts as numbers do.",
        },
        "ce_correlationid": {**_TEXT, "description": "The same for all that one request set going."},
        "ce_causationid": {**_TEXT, "description": "The event that this one answers, if any."},
        "ce_actor": {**_TEXT, "description": "An opaque person id, or `system:NAME`."},
        "ce_dataschema": {"type": "string", "format": "uri"},
        "traceparent": {**_TEXT, "description": "W3C Trace Context."},
        "content-type": {"const": "application/json"},
    },
}


def headers_schema() -> dict[str, Any]:
    """The headers as a document of their own, so that a change of them is compared as that of an event is."""
    return {"$schema": DIALECT, "$id": f"{BASE}/headers.json", "title": "Headers", **HEADERS}


def asyncapi_of(service: str) -> dict[str, Any]:
    """What a service tells and hears."""
    listens = listener_of(service)
    written = [EVENT_TOPICS[service], *SAYS_OF_PEOPLE.get(service, [])]
    channels = {topic: _channel(topic) for topic in sorted({*written, *listens.topics})}
    operations: dict[str, Any] = {f"tell {topic}": _operation("send", topic, carried_on(topic)) for topic in written}
    for topic in listens.topics:
        acts = acted_on(listens.functions.get(topic))
        wants = [
            each
            for each in carried_on(topic)
            if topic in listens.records or topic in FORGETTABLES or acts is None or each.__name__ in acts
        ]
        operations[f"hear {topic}"] = _operation("receive", topic, wants)
    messages = {each.__name__: _message(each) for topic in channels for each in carried_on(topic)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"DataCity {service}",
            "version": "1.0.0",
            "description": f"What {service} tells the other services through Kafka, and what it hears from them.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"Headers": HEADERS}},
    }


def _channel(topic: str) -> dict[str, Any]:
    compacted = topic in FORGETTABLES
    return {
        "address": topic,
        "description": "Compacted: the newest record of a key holds, and an empty value (a tombstone) erases it."
        if compacted
        else "Kept for ever. In order per key; a subject's events are numbered by ce_sequence.",
        "messages": {each.__name__: {"$ref": f"#/components/messages/{each.__name__}"} for each in carried_on(topic)},
        "bindings": {
            "kafka": {
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": ["compact"] if compacted else ["delete"],
                    **({} if compacted else {"retention.ms": -1}),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(action: str, topic: str, messages: list[Carried]) -> dict[str, Any]:
    channel = f"#/channels/{topic}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{each.__name__}"} for each in messages],
    }


def _message(each: Carried) -> dict[str, Any]:
    known = carried()[each.TYPE]
    return {
        "name": known.TYPE,
        "title": known.__name__,
        "summary": sentence(known),
        "headers": {"$ref": "#/components/schemas/Headers"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "payload": {"$ref": f"./schemas/{known.TYPE}.json"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }
