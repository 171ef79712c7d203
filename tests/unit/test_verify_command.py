"""`datacity verify`, `witness` and `journal-key` from the command line: what they say, and how they end."""

import json
from pathlib import Path

import pytest

from shared import journal
from shared.tlog.keys import SigningKey, VerifierKey
from tests.support.commands import datacity
from tests.support.journals import KEY, WITNESS, Journal, entries, event

VKEY = KEY.verifier.vkey


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return Journal(entries(300, sealed=3)).write(tmp_path / "log", WITNESS)


def test_a_clean_log_ends_with_0(log: Path, tmp_path: Path) -> None:
    outcome = datacity(
        "verify", str(log), "--vkey", VKEY, "--witness", WITNESS.verifier.vkey, "--state", str(tmp_path / "state"),
        "--save", str(tmp_path / "copy"), home=tmp_path / "home",
    )  # fmt: skip

    assert outcome.returncode == 0, outcome.stderr
    assert "300 entries, 200 of them read, 100 sealed" in outcome.stdout
    assert "cosigned by witness.test/city, 2026-11-" in outcome.stdout
    assert "Verified, in" in outcome.stdout
    assert contents(tmp_path / "copy") == contents(log)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_fault_ends_with_1_and_is_named(log: Path, tmp_path: Path) -> None:
    bundle = log / "tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b'{"nth":1,', b'{"nth":2,', 1))

    plain = datacity("verify", str(log), "--vkey", VKEY, home=tmp_path / "home")
    told = datacity("verify", str(log), "--vkey", VKEY, "--json", home=tmp_path / "home")

    assert (plain.returncode, told.returncode) == (1, 1)
    assert "✘ edited-entry: Entry 1 was edited" in plain.stdout
    answer = json.loads(told.stdout)
    assert answer["verified"] is False
    assert answer["faults"] == [
        {
            "fault": "edited-entry",
            "message": "Entry 1 was edited: it is not the one of the signed tree.",
            "entry": 1,
            "by": "the signed tree",
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "advice"),
    [
        ((), 2, "Name what to verify"),
        (("LOG", "--vkey", "nonsense"), 2, "Give a key as"),
        (("LOG", "--witness", VKEY), 2, "Give witnesses as"),
        (("/nowhere",), 3, "Name a folder that is there"),
        (("http://127.0.0.1:1/log",), 3, "Look whether http://127.0.0.1:1/log/"),
        (("--database", "postgresql://nobody@127.0.0.1:1/nowhere"), 3, "Check the database's URL"),
        (("LOG", "--against", "/nowhere"), 3, "Name a folder that is there"),
        (("LOG", "--events", "postgresql://nobody@127.0.0.1:1/x"), 2, "Give notifications' database"),
    ],
)
def test_what_is_wrong_is_said_first(
    log: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, advice: str
) -> None:
    given = [str(log) if each == "LOG" else each for each in arguments]

    outcome = datacity("verify", *given, home=tmp_path / "home")

    assert outcome.returncode == code, outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert advice in " ".join(outcome.stderr.replace("│", " ").split())
    if code == 3:
        assert outcome.stderr.startswith(advice)


def test_a_folder_that_names_no_key_needs_one(log: Path, tmp_path: Path) -> None:
    (log / "vkeys").unlink()

    assert datacity("verify", str(log), home=tmp_path).returncode == 2


def test_a_proof_is_checked_offline_and_shown(tmp_path: Path) -> None:
    opened, salt = journal.framed(event(7, text="mine")), bytes(32)
    kept = Journal([*entries(7), journal.sealed(opened, salt)]).proof(7, journal.opening(opened, salt))
    path = tmp_path / "receipt.tlog-proof"
    path.write_bytes(kept.encode())

    good = datacity("verify", str(path), "--vkey", VKEY, "--witness", WITNESS.verifier.vkey, home=tmp_path)
    told = datacity("verify", str(path), "--vkey", VKEY, "--json", home=tmp_path)
    unknown = datacity("verify", str(path), "--vkey", SigningKey.generate(KEY.name).verifier.vkey, home=tmp_path)
    without = datacity("verify", str(path), home=tmp_path)

    assert good.returncode == 0, good.stderr
    assert '"text": "mine"' in good.stdout
    assert "entry 7 of 8" in good.stdout
    assert "cosigned by witness.test/city" in good.stdout
    assert json.loads(told.stdout)["event"]["headers"]["ce_subject"] == event(7).subject
    assert (unknown.returncode, without.returncode) == (1, 2)
    assert "unknown-signature" in unknown.stdout
    assert "mine" not in unknown.stdout, "what is not proven is not shown"


def test_a_proof_of_another_event_proves_nothing(tmp_path: Path) -> None:
    made = Journal(entries(8))
    path = tmp_path / "receipt.tlog-proof"
    path.write_bytes(made.proof(7, journal.framed(event(6))).encode())
    other = datacity("verify", str(path), "--vkey", VKEY, home=tmp_path)
    path.write_bytes(b"nonsense")
    malformed = datacity("verify", str(path), "--vkey", VKEY, home=tmp_path)

    assert (other.returncode, malformed.returncode) == (1, 1)
    assert "not-proven" in other.stdout
    assert "malformed-proof" in malformed.stdout


def test_a_new_key_is_for_the_settings_and_its_public_half_for_all(tmp_path: Path) -> None:
    outcome = datacity("journal-key", "example.org/log", home=tmp_path)

    made = SigningKey.parse(outcome.stdout.strip())
    assert VerifierKey.parse(outcome.stderr.strip()) == made.verifier
    assert datacity("journal-key", "two words", home=tmp_path).returncode == 2


def test_a_witness_tells_its_key_and_that_the_log_is_away(tmp_path: Path) -> None:
    asked = ("--log", "http://127.0.0.1:1/log", "--key", str(tmp_path / "key"), "--state", str(tmp_path / "state"))

    outcome = datacity("witness", *asked, "--name", "city.test/w", "--vkey", VKEY, "--once", home=tmp_path)

    assert outcome.returncode == 3
    assert outcome.stdout.startswith("city.test/w+")
    assert "Look whether http://127.0.0.1:1/log/checkpoint can be reached" in outcome.stderr
