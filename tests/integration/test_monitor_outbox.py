"""Keys that could not be published, in the monitor: who may watch sees them, staff release them, after a dry run."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from sqlalchemy import text

from shared.database import new_id
from shared.events.operations import TablesExported
from tests.support.monitor import STAFF, Monitor, monitor
from tests.support.stack import Backbone

RELEASED = "io.datacity.outbox.key-released.v1"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(backbone: Backbone, tmp_path_factory) -> AsyncIterator[Monitor]:
    folder: Path = tmp_path_factory.mktemp("monitor")
    async with monitor(backbone, folder) as made:
        yield made


async def parked(shown: Monitor) -> dict[str, str]:
    """A key with one event, as if Kafka had refused it."""
    export = new_id()
    async with shown.service.works.begin() as work:
        work.publish(TablesExported(export_id=export, rows={}))
        await work.flush()
        await (await work.session.connection()).execute(
            text(
                "INSERT INTO outbox_parked (topic, key, position, error) "
                "SELECT topic, key, position, 'MessageSizeTooLarge' FROM outbox_pending WHERE key = :key"
            ),
            {"key": str(export)},
        )
    return {"topic": "notifications.events.v1", "key": str(export)}


async def waiting(shown: Monitor, key: dict[str, str]) -> bool:
    return bool(await shown.service.scalar(f"SELECT EXISTS (SELECT FROM outbox_parked WHERE key = '{key['key']}')"))


async def test_staff_release_a_parked_key_after_a_reason_and_a_dry_run(shown: Monitor) -> None:
    key = await parked(shown)
    address = shown.address("outbox/notifications/release")
    async with shown.signed_in("staff", sub=STAFF) as client:
        page = (await client.get(shown.address("failures"))).text
        rehearsed = await client.post(address, data={**key, "reason": "taken-now"})
        still = await waiting(shown, key)
        done = await client.post(address, data={**key, "reason": "taken-now", "confirmed": "yes"})
        again = await client.post(address, data={**key, "reason": "taken-now", "confirmed": "yes"})

    assert key["key"] in page
    assert "MessageSizeTooLarge" in page
    assert "would be sent again, in order" in rehearsed.text
    assert still
    assert "is taken up again" in done.text
    assert not await waiting(shown, key)
    assert again.status_code == 404
    (told,) = await shown.service.told(RELEASED)
    assert (told["parked_key"], told["reason"]) == (key["key"], "taken-now")


async def test_an_order_without_a_reason_or_with_another_is_not_taken(shown: Monitor) -> None:
    key = await parked(shown)
    async with shown.signed_in("staff", sub=STAFF) as client:
        answers = [
            await client.post(shown.address("outbox/notifications/release"), data={**key, **reason, "confirmed": "yes"})
            for reason in ({}, {"reason": "because"})
        ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert await waiting(shown, key)


async def test_who_may_watch_but_not_act_sees_the_key_and_no_button(shown: Monitor) -> None:
    key = await parked(shown)
    async with shown.signed_in("auditor", sub=uuid4()) as client:
        page = (await client.get(shown.address("failures"))).text
        order = await client.post(
            shown.address("outbox/notifications/release"), data={**key, "reason": "mended", "confirmed": "yes"}
        )

    assert key["key"] in page
    assert "/outbox/notifications/release" not in page
    assert order.status_code == 403
    assert await waiting(shown, key)
