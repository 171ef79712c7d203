"""Looks for words that must be gone: in every column of a database, every record of a topic, every file of a folder."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from infra.local.eventreader import latest_records
from infra.provision import plain


@dataclass(frozen=True)
class Sighting:
    """A word that was found, and where."""

    canary: str
    where: str


def seen_in(content: bytes, canaries: Collection[str], where: str) -> Iterator[Sighting]:
    """In any case, and as JSON escapes it too."""
    text = content.decode("utf-8", "replace").casefold()
    for canary in canaries:
        forms = {canary.casefold(), json.dumps(canary)[1:-1].casefold()}
        if any(form in text for form in forms):
            yield Sighting(canary, where)


async def seen_in_database(url: str, canaries: Collection[str]) -> list[Sighting]:
    """In any column of any table, whatever its type; bytes are looked into as they are."""
    connection = await asyncpg.connect(plain(url))
    found: list[Sighting] = []
    try:
        for table in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            name = table["tablename"]
            for row in await connection.fetch(f'SELECT * FROM "{name}"'):
                for column, value in row.items():
                    content = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    found += seen_in(content, canaries, f"{name}.{column}")
    finally:
        await connection.close()
    return found


async def rows_of(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(plain(url))
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def seen_in_topics(kafka: str, topics: Sequence[str], canaries: Collection[str]) -> list[Sighting]:
    """In key, headers and value of every record that Kafka still has, read from the beginning."""
    records, _ = await latest_records(kafka, topics, limit=None)
    found: list[Sighting] = []
    for record in records:
        content = json.dumps(record.as_dict(), ensure_ascii=False).encode()
        found += seen_in(content, canaries, f"{record.topic}/{record.partition}@{record.offset}")
    return found


def seen_in_files(folder: Path, canaries: Collection[str], *, except_: Collection[str] = ()) -> list[Sighting]:
    """In every file below a folder, but for those whose path has one of these parts."""
    found: list[Sighting] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and not path.is_symlink() and not set(inside) & set(except_):
            found += seen_in(path.read_bytes(), canaries, "/".join(inside))
    return found
