"""Writes tables, as they are at one moment, into a ZIP archive: a file per table and form, manifest and digests."""

import asyncio
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol

from sqlalchemy import Column, Row, Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.database import is_secret
from shared.exporting.cells import as_cell, as_json

FORMAT = "datacity-export/1"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
_AT_ONCE = 500
"""Rows held in memory."""


@dataclass(frozen=True)
class Exported:
    """How many rows of each table were taken out."""

    rows: dict[str, int]


async def export_tables(
    engine: AsyncEngine, tables: Sequence[Table], into: IO[bytes], *, service: str, now: datetime
) -> Exported:
    """Write them all from one snapshot, so that they fit together; `into` is a file that can be sought."""
    described: list[dict[str, Any]] = []
    sums: list[str] = []
    counted: dict[str, int] = {}
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in sorted(tables, key=lambda each: each.name):
                columns = [column for column in table.columns if not is_secret(column)]
                files: dict[str, Any] = {}
                for extension, form in _FORMS.items():
                    name = f"{service}/{table.name}.{extension}"
                    written = _Written(archive, name)
                    counted[table.name] = await _write(connection, table, columns, written, form)
                    files[extension] = {"name": name, "bytes": written.size, "sha256": written.sha256}
                    sums.append(f"{written.sha256}  {name}\n")
                described.append(
                    {
                        "table": table.name,
                        "rows": counted[table.name],
                        "columns": [{"name": column.name, "type": str(column.type)} for column in columns],
                        "left_out": sorted(column.name for column in table.columns if column not in columns),
                        "files": files,
                    }
                )
            log = (await connection.execute(text("SELECT coalesce(max(position), 0) FROM event_log"))).scalar_one()
            manifest = {
                "format": FORMAT,
                "service": service,
                "taken_at": now.isoformat(),
                "event_log_position": log,
                "csv": "UTF-8 with a byte order mark; text that a spreadsheet would run begins with an apostrophe",
                "jsonl": "exact: instants as ISO 8601, bytes as base64",
                "tables": described,
            }
            content = json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"
            archive.writestr(f"{service}/{MANIFEST}", content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {service}/{MANIFEST}\n")
            archive.writestr(f"{service}/{SUMS}", "".join(sums))
    return Exported(counted)


async def _write(
    connection: AsyncConnection, table: Table, columns: Sequence[Column[Any]], written: "_Written", form: "_Form"
) -> int:
    """How many rows there are."""
    names = [column.name for column in columns]
    count = 0
    with written:
        written.write(form.head(names))
        async for rows in _pages(connection, table, columns):
            count += len(rows)
            # Compressing takes its time, and other requests are served by the same loop.
            await asyncio.to_thread(written.write, form.rows(names, rows))
    return count


async def _pages(
    connection: AsyncConnection, table: Table, columns: Sequence[Column[Any]]
) -> AsyncIterator[Sequence[Row[Any]]]:
    query = select(*columns).order_by(*table.primary_key.columns)
    found = await connection.stream(query, execution_options={"yield_per": _AT_ONCE})
    async for rows in found.partitions():
        yield rows


class _Form(Protocol):
    """A way to write a table down."""

    def head(self, names: Sequence[str]) -> bytes: ...
    def rows(self, names: Sequence[str], rows: Iterable[Row[Any]]) -> bytes: ...


class _JsonLines:
    """An object a line."""

    def head(self, _names: Sequence[str]) -> bytes:
        return b""

    def rows(self, names: Sequence[str], rows: Iterable[Row[Any]]) -> bytes:
        lines = (json.dumps(dict(zip(names, map(as_json, row), strict=True)), ensure_ascii=False) for row in rows)
        return "".join(f"{line}\n" for line in lines).encode()


class _Csv:
    """RFC 4180; with a byte order mark, without which spreadsheets take Arabic for something else."""

    def head(self, names: Sequence[str]) -> bytes:
        return b"\xef\xbb\xbf" + self._encoded([names])

    def rows(self, _names: Sequence[str], rows: Iterable[Row[Any]]) -> bytes:
        return self._encoded([as_cell(value) for value in row] for row in rows)

    def _encoded(self, rows: Iterable[Sequence[str]]) -> bytes:
        written = io.StringIO(newline="")
        csv.writer(written, lineterminator="\r\n").writerows(rows)
        return written.getvalue().encode()


_FORMS: dict[str, _Form] = {"csv": _Csv(), "jsonl": _JsonLines()}
"""By the file's extension."""


class _Written:
    """A file of the archive, counted and hashed while it is written."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._file = archive.open(name, "w", force_zip64=True)
        self._digest = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> "_Written":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
