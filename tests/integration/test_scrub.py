"""What scrubbing says of what it can't write anew; that nothing is left else shows tests/e2e/test_forgetting.py."""

from pathlib import Path

import asyncpg
import pytest

from infra import scrub
from infra.provision import plain
from tests.support.stack import Backbone


async def test_without_a_superuser_it_says_that_the_log_stays(backbone: Backbone) -> None:
    database = await backbone.fresh_database("incubation")

    done = await scrub.scrub(database.owner_url, [])

    assert not done.whole
    assert [left.partition(" (")[0] for left in done.left] == ["write-ahead log"]


async def test_a_table_in_use_is_named_and_the_others_are_written_anew(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await backbone.migrated_database("incubation")
    name = Path(database.owner_url).name
    monkeypatch.setattr(scrub, "runtime_of", lambda _: name)
    monkeypatch.setattr(scrub, "PATIENCE", "50ms")
    monkeypatch.setattr(scrub, "TRIES", 1)
    reader = await asyncpg.connect(plain(database.owner_url))
    transaction = reader.transaction()
    await transaction.start()
    await reader.execute("SELECT count(*) FROM evidence")

    busy = await scrub.scrub(backbone.admin_url, ["incubation"])
    await transaction.rollback()
    free = await scrub.scrub(backbone.admin_url, ["incubation"])
    await reader.close()

    assert [left.partition(" (")[0] for left in busy.left] == ["incubation: evidence"]
    assert set(free.tables["incubation"]) - set(busy.tables["incubation"]) == {"evidence"}
    assert (free.whole, free.wal) == (True, True)
