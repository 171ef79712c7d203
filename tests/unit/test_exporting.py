"""A cell of a CSV never runs; JSON is exact; a folder that was taken out notices each change."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exporting import MANIFEST, SUMS, Damaged, check_folder, guarded
from shared.exporting.cells import as_cell, as_json


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1+1", "@SUM(A1)",
        "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "＝1", "＋1", "－1", "＠A",
        '=HYPERLINK("http://evil.example")', "|calc", "%0a=1", "'already",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Transport", "a=b", "1-2", "نقل", "é", '"quoted"', " spaced"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.text())
def test_no_text_begins_a_formula_and_none_is_lost(text: str) -> None:
    cell = guarded(text)

    assert not cell.lstrip(" \u00a0\ufeff").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert (cell.removeprefix("'") if cell != text else cell) == text


def test_values_are_written_as_people_and_programs_need_them() -> None:
    instant = datetime(2017, 2, 28, 23, 59, tzinfo=UTC)
    values = [None, True, -5, 2.5, Decimal("1.10"), UUID(int=1), instant, b"\xff\x00", ["=x"], {"fr": "é"}]

    assert [as_cell(value) for value in values] == [
        "", "true", "-5", "2.5", "1.10", str(UUID(int=1)), "2017-02-28T23:59:00+00:00", "/wA=", '["=x"]', '{"fr": "é"}',
    ]  # fmt: skip
    assert as_json(values) == [
        None, True, -5, 2.5, "1.10", str(UUID(int=1)), "2017-02-28T23:59:00+00:00", "/wA=", ["=x"], {"fr": "é"},
    ]  # fmt: skip
    with pytest.raises(TypeError):
        as_json(object())


def taken_out(folder: Path) -> Path:
    content = b'{"id": 1}\n'
    file = {"name": "s/t.jsonl", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest = json.dumps({"format": "datacity-export/1", "service": "s", "tables": [{"files": {"jsonl": file}}]})
    (folder / "s").mkdir(parents=True)
    (folder / "s" / "t.jsonl").write_bytes(content)
    (folder / "s" / MANIFEST).write_text(manifest)
    digest = hashlib.sha256(manifest.encode()).hexdigest()
    (folder / "s" / SUMS).write_text(f"{file['sha256']}  s/t.jsonl\n{digest}  s/{MANIFEST}\n")
    return folder


def test_an_untouched_folder_is_as_it_was(tmp_path: Path) -> None:
    assert check_folder(taken_out(tmp_path), "s")["service"] == "s"


@pytest.mark.parametrize("name", ["t.jsonl", MANIFEST, SUMS])
def test_a_changed_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    file = taken_out(tmp_path) / "s" / name
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    with pytest.raises(Damaged):
        check_folder(tmp_path, "s")
    file.unlink()
    with pytest.raises(Damaged, match=f"s/{name} is missing"):
        check_folder(tmp_path, "s")


def test_sums_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    taken_out(tmp_path / "in")
    (tmp_path / "out").write_text("x")
    with (tmp_path / "in" / "s" / SUMS).open("a") as sums:
        sums.write(f"{hashlib.sha256(b'x').hexdigest()}  ../out\n")

    with pytest.raises(Damaged, match="outside"):
        check_folder(tmp_path / "in", "s")
