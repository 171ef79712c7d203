"""`datacity verify` of a receipt: whose word it is, what it says, and whether the journal says the same."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from shared import journal
from shared.events import Envelope
from shared.outbox import Outgoing
from shared.receipts import receipt_for
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.keys import SigningKey
from shared.tlog.merkle import leaf_hash
from shared.tlog.proof_file import Proof
from tests.support.commands import datacity

RECEIPTS = SigningKey.generate("datacity.test/receipts")
LOG = SigningKey.generate("datacity.test/log")
WHEN = datetime(2017, 2, 28, 22, 10, tzinfo=UTC)
ID = UUID("01900000-0000-7000-8000-000000000001")


def receipt(folder: Path, value: bytes = b'{"revision":1}') -> Path:
    told = Outgoing(
        id=ID, topic="applications.events.v1", source="/services/applications",
        type="io.datacity.application.submitted.v1", subject="s", key="k", time=WHEN, correlation_id="c",
        causation_id=None, actor="a", traceparent=None, value=value,
    )  # fmt: skip
    file = folder / "receipt.txt"
    file.write_text(receipt_for(told, RECEIPTS.skey))
    return file


def proof(folder: Path, value: bytes = b'{"revision":1}') -> Path:
    """The only entry of a journal."""
    opened = journal.framed(
        Envelope(
            id=ID,
            topic="applications.events.v1",
            source="/services/applications",
            type="io.datacity.application.submitted.v1",
            subject="s",
            key="k",
            time=WHEN,
            sequence=2,
            correlation_id="c",
            causation_id=None,
            actor="a",
            value=value,
        )
    )
    salt = bytes(32)
    root = leaf_hash(journal.sealed(opened, salt))
    note = Checkpoint(origin=LOG.name, size=1, root=root).signed(LOG)
    file = folder / "event.tlog-proof"
    file.write_bytes(Proof(index=0, hashes=(), checkpoint=note, extra=journal.opening(opened, salt)).encode())
    return file


def test_a_true_receipt_shows_what_was_received(tmp_path: Path) -> None:
    outcome = datacity("verify", str(receipt(tmp_path)), "--vkey", RECEIPTS.verifier.vkey, home=tmp_path / "home")

    assert outcome.returncode == 0, outcome.stderr
    assert "received    2017-02-28T22:10:00.000000Z" in outcome.stdout
    assert outcome.stdout.rstrip().endswith("Signed.")


@pytest.mark.parametrize(
    ("value", "code", "faults"), [(b'{"revision":1}', 0, []), (b'{"revision":2}', 1, ["receipt-differs"])]
)
def test_the_journal_says_the_same_or_it_does_not(tmp_path: Path, value: bytes, code: int, faults: list[str]) -> None:
    outcome = datacity(
        "verify", str(receipt(tmp_path)), "--proof", str(proof(tmp_path, value)), "--json",
        "--vkey", RECEIPTS.verifier.vkey, "--vkey", LOG.verifier.vkey, home=tmp_path / "home",
    )  # fmt: skip

    told = json.loads(outcome.stdout)
    assert (outcome.returncode, told["verified"]) == (code, code == 0)
    assert [fault["fault"] for fault in told["faults"]] == faults
    assert told["proof"]["verified"] is True


def test_a_changed_receipt_is_no_receipt(tmp_path: Path) -> None:
    file = receipt(tmp_path)
    file.write_text(file.read_text().replace("22:10", "21:10"))

    outcome = datacity("verify", str(file), "--vkey", RECEIPTS.verifier.vkey, home=tmp_path / "home")

    assert outcome.returncode == 1
    assert "forged-signature" in outcome.stdout
    assert "received" not in outcome.stdout


def test_without_a_key_nothing_is_believed(tmp_path: Path) -> None:
    outcome = datacity("verify", str(receipt(tmp_path)), home=tmp_path / "home")

    assert outcome.returncode == 2
    assert "--vkey" in outcome.stderr
