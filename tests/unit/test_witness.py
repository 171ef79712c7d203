"""A witness cosigns what continues all that it saw, remembers it first, and refuses loudly what contradicts it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from infra.verify.sources import Site, Unreadable
from infra.witness import rounds
from infra.witness.memory import MemoryFile, load_or_make_key
from infra.witness.rounds import Refused, Witness
from shared.tlog.cosignature import cosigned_at
from shared.tlog.encoding import to_base64
from shared.tlog.keys import SigningKey
from shared.tlog.merkle import prove_consistency
from shared.tlog.note import Note, parse_signatures
from shared.tlog.tiles import TileHashes
from tests.support.journals import KEY, NEXT_KEY, NOW, WITNESS, Journal, entries, entry

CLEAN = entries(600)


@dataclass
class FakeLog:
    """Publishes a journal, proves what it is asked for, and takes cosignatures."""

    journal: Journal
    status: int = 201
    taken: list[tuple[int, bytes]] = field(default_factory=list)
    change: Callable[[bytes], bytes] = lambda note: note
    on_hand_in: Callable[[], None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/log/checkpoint":
            return httpx.Response(200, content=self.change(self.journal.note().encode()))
        if path == "/log/vkey":
            return httpx.Response(200, text=f"{self.journal.keys[0].verifier.vkey}\n")
        if path.endswith("/journal/consistency"):
            old_size, size = int(request.url.params["old_size"]), int(request.url.params["size"])
            read = TileHashes(size, lambda tile: self.journal.tiles[tile.full if size != self.journal.size else tile])
            return httpx.Response(200, json={"hashes": list(map(to_base64, prove_consistency(old_size, size, read)))})
        size = int(path.split("/")[-2])
        self.on_hand_in()
        if self.status == 201:
            self.taken.append((size, request.content))
        return httpx.Response(self.status, json={"detail": "no"})


@pytest.fixture
def memory(tmp_path: Path) -> MemoryFile:
    return MemoryFile(tmp_path / "state")


def read_text(path: str) -> str:
    return Path(path).read_text()


def witness(log: FakeLog, memory: MemoryFile, *given: SigningKey) -> Witness:
    site = Site("http://log.test/log", client=httpx.AsyncClient(transport=httpx.MockTransport(log)))
    return Witness(WITNESS, memory, site, tuple(key.verifier for key in given), clock=lambda: float(NOW))


async def test_it_cosigns_a_log_that_grows(memory: MemoryFile) -> None:
    log = FakeLog(Journal(CLEAN[:10]))
    watching = witness(log, memory, KEY)

    for size in (10, 256, 300, 600):
        log.journal = Journal(CLEAN[:size])
        assert await watching.look()
        assert not await watching.look(), "once is enough"

    assert [size for size, _ in log.taken] == [10, 256, 300, 600]
    note = Note(log.journal.note().text, parse_signatures(log.taken[-1][1]))
    ((key, signature),) = note.verify([WITNESS.verifier])
    assert (key, cosigned_at(signature)) == (WITNESS.verifier, NOW)


async def test_what_it_saw_is_on_the_disk_before_it_signs(memory: MemoryFile, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def cosign(*_: object, **__: object) -> None:
        seen.append(json.loads(memory.path.read_text())["checkpoint"])
        raise KeyboardInterrupt

    monkeypatch.setattr(rounds, "cosign", cosign)
    log = FakeLog(Journal(CLEAN[:10]))
    with pytest.raises(KeyboardInterrupt):
        await witness(log, memory, KEY).look()

    assert seen == [log.journal.note().encode().decode()]
    assert log.taken == []


async def test_a_signature_that_was_not_taken_is_handed_in_again(memory: MemoryFile) -> None:
    log = FakeLog(Journal(CLEAN[:10]), status=403)
    watching = witness(log, memory, KEY)
    with pytest.raises(Unreadable, match="among its witnesses"):
        await watching.look()

    log.status = 201
    assert await watching.look()
    assert len(log.taken) == 1


@pytest.mark.parametrize("size", [300, 256, 600])
async def test_it_refuses_a_fork_and_keeps_both_notes(memory: MemoryFile, size: int) -> None:
    log = FakeLog(Journal(CLEAN[:300]))
    watching = witness(log, memory, KEY)
    await watching.look()
    before = log.journal.note().encode().decode()

    log.journal = Journal([*CLEAN[:99], entry(99, text="other"), *CLEAN[100:size]])
    with pytest.raises(Refused) as refused:
        await watching.look()

    evidence = read_text(refused.value.evidence)
    assert before in evidence
    assert log.journal.note().encode().decode() in evidence
    assert len(log.taken) == 1
    assert memory.load().note == Note.parse(before.encode())
    with pytest.raises(Refused):
        await watching.look()


async def test_it_refuses_a_log_that_shrank(memory: MemoryFile) -> None:
    log = FakeLog(Journal(CLEAN[:300]))
    await witness(log, memory, KEY).look()

    log.journal = Journal(CLEAN[:200])
    with pytest.raises(Refused, match="larger"):
        await witness(log, memory, KEY).look()


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace(b"\n10\n", b"\n11\n"),
        lambda note: note.replace(b"datacity.test/log", b"datacity.else/log", 1),
        lambda note: note[:40],
    ],
)
async def test_it_refuses_a_forged_checkpoint(memory: MemoryFile, change: Callable[[bytes], bytes]) -> None:
    log = FakeLog(Journal(CLEAN[:10]), change=change)

    with pytest.raises(Refused):
        await witness(log, memory, KEY).look()
    assert log.taken == []


async def test_it_keeps_to_the_key_of_the_first_look(memory: MemoryFile) -> None:
    log = FakeLog(Journal(CLEAN[:10]))
    await witness(log, memory).look()
    assert memory.load().keys == (KEY.verifier,)

    log.journal = Journal(CLEAN[:20], keys=[NEXT_KEY])
    with pytest.raises(Refused, match="No trusted key"):
        await witness(log, memory).look()

    log.journal = Journal(CLEAN[:20], keys=[NEXT_KEY, KEY])
    assert await witness(log, memory).look()
    assert await witness(FakeLog(Journal(CLEAN[:30], keys=[NEXT_KEY])), memory, NEXT_KEY).look()


async def test_two_witnesses_never_share_a_memory(memory: MemoryFile) -> None:
    with memory.alone(), pytest.raises(Unreadable, match="End the other witness"), MemoryFile(memory.path).alone():
        pass


def test_a_memory_that_can_not_be_read_is_not_taken_for_none(memory: MemoryFile) -> None:
    memory.path.write_text("{")

    with pytest.raises(Unreadable, match="Restore"):
        memory.load()


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "witness"

    key, made = load_or_make_key(path, "witness.test/city")
    again, made_again = load_or_make_key(path, "witness.test/other")

    assert (made, made_again, again) == (True, False, key)
    assert path.stat().st_mode & 0o777 == 0o600
