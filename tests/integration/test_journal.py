"""The journal: events are sealed in order, signed, published as a log's files, and proven to whom they concern."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from services.notifications.handlers import journal as recording
from services.notifications.handlers import sealing
from services.notifications.jobs.sealing import DifferentNames, keys_of, seal_journal
from services.notifications.tree import TreeDamaged
from shared import journal
from shared.database.engine import asyncpg_dsn
from shared.events import Envelope
from shared.settings import Settings
from shared.tlog import bundles, proof_file
from shared.tlog.checkpoint import Checkpoint, verified
from shared.tlog.cosignature import CosigningKey, cosign
from shared.tlog.encoding import from_base64
from shared.tlog.fault import Fault
from shared.tlog.keys import SigningKey, VerifierKey
from shared.tlog.merkle import leaf_hash, leaf_hashes, tree_root, verify_consistency, verify_inclusion
from shared.tlog.note import Note
from shared.tlog.tiles import TileHashes, new_bundles, new_tiles
from tests.support.intruding import recorded
from tests.support.notifications import (
    JUROR,
    LEAD,
    MEMBER,
    PREFIX,
    Service,
    challenge_published,
    drafted,
    edition,
    notifications,
    review_submitted,
    running,
    submitted,
    until,
)
from tests.support.stack import Backbone

KEY = SigningKey.generate("datacity.test/log")
WITNESS = CosigningKey.generate("city.test/witness")


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone, journal_keys=KEY.skey, journal_witnesses=WITNESS.verifier.vkey) as made:
        yield made


async def seal(service: Service, *keys: SigningKey, limit: int = sealing.BATCH) -> int:
    async with service.works.begin() as work:
        await sealing.announce(keys or [KEY], work)
        return await sealing.seal(keys or [KEY], work, limit=limit)


async def get(service: Service, path: str, *roles: str, status: int = 200, **identity: str) -> httpx.Response:
    async with service.client(*roles, **identity) as client:
        answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer


async def checkpoint(service: Service) -> tuple[Checkpoint, Note]:
    answer = await get(service, "/log/checkpoint")
    return verified(answer.content, origin=KEY.name, keys=[KEY.verifier])


async def entries_of(service: Service, size: int) -> list[bytes]:
    """Every entry, as a client of the log reads them."""
    found: list[bytes] = []
    for bundle in new_bundles(0, size):
        content = (await get(service, f"/log/{bundle.path}")).content
        found += bundles.unpack(content, width=bundle.width)
    return found


async def root_of_tiles(service: Service, size: int) -> bytes:
    held = {tile: (await get(service, f"/log/{tile.path}")).content for tile in new_tiles(0, size)}
    return tree_root(size, TileHashes(size, held.__getitem__))


async def many(service: Service, events: int) -> list[Envelope]:
    """That many events, recorded as the consumer records them but in one statement."""
    envelopes = [service.envelope(drafted(), subject=str(uuid4()), key=str(uuid4())) for _ in range(events)]
    await recorded(service, envelopes)
    return envelopes


async def test_what_was_recorded_is_sealed_and_its_root_signed(service: Service) -> None:
    heard = [await service.hear(edition()), await service.hear(challenge_published()), await service.hear(submitted())]

    assert await seal(service) == 3
    assert await seal(service) == 0

    found, _ = await checkpoint(service)
    entries = await entries_of(service, 3)
    assert (found.origin, found.size) == (KEY.name, 3)
    assert found.root == await root_of_tiles(service, 3)
    assert (await get(service, "/log/tile/0/000.p/3")).content == b"".join(leaf_hashes(entries))
    assert [journal.is_sealed(entry) for entry in entries] == [False, False, True]
    opened = journal.check_entry(entries[1])
    assert opened is not None
    assert (opened.value, dict(opened.headers)) == (heard[1].value, dict(heard[1].headers()))
    assert (await get(service, "/log/vkey")).text == KEY.verifier.vkey + "\n"


async def test_what_concerns_a_file_says_nothing_to_the_public(service: Service) -> None:
    await service.hear(submitted())
    await service.hear(review_submitted())
    await seal(service)

    published = b"".join(await entries_of(service, 2))

    for secret in (str(LEAD), str(MEMBER), str(JUROR), "review", "submitted", "score"):
        assert secret.encode() not in published


async def test_a_log_of_several_levels_is_that_of_its_entries(service: Service) -> None:
    await many(service, 700)
    assert await seal(service, limit=300) == 300
    first, _ = await checkpoint(service)
    while await seal(service, limit=111):
        pass

    found, _ = await checkpoint(service)
    entries = await entries_of(service, 700)
    held = dict(enumerate(leaf_hashes(entries)))
    assert found.size == 700
    assert await root_of_tiles(service, 700) == found.root
    assert len(held) == 700
    proof = (await service.get("/journal/consistency?old_size=300"))["hashes"]
    verify_consistency(
        old_size=300, old_root=first.root, size=700, root=found.root, proof=[from_base64(each) or b"" for each in proof]
    )
    for index in (0, 255, 256, 511, 512, 699):
        proof = (await service.get(f"/journal/inclusion?index={index}"))["hashes"]
        hashes = [from_base64(each) or b"" for each in proof]
        verify_inclusion(leaf_hash(entries[index]), index=index, size=700, root=found.root, proof=hashes)


ABSENT = (
    "0/001", "0/000", "0/000.p/4", "1/000.p/1", "entries/001", "entries/000", "entries/000.p/4", "0/000.p/0",
    "0/000.p/256", "0/x000/000", "-1/000", "0/0", "64/000", "entries/abc", "0/000.p/03",
)  # fmt: skip


async def test_a_tile_that_is_not_there_is_not_found(service: Service) -> None:
    for _ in range(3):
        await service.hear(service.envelope(drafted()))
    await seal(service)

    for path in ABSENT:
        answer = await get(service, f"/log/tile/{path}", status=404)
        assert "c2sp.org/tlog-tiles" in answer.json()["detail"]


async def test_a_partial_tile_is_still_served_when_it_has_grown(service: Service) -> None:
    await many(service, 300)
    await seal(service)

    assert len((await get(service, "/log/tile/0/000.p/17")).content) == 17 * 32
    bundle = (await get(service, "/log/tile/entries/000.p/17")).content
    assert len(bundles.unpack(bundle, width=17)) == 17


async def test_files_of_the_log_may_be_kept_and_asked_for_without_limit(backbone: Backbone) -> None:
    async with notifications(backbone, journal_keys=KEY.skey, rate_limit_per_minute=3) as service:
        await service.hear(submitted())
        await seal(service)
        for _ in range(8):
            answer = await get(service, "/log/tile/entries/000.p/1")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_before_anything_is_sealed_the_log_says_so(service: Service) -> None:
    for path in ("/log/checkpoint", "/log/vkey", f"{PREFIX}/journal/consistency?old_size=0"):
        answer = await get(service, path, status=404)
        assert answer.json()["type"].endswith("nothing-sealed-yet")


async def test_the_journal_follows_by_itself(service: Service) -> None:
    await service.hear(edition())
    async with running(seal_journal(service.works, service.settings)):
        await until(lambda: sealed_up_to(service, 1), seconds=5, what="the first checkpoint")
        await service.hear(challenge_published())
        await until(lambda: sealed_up_to(service, 2), seconds=5, what="the second")

    shown = await service.get("/journal")
    assert (shown["recorded"], shown["sealed"], shown["vkeys"]) == (2, 2, [KEY.verifier.vkey])


async def sealed_up_to(service: Service, size: int) -> bool:
    return bool(await service.scalar("SELECT coalesce(max(size), 0) >= :size FROM journal_checkpoint", size=size))


async def test_two_sealers_make_one_journal(service: Service) -> None:
    await many(service, 400)

    async def keep_sealing() -> None:
        while await seal(service, limit=23):
            pass

    await asyncio.gather(*[keep_sealing() for _ in range(4)])

    found, _ = await checkpoint(service)
    assert found.size == 400
    assert await root_of_tiles(service, 400) == found.root
    sizes = [row.size for row in await service.rows("SELECT size FROM journal_checkpoint ORDER BY size")]
    assert len(sizes) == len(set(sizes)) >= 400 // 23


async def test_a_key_is_changed_with_both_signing_for_a_while(service: Service) -> None:
    new = SigningKey.generate(KEY.name)
    for keys in ([KEY], [new, KEY], [new]):
        await service.hear(service.envelope(drafted()))
        await seal(service, *keys)

    notes = [Note.parse(row.note) for row in await service.rows("SELECT note FROM journal_checkpoint ORDER BY size")]
    assert [len(note.signatures_by([KEY.verifier])) for note in notes] == [1, 1, 0]
    assert [len(note.signatures_by([new.verifier])) for note in notes] == [0, 1, 1]
    assert (await get(service, "/log/vkey")).text.strip() == new.verifier.vkey
    assert (await get(service, "/log/vkeys")).text.split() == [new.verifier.vkey, KEY.verifier.vkey]


def test_keys_of_two_journals_are_refused() -> None:
    assert keys_of(Settings.model_construct(journal_keys=None)) == []
    other = SigningKey.generate("other.test/log")
    with pytest.raises(DifferentNames):
        keys_of(Settings.model_construct(journal_keys=SecretStr(f"{KEY.skey} {other.skey}")))


@pytest.mark.parametrize(
    "wrong",
    [{"journal_keys": "PRIVATE+KEY+nothing"}, {"journal_witnesses": KEY.verifier.vkey}, {"journal_witnesses": "x"}],
)
async def test_a_key_that_is_none_stops_the_start(backbone: Backbone, wrong: dict[str, str]) -> None:
    with pytest.raises(Fault):
        async with notifications(backbone, **wrong):
            pass


async def test_nothing_more_is_sealed_onto_a_tree_that_was_changed(service: Service) -> None:
    for _ in range(3):
        await service.hear(service.envelope(drafted()))
    await seal(service)
    await as_owner(
        service,
        "ALTER TABLE journal_hash DISABLE TRIGGER ALL",
        "UPDATE journal_hash SET hash = sha256('x') WHERE level = 0 AND index = 1",
    )
    await service.hear(service.envelope(drafted()))

    with pytest.raises(TreeDamaged, match="the root over 3 entries differs"):
        await seal(service)


async def test_an_event_that_was_deleted_before_it_was_sealed_stops_the_sealing(service: Service) -> None:
    for _ in range(3):
        await service.hear(service.envelope(drafted()))
    await as_owner(service, "ALTER TABLE entry DISABLE TRIGGER ALL", "DELETE FROM entry WHERE position = 2")

    with pytest.raises(sealing.GapInLog, match="position 2"):
        await seal(service)


async def as_owner(service: Service, *statements: str) -> None:
    connection = await asyncpg.connect(asyncpg_dsn(service.owner_url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


TABLES = {
    "journal_hash": "index",
    "journal_tile": "index",
    "journal_salt": "index",
    "journal_checkpoint": "size",
    "journal_cosignature": "size",
    "journal_key": "vkey",
}
"""Table → one of its columns."""


async def test_nobody_changes_what_was_sealed(service: Service) -> None:
    connection = await asyncpg.connect(asyncpg_dsn(service.settings.database_url.get_secret_value()))
    try:
        for table, column in TABLES.items():
            for change in (
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(change)
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                    await as_owner(service, change)
    finally:
        await connection.close()


def proof_of(envelope: Envelope) -> str:
    return f"{PREFIX}/journal/events/{envelope.id}/proof"


async def test_a_proof_of_ones_own_submission_is_checked_offline(service: Service) -> None:
    handed_in = await service.hear(submitted())
    path = proof_of(handed_in)
    waiting = await get(service, path, "applicant", person_id=str(LEAD), status=503)
    assert waiting.json()["type"].endswith("not-sealed-yet")
    await seal(service)

    answer = await get(service, path, "applicant", person_id=str(LEAD))

    proof = proof_file.Proof.parse(answer.content)
    assert proof.extra is not None
    entry, opened = journal.entry_of(proof.extra)
    proven = proof_file.verify(proof, leaf_hash(entry), logs=[VerifierKey.parse(KEY.verifier.vkey)])
    assert (proven.index, proven.checkpoint.size) == (0, 1)
    assert opened.value == handed_in.value
    assert f"datacity-{handed_in.id}.tlog-proof" in answer.headers["content-disposition"]


async def test_a_juror_proves_the_own_review_and_no_other(service: Service) -> None:
    mine = await service.hear(review_submitted(), actor=str(JUROR))
    another = await service.hear(service.envelope(review_submitted(), actor=str(uuid4())))
    await seal(service)

    await get(service, proof_of(mine), "juror", person_id=str(JUROR))
    await get(service, proof_of(another), "juror", person_id=str(JUROR), status=404)
    # Somebody of the staff who judges too learns no other's scores by a proof either.
    await get(service, proof_of(another), "staff", "juror", person_id=str(JUROR), status=404)
    await get(service, proof_of(another), "auditor")


async def test_nobody_else_gets_a_proof(service: Service) -> None:
    handed_in = await service.hear(submitted())
    review = await service.hear(review_submitted(), actor=str(JUROR))
    await seal(service)

    for person in (uuid4(), JUROR):
        await get(service, proof_of(handed_in), "applicant", person_id=str(person), status=404)
    await get(service, proof_of(review), "applicant", person_id=str(LEAD), status=404)
    await get(service, f"{PREFIX}/journal/events/{uuid4()}/proof", "staff", status=404)
    await get(service, proof_of(handed_in), status=401)


async def cosigned(service: Service, key: CosigningKey, size: int, *, status: int, at: int = 1_488_322_740) -> str:
    note = Note.parse((await get(service, "/log/checkpoint")).content)
    line = cosign(note, key, at=at).line
    async with service.client() as client:
        answer = await client.post(
            f"{PREFIX}/journal/checkpoints/{size}/cosignatures",
            content=line.encode(),
            headers={"content-type": "text/plain"},
        )
    assert answer.status_code == status, answer.text
    return answer.text


async def test_a_witness_signs_a_checkpoint_and_proofs_are_under_it(service: Service) -> None:
    handed_in = await service.hear(submitted())
    await seal(service)
    for _ in range(2):  # sent again, as after a lost answer, it is kept once
        await cosigned(service, WITNESS, 1, status=201)

    found, note = await checkpoint(service)
    assert len(note.signatures_by([WITNESS.verifier])) == 1
    await service.hear(service.envelope(drafted()))
    await seal(service)
    proof = await get(service, proof_of(handed_in), "auditor")
    parsed = proof_file.Proof.parse(proof.content)
    assert Checkpoint.parse(parsed.checkpoint.text) == found
    (witness,) = (await service.get("/journal"))["witnesses"]
    assert (witness["witness"], witness["size"]) == ("city.test/witness", 1)


async def test_a_strangers_or_a_wrong_signature_is_not_kept(service: Service) -> None:
    await service.hear(submitted())
    await seal(service)
    await cosigned(service, CosigningKey.generate("stranger.test/witness"), 1, status=403)
    await cosigned(service, WITNESS, 2, status=404)
    other = Checkpoint(origin=KEY.name, size=1, root=bytes(32)).signed(KEY)
    async with service.client() as client:
        for body, status in ((cosign(other, WITNESS, at=1).line.encode(), 422), (b"nothing", 422), (b"", 422)):
            answer = await client.post(
                f"{PREFIX}/journal/checkpoints/1/cosignatures", content=body, headers={"content-type": "text/plain"}
            )
            assert answer.status_code == status, answer.text

    assert await service.scalar("SELECT count(*) FROM journal_cosignature") == 0


async def test_an_entry_too_large_for_a_tile_is_sealed(service: Service) -> None:
    wide = replace(service.envelope(challenge_published()), value=b'{"description":"' + b"x" * 70_000 + b'"}')
    await record(service, wide)
    await seal(service)

    (entry,) = await entries_of(service, 1)
    assert journal.is_sealed(entry)


async def record(service: Service, envelope: Envelope) -> None:
    """Past the contract, which allows no such event."""
    async with service.works.begin() as work:
        await recording.record(envelope, work)


async def test_who_may_read_all_events_is_shown_what_sealed_entries_say(service: Service) -> None:
    heard = [await service.hear(edition()), await service.hear(submitted()), await service.hear(review_submitted())]
    await seal(service)

    shown = (await service.get("/journal/openings?first=1&limit=5", "auditor"))["openings"]

    entries = await entries_of(service, 3)
    said = [
        journal.open_with(entry, from_base64(opening) or b"") for entry, opening in zip(entries[1:], shown, strict=True)
    ]
    assert [each.value for each in said] == [each.value for each in heard[1:]]
    for roles in (("applicant",), ("juror",), ("staff", "juror"), ("partner",)):
        await get(service, f"{PREFIX}/journal/openings?first=0", *roles, status=403)
    await get(service, f"{PREFIX}/journal/openings?first=0", status=401)
