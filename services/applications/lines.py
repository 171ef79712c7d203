"""An application as one line: of JSON Lines, exact, or of CSV, as a spreadsheet shows it; and back."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from services.applications.domain.imports import Unreadable
from services.applications.models import Application, Revision
from shared.exporting.cells import as_cell, as_json, unguarded

ANSWER = "answer:"
"""What the name of a column begins with if it holds answers to a field."""
BYTE_ORDER_MARK = "\ufeff"
COLUMNS = (
    "application_id",
    "call_id",
    "team_id",
    "startup",
    "status",
    "revision",
    "submitted_at",
    "title",
    "summary",
    "challenge_ids",
    "attachments",
)
"""Of an export; those that an import reads among them are the same."""


class Exported(NamedTuple):
    """What was handed in last, and where it stands."""

    application: Application
    revision: Revision


def line_of(row: Exported) -> dict[str, Any]:
    """All that is exported of one application."""
    application, revision = row
    return {
        "application_id": application.id,
        "call_id": application.call_id,
        "team_id": application.team_id,
        "startup": revision.startup,
        "status": application.status,
        "revision": revision.number,
        "submitted_at": revision.submitted_at,
        "title": revision.title,
        "summary": revision.summary,
        "challenge_ids": revision.challenge_ids,
        "attachments": revision.attachments,
        "answers": revision.answers,
    }


def as_json_line(line: Mapping[str, Any]) -> str:
    return json.dumps(as_json(dict(line)), ensure_ascii=False) + "\n"


def csv_head(fields: Sequence[str]) -> str:
    """The names of the columns, one for each field of the form; a mark without which spreadsheets mistake Arabic."""
    return BYTE_ORDER_MARK + _csv([[*COLUMNS, *(f"{ANSWER}{field}" for field in fields)]])


def csv_line(line: Mapping[str, Any], fields: Sequence[str]) -> str:
    known = {**line, "challenge_ids": " ".join(map(str, line["challenge_ids"]))}
    known["attachments"] = " ".join(each["attachment_id"] for each in line["attachments"])
    answers = [line["answers"].get(field) for field in fields]
    return _csv([[as_cell(known[name]) for name in COLUMNS] + [as_cell(answer) for answer in answers]])


def read_json_lines(text: str) -> Iterator[dict[str, Any]]:
    """Raises Unreadable for a line that is no JSON object."""
    for number, each in _numbered(text.splitlines()):
        try:
            line = json.loads(each)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise Unreadable(number, "is not a JSON object")
        yield {name: value for name, value in line.items() if value is not None}


def read_csv(text: str) -> Iterator[dict[str, Any]]:
    """Empty cells say nothing, so they change nothing. Raises Unreadable for a row that does not fit its head."""
    rows = csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), strict=True)
    head: list[str] | None = None
    try:
        for row in rows:
            if head is None:
                head = row
                continue
            if len(row) != len(head):
                raise Unreadable(rows.line_num, f"has {len(row)} cells, and the first row has {len(head)}")
            yield _of_cells(dict(zip(head, map(unguarded, row), strict=True)))
    except csv.Error:
        raise Unreadable(rows.line_num, "is no CSV") from None


def _of_cells(cells: Mapping[str, str]) -> dict[str, Any]:
    said = {name: cell for name, cell in cells.items() if cell}
    line: dict[str, Any] = {name: cell for name, cell in said.items() if not name.startswith(ANSWER)}
    if "challenge_ids" in line:
        line["challenge_ids"] = line["challenge_ids"].split()
    answers = {name.removeprefix(ANSWER): cell for name, cell in said.items() if name.startswith(ANSWER)}
    return line | ({"answers": answers} if answers else {})


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _csv(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
