"""Where a consumer group stands in Kafka, and setting it back while nobody is in it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError

from infra.local.problems import LocalProblem
from infra.replay.reading import asking, committed, partitions_of, unreadable


@dataclass(frozen=True)
class Standing:
    """A group's place in one partition; `next` is None if it never committed one."""

    topic: str
    partition: int
    next: int | None
    end: int
    behind: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class StillAtWork(LocalProblem):
    """Somebody is in the group."""

    def __init__(self, group: str) -> None:
        super().__init__(f"Stop all workers of {group} first: Kafka keeps their place as long as one of them is there.")


async def standing(kafka: str, group: str, topics: Sequence[str]) -> list[Standing]:
    """Of each partition; asked from outside of the group."""
    offsets = await committed(kafka, group)
    partitions = await partitions_of(kafka, topics)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    try:
        await consumer.start()
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    except (KafkaError, OSError) as error:
        raise unreadable(kafka, error) from error
    finally:
        await consumer.stop()
    return [
        Standing(at.topic, at.partition, place, ends[at], ends[at] - (begins[at] if place is None else place))
        for at in partitions
        for place in (offsets.get(at),)
    ]


async def set_back(kafka: str, group: str, topics: Sequence[str], *, since: datetime | None) -> None:
    """To what Kafka took in since that moment, or to the beginning. Raises LocalProblem while the group has members.

    Kafka itself refuses too, should a worker join in this moment: it takes a commit from outside only for a group in
    which nobody is.
    """
    if await _has_members(kafka, group):
        raise StillAtWork(group)
    partitions = await partitions_of(kafka, topics)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(partitions)
        places = await _places(consumer, partitions, since)
        await consumer.commit(places)
    except CommitFailedError as error:
        raise StillAtWork(group) from error
    except (KafkaError, OSError) as error:
        raise unreadable(kafka, error) from error
    finally:
        await consumer.stop()


async def _has_members(kafka: str, group: str) -> bool:
    async with asking(kafka) as admin:
        (described,) = await admin.describe_consumer_groups([group])
    (_, _, _, _, _, members) = cast("Any", described).groups[0]
    return bool(members)


async def _places(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], since: datetime | None
) -> dict[TopicPartition, int]:
    if since is None:
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
        return begins
    milliseconds = int(since.timestamp() * 1000)
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, milliseconds))
    ends = await consumer.end_offsets(partitions)
    # Where nothing came since, it goes on at the end.
    return {each: found[each].offset if found.get(each) else ends[each] for each in partitions}
