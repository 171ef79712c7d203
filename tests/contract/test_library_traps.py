"""What today's libraries do that we work around: an upgrade that changes one of these is seen here first.

A test that fails here is not a fault of ours: read what its docstring says we do about it, and see if we still must.
"""

import asyncio
import importlib
import inspect
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import MessageSizeTooLargeError, NotLeaderForPartitionError, OutOfOrderSequenceNumber
from aiokafka.producer.sender import SendProduceReqHandler
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaPublishMessage
from faststream.kafka.message import KafkaAckableMessage

from infra.local.jars import ENDPOINT, pinned
from infra.topics import Topic, ensure_topics
from shared.outbox.producing import abandon
from tests.support.backbone import until
from tests.support.stack import Backbone


def test_faststream_begins_at_the_end_of_a_topic_unless_told_otherwise() -> None:
    """What came before the first start would be skipped; shared.messaging says `earliest`."""
    assert inspect.signature(KafkaBroker.subscriber).parameters["auto_offset_reset"].default == "latest"


def test_faststream_commits_before_it_handles_unless_told_otherwise() -> None:
    """shared.messaging says AckPolicy.MANUAL."""
    subscriber: Any = KafkaBroker().subscriber("topic", group_id="group")

    assert subscriber.ack_policy is AckPolicy.ACK_FIRST


async def test_faststream_and_aiokafka_ask_one_broker_only_to_keep_a_record_unless_told_otherwise(
    backbone: Backbone,
) -> None:
    """A broker that dies takes the record along; the relay says `acks="all"` and `enable_idempotence`."""
    assert inspect.signature(KafkaBroker.__init__).parameters["enable_idempotence"].default is False
    producer = AIOKafkaProducer(bootstrap_servers=backbone.kafka)

    assert producer._sender._acks == 1


@pytest.mark.filterwarnings("ignore:AckPolicy.REJECT_ON_ERROR has the same effect")
@pytest.mark.parametrize("policy", [AckPolicy.ACK_FIRST, AckPolicy.ACK, AckPolicy.REJECT_ON_ERROR])
async def test_a_handler_that_raises_loses_its_record(backbone: Backbone, policy: AckPolicy) -> None:
    """All of these commit past what was never handled; we commit after the effect, by ourselves."""
    topic, group = await backbone.topic(partitions=1), uuid.uuid4().hex
    attempts: list[bytes] = []

    async def fail(body: bytes) -> None:
        attempts.append(body)
        raise RuntimeError("the effect did not happen")

    async with _subscribed(backbone, topic, group, fail, ack_policy=policy):
        await _send(backbone, topic, b"lost")
        await until(lambda: _true(attempts), what="the first attempt")

    assert attempts == [b"lost"]
    assert await _committed(backbone, topic, group) == {0: 1}


async def test_nack_is_an_instant_endless_loop(backbone: Backbone) -> None:
    """A poison record would spin its partition for ever; we pause longer each time, then park it in quarantine."""
    topic, group = await backbone.topic(partitions=1), uuid.uuid4().hex
    attempts: list[float] = []

    async def fail(body: bytes) -> None:
        attempts.append(asyncio.get_running_loop().time())
        raise RuntimeError("poison")

    async with _subscribed(backbone, topic, group, fail, ack_policy=AckPolicy.NACK_ON_ERROR):
        await _send(backbone, topic, b"poison")
        await until(lambda: _true(len(attempts) >= 20), what="twenty attempts")

    assert attempts[19] - attempts[0] < 5


async def test_ack_commits_every_partition_that_we_hold(backbone: Backbone) -> None:
    """What else was read is lost if we die before it is handled; we commit `{partition: offset + 1}` ourselves."""
    topic, group = await backbone.topic(partitions=2), uuid.uuid4().hex
    await _send(backbone, topic, b"one", partition=0)
    await _send(backbone, topic, b"other", partition=1)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=backbone.kafka,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer, asyncio.timeout(20):
        read = [await consumer.getone(), await consumer.getone()]
        handled, waits = read

        await KafkaAckableMessage(raw_message=handled, body=handled.value, consumer=consumer).ack()

    assert await _committed(backbone, topic, group) == {handled.partition: 1, waits.partition: 1}


async def test_nack_of_a_batch_rewinds_each_of_its_partitions() -> None:
    """Before FastStream 0.7 it rewound one and lost the others' records; now this is mended, and still we don't."""
    rewound: list[tuple[int, int]] = []
    consumer = SimpleNamespace(seek=lambda partition, offset: rewound.append((partition.partition, offset)))
    records = tuple(
        SimpleNamespace(topic="topic", partition=partition, offset=offset)
        for partition, offset in ((0, 7), (0, 8), (1, 3))
    )

    await KafkaAckableMessage(raw_message=records, body=b"", consumer=consumer).nack()  # type: ignore[arg-type]

    assert rewound == [(0, 7), (1, 3)]


async def test_a_published_batch_lands_in_one_partition_whatever_its_keys(backbone: Backbone) -> None:
    """The order of each key would be lost between batches; the relay sends one by one and awaits them together."""
    topic = await backbone.topic(partitions=12)
    keys = [f"key-{number}".encode() for number in range(40)]

    async with KafkaBroker(backbone.kafka, logger=None) as broker:
        await broker.publish_batch(*(KafkaPublishMessage(b"x", key=key) for key in keys), topic=topic)
    together = {record.partition for record in await _records(backbone, topic, len(keys))}
    other = await backbone.topic(partitions=12)
    await _send(backbone, other, *([b"x"] * len(keys)), keys=keys)
    one_by_one = {record.partition for record in await _records(backbone, other, len(keys))}

    assert len(together) == 1
    assert len(one_by_one) > 6


@pytest.mark.parametrize(("idempotent", "gives_up"), [(False, True), (True, False)])
def test_an_idempotent_send_tries_for_ever_in_an_outage(idempotent: bool, gives_up: bool) -> None:
    """Its time-out ends nothing that may be tried again; the relay puts a deadline on every batch."""
    sender = SimpleNamespace(_txn_manager=object() if idempotent else None, _retry_backoff=0.1, client=None)
    handler = SendProduceReqHandler(sender, {})
    long_expired = SimpleNamespace(expired=lambda: True)

    assert handler._can_retry(NotLeaderForPartitionError(), long_expired) is not gives_up


async def test_after_a_refused_batch_an_idempotent_producer_must_be_rebuilt(backbone: Backbone) -> None:
    """The numbers of the refused records are used up, and the broker waits for them for ever; the relay begins anew."""
    topic = f"test.{uuid.uuid4().hex[:12]}"
    await ensure_topics(backbone.kafka, wanted=[Topic(topic, {"max.message.bytes": "10000"}, 1)])
    producer = AIOKafkaProducer(bootstrap_servers=backbone.kafka, enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"taken")
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic, b"x" * 20_000)
        with pytest.raises(OutOfOrderSequenceNumber):
            await asyncio.wait_for(producer.send_and_wait(topic, b"small enough"), 20)
    finally:
        await abandon(producer)


async def test_a_batch_of_ones_own_keeps_its_order_and_its_numbers(backbone: Backbone) -> None:
    """`send_batch` takes one partition's records whole, headers and all, also under idempotence; lanes rely on it."""
    topic = await backbone.topic(partitions=2)
    async with AIOKafkaProducer(bootstrap_servers=backbone.kafka, enable_idempotence=True, linger_ms=0) as producer:
        for start in (0, 100):
            batch = producer.create_batch()
            for number in range(start, start + 100):
                batch.append(timestamp=None, key=b"key", value=b"%d" % number, headers=[("ce_id", b"%d" % number)])
            batch.close()
            await (await producer.send_batch(batch, topic, partition=1))

    records = await _records(backbone, topic, 200)

    assert [record.value for record in records] == [b"%d" % number for number in range(200)]
    assert {record.partition for record in records} == {1}
    assert records[150].headers == (("ce_id", b"150"),)


async def test_stopping_a_producer_in_an_outage_never_ends_and_leaves_its_sender_alive(backbone: Backbone) -> None:
    """Giving up on `stop` leaves a task that sends when Kafka is back; the relay's `abandon` ends it."""
    topic = await backbone.topic(partitions=1)
    producer = AIOKafkaProducer(bootstrap_servers=backbone.kafka, enable_idempotence=True, linger_ms=60_000)
    await producer.start()
    await producer.send(topic, b"held back by its linger")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(producer.stop(), 0.2)
    sender = producer._sender.sender_task

    assert not sender.done()
    await abandon(producer)
    assert sender.done()


def test_the_fastapi_router_of_faststream_is_deprecated_and_publishes_for_anybody() -> None:
    """Its documentation comes with a POST that nobody authenticates; we start the broker in the lifespan."""
    with pytest.warns(DeprecationWarning, match="faststream_fastapi"):
        integration = importlib.reload(importlib.import_module("faststream.kafka.fastapi"))
    router = integration.KafkaRouter("127.0.0.1:1", schema_url="/asyncapi")

    assert router.docs_router.url_path_for("try_asyncapi_schema") == "/asyncapi/try"


def test_fastapis_documentation_pages_load_from_a_cdn() -> None:
    """Nobody should tell a third party that they read our documentation; shared.http serves the page from here."""
    from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html

    for page in (get_swagger_ui_html, get_redoc_html):
        assert b"https://cdn." in page(openapi_url="/openapi.json", title="x").body


def test_kafkas_client_library_is_named_beside_kafka() -> None:
    """jgo's mediation alone picks kafka-clients 3.9.1 for Kafka 4.3.1; the pins hold what is downloaded."""
    version = {jar.artifact: jar.version for jar in pinned()}

    assert version["kafka-clients"] == version["kafka_2.13"]
    assert f"org.apache.kafka:kafka-clients:{version['kafka-clients']}" in ENDPOINT


@asynccontextmanager
async def _subscribed(
    backbone: Backbone,
    topic: str,
    group: str,
    handle: Callable[..., Any],
    *,
    ack_policy: AckPolicy,
) -> AsyncIterator[None]:
    broker = KafkaBroker(backbone.kafka, logger=None, graceful_timeout=2)
    subscriber = broker.subscriber(
        topic, group_id=group, auto_offset_reset="earliest", ack_policy=ack_policy, no_reply=True
    )
    subscriber(handle)
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


async def _send(
    backbone: Backbone, topic: str, *values: bytes, partition: int | None = None, keys: list[bytes] | None = None
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=backbone.kafka) as producer:
        each = keys or [None] * len(values)
        futures = [
            await producer.send(topic, value, key=key, partition=partition)
            for value, key in zip(values, each, strict=True)
        ]
        await asyncio.gather(*futures)


async def _records(backbone: Backbone, topic: str, count: int) -> list[Any]:
    found: list[Any] = []
    async with (
        AIOKafkaConsumer(topic, bootstrap_servers=backbone.kafka, auto_offset_reset="earliest") as consumer,
        asyncio.timeout(20),
    ):
        while len(found) < count:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(batch)
    return found


async def _committed(backbone: Backbone, topic: str, group: str) -> dict[int, int]:
    """Partition → committed offset of a group, read without joining it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=backbone.kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {
        each.partition: found.offset for each, found in offsets.items() if each.topic == topic and found.offset >= 0
    }


async def _true(value: object) -> bool:
    return bool(value)
