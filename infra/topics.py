"""Every Kafka topic with its settings: created if missing, set right if somebody changed them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from infra.local.problems import LocalProblem
from shared.events import EVENT_TOPICS, FORGETTABLES

PARTITIONS = 12
DYNAMIC_TOPIC_CONFIG = 1

KEPT_FOR_EVER = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
}

# What a person had erased must not linger: a tombstone is compacted within the minute after the segment that it closes,
# and stays for a season: a service that was away, or whose backup was restored, must still hear of it.
FORGETS_SOON = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "60000",
    "segment.ms": "60000",
    "delete.retention.ms": str(90 * 24 * 3600 * 1000),
}


@dataclass(frozen=True)
class Topic:
    name: str
    settings: Mapping[str, str]
    partitions: int = PARTITIONS


LARGEST_RECORD = 900_000
ROOM_FOR_BATCH = 1024 * 1024 - LARGEST_RECORD
"""What a batch may hold beside its largest record; together they are Kafka's own limit."""


def topics(*, min_insync_replicas: int = 1, largest_record: int = LARGEST_RECORD) -> list[Topic]:
    """All topics of the platform; with three brokers, ask for two replicas in sync.

    `largest_record` (bytes) is what DATACITY_LARGEST_RECORD_BYTES lets a relay send.
    """
    for_all = {
        "max.message.bytes": str(largest_record + ROOM_FOR_BATCH),
        "min.insync.replicas": str(min_insync_replicas),
    }
    events = [Topic(name, for_all | KEPT_FOR_EVER) for name in EVENT_TOPICS.values()]
    forgettable = [Topic(name, for_all | FORGETS_SOON) for name in FORGETTABLES]
    return events + forgettable


async def ensure_topics(
    bootstrap: str,
    *,
    replication_factor: int = 1,
    min_insync_replicas: int = 1,
    largest_record: int = LARGEST_RECORD,
    wanted: Sequence[Topic] | None = None,
) -> list[str]:
    """Make them all exist with the settings they must have; returns what was done, a line each."""
    if wanted is None:
        wanted = topics(min_insync_replicas=min_insync_replicas, largest_record=largest_record)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        known = {entry["topic"]: entry for entry in await admin.describe_topics()}
        missing = [topic for topic in wanted if topic.name not in known]
        present = [topic for topic in wanted if topic.name in known]
        _refuse_other_partition_counts(present, known)
        done = await _create(admin, missing, replication_factor)
        done += await _set_right(admin, present)
        await _wait_for_leaders(admin, missing)
    except (KafkaError, OSError) as error:
        message = f"Check that Kafka runs at {bootstrap} (`datacity status`): topics can't be set up ({error})."
        raise LocalProblem(message) from error
    else:
        return done
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, missing: Sequence[Topic], replication_factor: int) -> list[str]:
    if not missing:
        return []
    response = await admin.create_topics(
        [
            NewTopic(
                topic.name,
                topic.partitions,
                replication_factor,
                topic_configs=topic.settings,
            )
            for topic in missing
        ]
    )
    for name, code, *told in cast("Any", response).topic_errors:
        error = for_code(code)
        # Somebody else may set up the same cluster at the same time.
        if code and error is not TopicAlreadyExistsError:
            message = f"Mend what Kafka says about {name}: {error.__name__} {' '.join(str(part) for part in told)}"
            raise LocalProblem(message)
    return [f"created {topic.name}" for topic in missing]


async def _set_right(admin: AIOKafkaAdminClient, present: Sequence[Topic]) -> list[str]:
    overrides = await _overrides(admin, [topic.name for topic in present])
    drifted = [topic for topic in present if not topic.settings.items() <= overrides[topic.name].items()]
    if not drifted:
        return []
    # This request replaces all of a topic's overrides: those that aren't ours are sent along.
    responses = await admin.alter_configs(
        [
            ConfigResource(
                ConfigResourceType.TOPIC,
                topic.name,
                overrides[topic.name] | dict(topic.settings),
            )
            for topic in drifted
        ]
    )
    for response in cast("list[Any]", responses):
        for code, told, _, name in response.resources:
            if code:
                message = f"Mend what Kafka says about {name}: {for_code(code).__name__} {told}"
                raise LocalProblem(message)
    return [f"set right {topic.name}: {_difference(topic, overrides[topic.name])}" for topic in drifted]


async def _overrides(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """What each topic sets itself, other than by the broker's defaults."""
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    if not names:
        return found
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    for response in cast("list[Any]", await admin.describe_configs(asked)):
        for _, _, _, name, entries in response.resources:
            found[name] = {key: value for key, value, _, source, *_ in entries if source == DYNAMIC_TOPIC_CONFIG}
    return found


def _difference(topic: Topic, overrides: Mapping[str, str]) -> str:
    return ", ".join(
        f"{key} {overrides.get(key, 'unset')} -> {value}"
        for key, value in topic.settings.items()
        if overrides.get(key) != value
    )


def _refuse_other_partition_counts(present: Sequence[Topic], known: Mapping[str, Any]) -> None:
    for topic in present:
        actual = len(known[topic.name]["partitions"])
        if actual != topic.partitions:
            # Adding some would send the next events of a key to another partition, past those that still wait.
            message = (
                f"Move {topic.name} to a new topic of {topic.partitions} partitions: it has {actual}, and changing "
                "that in place would break the order of each file's story."
            )
            raise LocalProblem(message)


async def _wait_for_leaders(admin: AIOKafkaAdminClient, created: Sequence[Topic]) -> None:
    deadline = time.monotonic() + 20
    names = [topic.name for topic in created]
    while names:
        described = await admin.describe_topics(names)
        led = {
            entry["topic"]
            for entry in described
            if entry["partitions"] and all(partition["leader"] >= 0 for partition in entry["partitions"])
        }
        names = [name for name in names if name not in led]
        if names and time.monotonic() > deadline:
            message = f"Look at Kafka's log: no leader for {', '.join(names)} after 20 s."
            raise LocalProblem(message)
        if names:
            await asyncio.sleep(0.05)
