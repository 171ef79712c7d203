"""What our library writes, the libraries that others check logs with take; and what they write, ours takes.

Others are golang.org/x/mod, filippo.io/torchwood and github.com/transparency-dev/formats, pinned in
`go.mod`; the Go toolchain fetches them by itself. Where there is no Go, this is skipped.
"""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from shared.tlog import bundles, checkpoint, merkle, proof_file
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.cosignature import CosignerKey, CosigningKey, cosign
from shared.tlog.growing import Edge, grow
from shared.tlog.keys import SigningKey
from shared.tlog.note import Note
from shared.tlog.policy import Quorum
from shared.tlog.proof_file import Proof
from shared.tlog.tiles import Tile, TileHashes, new_bundles, new_tiles

HERE = Path(__file__).parent
GO = (1, 26)
BUILD_SECONDS = 300
"""Once, on a machine that has compiled nothing yet; a second or two afterwards."""

LOG = SigningKey("log.example/journal", bytes(range(32)))
WITNESS = CosigningKey("witness.example/city", bytes(range(1, 33)))
NOW = 1_795_600_000
SIZES = (1, 256, 300, 1_000, 66_000)
ENTRIES = [b"entry %d" % nth * (nth % 5) for nth in range(SIZES[-1])]
PLACES = [(index, size) for size in SIZES for index in sorted({0, size // 3, size - 1})]
GROWTHS = [(old_size, size) for size in SIZES for old_size in SIZES if old_size <= size]


@dataclass(frozen=True)
class Log:
    """A log as it is after each of `SIZES`, and all its hashes."""

    roots: dict[int, bytes]
    tiles: dict[Tile, bytes]

    def content(self, tile: Tile) -> bytes:
        return self.tiles[tile.full][: tile.width * 32]

    def note(self, size: int) -> Note:
        note = Checkpoint(origin=LOG.name, size=size, root=self.roots[size]).signed(LOG)
        return note.with_signatures([cosign(note, WITNESS, at=NOW)])

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return merkle.prove_inclusion(index, size, TileHashes(size, self.content))

    def consistency(self, old_size: int, size: int) -> list[bytes]:
        return merkle.prove_consistency(old_size, size, TileHashes(size, self.content))


@pytest.fixture(scope="module")
def log() -> Log:
    edge, made = Edge(), Log({}, {})
    for size in SIZES:
        edge, rows = grow(edge, merkle.leaf_hashes(ENTRIES[edge.size : size]))
        for row in rows:
            written = row.tiles(made.content(row.tail) if row.tail else b"")
            made.tiles.update((tile.full, content) for tile, content in written)
        made.roots[size] = edge.root
    return made


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program beside this file."""
    if not (go := shutil.which("go")):
        pytest.skip("Go is not there: whoever wants to try other people's libraries puts it into PATH")
    found = re.match(r"go(\d+)\.(\d+)", ran([go, "env", "GOVERSION"], at=Path.home()))
    if not found or (int(found[1]), int(found[2])) < GO:
        pytest.skip(f"Go {GO[0]}.{GO[1]} is not there, only an older one: other people's libraries need it")
    built = tmp_path_factory.mktemp("go") / "tlog"
    ran([go, "build", "-mod=readonly", "-buildvcs=false", "-o", str(built), "."], at=HERE)
    return built


@pytest.fixture
def published(log: Log, tmp_path: Path) -> Iterator[Path]:
    """A folder as a web server would serve it, with proofs, and what the Go program must be told."""
    for size in SIZES:
        (tmp_path / f"checkpoint.{size}").write_bytes(log.note(size).encode())
        for tile in new_tiles(0, size):
            write(tmp_path / tile.path, log.content(tile))
        for bundle in new_bundles(0, size):
            begin = bundle.index * 256
            write(tmp_path / bundle.path, bundles.pack(ENTRIES[begin : begin + bundle.width]))
    for index, size in PLACES:
        kept = Proof(index=index, hashes=tuple(log.inclusion(index, size)), checkpoint=log.note(size), extra=b"\0more")
        (tmp_path / f"{index}.{size}.tlog-proof").write_bytes(kept.encode())
    (tmp_path / "case.json").write_text(json.dumps(case(log)))
    yield tmp_path
    shutil.rmtree(tmp_path)


def test_others_verify_what_we_publish(tool: Path, published: Path) -> None:
    checked = json.loads(ran([str(tool), "check", str(published)]))

    assert checked == {
        "checkpoints": len(SIZES),
        "roots": len(SIZES),
        "entries": 3 * len(SIZES),
        "inclusions": len(PLACES),
        "consistencies": len(GROWTHS),
        "proof files": len(PLACES),
    }


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tile/0/000", lambda content: bytes([content[0] ^ 1]) + content[1:]),
        ("tile/1/001.p/1", lambda content: content[:-1] + bytes([content[-1] ^ 1])),
        ("tile/entries/000", lambda content: content.replace(b"entry 1", b"entry 2", 1)),
        ("checkpoint.300", lambda content: content.replace(b"\n300\n", b"\n301\n")),
        ("0.300.tlog-proof", lambda content: content.replace(b"index 0", b"index 1")),
    ],
)
def test_others_notice_what_was_changed(
    tool: Path, published: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    whole = (published / name).read_bytes()
    assert change(whole) != whole
    (published / name).write_bytes(change(whole))

    done = subprocess.run([tool, "check", published], capture_output=True, timeout=60, check=False)

    assert done.returncode == 1, done.stdout


def test_others_audit_a_log_that_they_are_given_the_address_of(tool: Path, log: Log, published: Path) -> None:
    size = 1_000
    (published / "checkpoint").write_bytes(log.note(size).encode())
    with serving(published) as url:
        audited = json.loads(ran([str(tool), "audit", url, LOG.verifier.vkey]))

        bundle = published / "tile/entries/001"
        bundle.write_bytes(bundle.read_bytes().replace(b"entry 301", b"entry 302", 1))
        done = subprocess.run([tool, "audit", url, LOG.verifier.vkey], capture_output=True, timeout=60, check=False)

    assert (audited["origin"], audited["size"]) == (LOG.name, size)
    assert base64.b64decode(audited["root"]) == log.roots[size]
    assert done.returncode == 1, done.stdout


def test_we_verify_what_others_write(tool: Path, log: Log, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text(json.dumps(case(log)))

    ran([str(tool), "make", str(tmp_path)])

    made = json.loads((tmp_path / "made.json").read_text())
    witness = CosignerKey.parse(made["witness_vkey"])
    assert witness.vkey == made["witness_vkey"]
    for size in SIZES:
        data = base64.b64decode(made["checkpoints"][str(size)])
        found, note = checkpoint.verified(data, origin=LOG.name, keys=[LOG.verifier])
        assert (found.size, found.root) == (size, log.roots[size])
        assert note.encode() == data
        # Ed25519 is deterministic: the log's line is the same whoever computes it.
        assert note.signatures[0] == log.note(size).signatures[0]
    for (index, size), data in zip(PLACES, made["proofs"], strict=True):
        proof = Proof.parse(base64.b64decode(data))
        leaf = merkle.leaf_hash(ENTRIES[index])
        proven = proof_file.verify(proof, leaf, logs=[LOG.verifier], witnesses=Quorum(1, (witness,)))
        assert (proven.index, proven.checkpoint.size) == (index, size)
        assert list(proof.hashes) == log.inclusion(index, size)
        assert proof.encode() == base64.b64decode(data)
    for (old_size, size), each in zip(GROWTHS, made["consistencies"], strict=True):
        assert list(map(base64.b64decode, each["hashes"] or [])) == log.consistency(old_size, size)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A plain web server, which is all that a log needs."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def case(log: Log) -> dict[str, Any]:
    return {
        "origin": LOG.name,
        "vkey": LOG.verifier.vkey,
        "skey": LOG.skey,
        "witness_vkey": WITNESS.verifier.vkey,
        "witness_seed": base64.b64encode(bytes(32)).decode(),
        "time": NOW,
        "sizes": SIZES,
        "entries": encoded(ENTRIES),
        "inclusions": [
            {"index": index, "size": size, "hashes": encoded(log.inclusion(index, size))} for index, size in PLACES
        ],
        "consistencies": [
            {"old_size": old_size, "size": size, "hashes": encoded(log.consistency(old_size, size))}
            for old_size, size in GROWTHS
        ],
    }


def encoded(raw: list[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in raw]


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def ran(command: list[str], *, at: Path | None = None) -> str:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
