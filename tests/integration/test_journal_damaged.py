"""A row of the tree that was changed in the database is found by whoever seals, verifies or asks, memory or not."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
import structlog

from infra.verify.checking import Asked, check
from infra.verify.databases import JournalDatabase
from infra.verify.trust import Trust
from services.notifications.handlers import sealing
from services.notifications.tree import TreeDamaged
from services.notifications.views import journal, tiles
from shared.tlog import bundles
from shared.tlog.encoding import from_base64
from shared.tlog.keys import SigningKey
from shared.tlog.merkle import leaf_hash, verify_inclusion
from shared.tlog.tiles import Bundle, Tile
from tests.support.intruding import recorded, tamper
from tests.support.notifications import PREFIX, Service, drafted, notifications
from tests.support.stack import Backbone

KEY = SigningKey.generate("datacity.test/log")
ENTRIES = 600
INCLUSION = f"{PREFIX}/journal/inclusion?index=300"


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    """Two full tiles, one in parts, and one above them."""
    async with notifications(backbone, journal_keys=KEY.skey) as made:
        await recorded(made, [made.envelope(drafted(UUID(int=10_000 + nth))) for nth in range(ENTRIES)])
        await seal(made)
        yield made


async def seal(service: Service) -> int:
    async with service.works.begin() as work:
        await sealing.announce([KEY], work)
        return await sealing.seal([KEY], work)


async def get(service: Service, path: str) -> httpx.Response:
    async with service.client("auditor") as client:
        return await client.get(path)


async def kept(service: Service) -> tiles.KeptTiles:
    async with service.works.begin() as work:
        return tiles.kept_of(work.session)


async def test_a_proof_from_memory_is_the_one_from_the_database(service: Service) -> None:
    async with service.works.begin() as work:
        sealed = await journal.latest(work.session)
        assert sealed
        assert sealed.size == ENTRIES
        for index in (0, 255, 256, 300, 599):
            fresh = await journal.inclusion(work.session, index, ENTRIES)
            for _ in range(2):
                assert await journal.inclusion(work.session, index, ENTRIES, root=sealed.root) == fresh

    assert len(await kept(service)) == 4


def test_only_the_tiles_used_last_are_kept() -> None:
    few = tiles.KeptTiles(most=2)
    few.keep({Tile(0, 1): b"1", Tile(0, 2): b"2"})
    few.those_of([Tile(0, 1)])
    few.keep({Tile(0, 3): b"3"})

    assert few.those_of([Tile(0, 1), Tile(0, 2), Tile(0, 3)]) == {Tile(0, 1): b"1", Tile(0, 3): b"3"}


CHANGES = {
    "a hash of a full tile": "UPDATE journal_tile SET hashes = sha256('x') || substr(hashes, 33) WHERE index = 1",
    "a full tile that is gone": "DELETE FROM journal_tile WHERE index = 1",
    "a hash above": "UPDATE journal_hash SET hash = sha256('x') WHERE level = 1 AND index = 0",
}


@pytest.mark.parametrize("what", CHANGES)
async def test_who_asks_for_a_proof_over_a_changed_row_is_told_so_and_operators_too(
    service: Service, what: str
) -> None:
    await tamper(service, CHANGES[what])

    with structlog.testing.capture_logs() as lines:
        answer = await get(service, INCLUSION)

    assert answer.status_code == 500
    assert answer.json()["type"].endswith("journal-damaged")
    assert [line["what"] for line in lines if line["event"] == "journal_damaged"]
    assert len(await kept(service)) == 0


async def test_a_tile_that_is_gone_is_not_published(service: Service) -> None:
    await tamper(service, CHANGES["a full tile that is gone"])

    answer = await get(service, "/log/tile/0/001")

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (500, "journal-damaged")


async def test_what_is_in_memory_hides_a_changed_row_from_nobody_who_checks(service: Service) -> None:
    assert (await get(service, INCLUSION)).status_code == 200
    whole = (await get(service, "/log/tile/0/001")).content

    await tamper(service, CHANGES["a hash of a full tile"])
    proven = await get(service, INCLUSION)
    published = (await get(service, "/log/tile/0/001")).content
    async with JournalDatabase.at(service.settings.database_url.get_secret_value()) as stored:
        outcome = await check(stored, Asked(trust=Trust((KEY.verifier,), "given")))

    assert proven.status_code == 200, "what was sealed is still true"
    assert published != whole, "what is published is what is stored"
    assert [fault.SLUG for fault in outcome.faults] == ["damaged-tile"]
    await tamper(service, "UPDATE journal_hash SET hash = sha256('x') WHERE level = 0 AND index = 599")
    await service.hear(drafted(uuid4()), twice=False)
    with pytest.raises(TreeDamaged):
        await seal(service)


async def test_what_is_in_memory_and_is_not_of_this_log_is_read_anew(service: Service) -> None:
    """As after a restore from a backup under a running service."""
    held = await kept(service)
    held.keep({Tile(0, 1): b"x" * 256 * 32})

    proof = (await get(service, INCLUSION)).json()

    async with service.works.begin() as work:
        sealed = await journal.latest(work.session)
        entry = bundles.unpack(await journal.bundle(work.session, Bundle(1)), width=256)[300 - 256]
    assert sealed
    hashes = [from_base64(each) for each in proof["hashes"]]
    verify_inclusion(leaf_hash(entry), index=300, size=ENTRIES, root=sealed.root, proof=hashes)
