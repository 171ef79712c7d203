"""Databases and topics as provisioning makes them, on the real PostgreSQL and the real Kafka."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from infra.local.problems import LocalProblem
from infra.provision import Passwords, plain, provision_service
from infra.topics import Topic, ensure_topics, topics
from tests.support.stack import Backbone


async def test_the_runtime_role_reads_and_writes_what_the_owner_made_and_makes_nothing_itself(
    backbone: Backbone,
) -> None:
    database = await backbone.fresh_database("selection")
    owner = await asyncpg.connect(plain(database.owner_url))
    runtime = await asyncpg.connect(plain(database.runtime_url))
    try:
        await owner.execute("CREATE TABLE jury (id bigserial PRIMARY KEY, name text)")

        await runtime.execute("INSERT INTO jury (name) VALUES ('mobility')")
        await runtime.execute("UPDATE jury SET name = 'water'")

        assert await runtime.fetchval("SELECT name FROM jury") == "water"
        for forbidden in (
            "CREATE TABLE mine ()",
            "DROP TABLE jury",
            "TRUNCATE jury",
            "ALTER TABLE jury ADD x int",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await runtime.execute(forbidden)
    finally:
        await owner.close()
        await runtime.close()


async def test_no_service_can_enter_another_ones_database(backbone: Backbone) -> None:
    selection = await backbone.fresh_database("selection")
    incubation = await backbone.fresh_database("incubation")
    elsewhere = plain(incubation.runtime_url).rpartition("/")[2]

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(plain(selection.runtime_url), database=elsewhere)


async def test_provisioning_again_gives_back_nothing_that_a_migration_took_away(
    backbone: Backbone,
) -> None:
    database = await backbone.fresh_database("selection")
    passwords = Passwords(
        owner=backbone.book.secret("selection_owner"),
        runtime=backbone.book.secret("selection"),
    )
    owner = await asyncpg.connect(plain(database.owner_url))
    await owner.execute("CREATE TABLE event_log (id int); REVOKE UPDATE, DELETE ON event_log FROM datacity_selection")
    await owner.close()

    admin = await asyncpg.connect(backbone.admin_url)
    name = plain(database.owner_url).rpartition("/")[2]
    again = await provision_service(admin, backbone.admin_url, "selection", passwords, database=name)
    await admin.close()

    assert again == database
    runtime = await asyncpg.connect(plain(again.runtime_url))
    try:
        await runtime.execute("INSERT INTO event_log VALUES (1)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runtime.execute("DELETE FROM event_log")
    finally:
        await runtime.close()


async def test_topics_are_created_once(backbone: Backbone) -> None:
    assert await ensure_topics(backbone.kafka) == []


async def test_a_setting_that_somebody_changed_is_set_right_and_others_are_kept(
    backbone: Backbone,
) -> None:
    name = await backbone.topic()
    kept = Topic(name, {"retention.ms": "-1"})
    await _alter(backbone, name, {"retention.ms": "5000", "segment.bytes": "1048576"})

    done = await ensure_topics(backbone.kafka, wanted=[kept])

    assert done == [f"set right {name}: retention.ms 5000 -> -1"]
    await _eventually(_settings_are(backbone, name, {"retention.ms": "-1", "segment.bytes": "1048576"}))


async def test_a_topic_with_another_number_of_partitions_is_refused_not_changed(
    backbone: Backbone,
) -> None:
    name = await backbone.topic(partitions=3)

    with pytest.raises(LocalProblem, match="it has 3"):
        await ensure_topics(backbone.kafka, wanted=[Topic(name, {})])


async def test_every_topic_has_twelve_partitions_and_what_is_forgettable_is_compacted(
    backbone: Backbone,
) -> None:
    wanted = {topic.name: topic for topic in topics()}

    assert {name for name, topic in wanted.items() if topic.settings["cleanup.policy"] == "compact"} == {
        "people.v1",
        "dossiers.v1",
    }
    for name in ("applications", "selection", "incubation", "notifications"):
        assert wanted[f"{name}.events.v1"].settings["retention.ms"] == "-1"
    admin = AIOKafkaAdminClient(bootstrap_servers=backbone.kafka)
    await admin.start()
    try:
        described = await admin.describe_topics(list(wanted))
    finally:
        await admin.close()
    assert {entry["topic"]: len(entry["partitions"]) for entry in described} == dict.fromkeys(wanted, 12)


def test_a_tombstone_waits_for_a_service_that_was_away_and_for_a_backup_that_is_restored() -> None:
    kept = {topic.name: topic.settings.get("delete.retention.ms") for topic in topics()}

    for name in ("people.v1", "dossiers.v1"):
        assert timedelta(milliseconds=int(kept[name] or 0)) >= timedelta(days=90)


async def _alter(backbone: Backbone, name: str, settings: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=backbone.kafka)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, settings)])
    finally:
        await admin.close()
    await _eventually(_settings_are(backbone, name, settings))


def _settings_are(backbone: Backbone, name: str, settings: dict[str, str]) -> Callable[[], Awaitable[bool]]:
    async def hold() -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=backbone.kafka)
        await admin.start()
        try:
            (response,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        finally:
            await admin.close()
        actual = {entry[0]: entry[1] for entry in response.resources[0][4]}
        return settings.items() <= actual.items()

    return hold


async def _eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """The controller answers before the broker has heard of the change."""
    deadline = time.monotonic() + 10
    while not await holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
