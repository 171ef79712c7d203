"""What a service's derived tables hold, as digests that two databases can be compared by without being open at once."""

import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

import asyncpg

from shared.derived import Derived

NAMED = 5
"""How many rows that differ are named, of each kind and table."""
PREFETCH = 1000

# So that a value's text is the same whoever asks.
CANONICAL = """
    SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1;
    SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'iso_8601'
"""


@dataclass(frozen=True)
class Row:
    """A row's key, the digest of what counts of it, and a short one of each column, to tell which differs."""

    key: tuple[str, ...]
    digest: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Fingerprint:
    """A table's rows in the order of their keys; on disk, as there may be millions."""

    table: str
    rows: int
    digest: str
    _spool: IO[str] = field(repr=False)

    def __iter__(self) -> Iterator[Row]:
        self._spool.seek(0)
        for line in self._spool:
            key, digest, columns = json.loads(line)
            yield Row(tuple(key), digest, tuple(columns))


@dataclass
class Difference:
    """Where two databases don't agree: the first keys of each kind, and how many there are."""

    missing: list[str] = field(default_factory=list)
    """Kafka has it, the service does not."""
    extra: list[str] = field(default_factory=list)
    """The service has it, Kafka does not."""
    different: list[str] = field(default_factory=list)
    """Both have it, and not the same."""
    count: int = 0

    def note(self, kind: list[str], text: str) -> None:
        self.count += 1
        if len(kind) < NAMED:
            kind.append(text)


async def fingerprint(connection: asyncpg.Connection, derived: Derived) -> Fingerprint:
    """Of one table; call it in a transaction of its own snapshot, after `CANONICAL`."""
    spool = tempfile.TemporaryFile("w+", prefix="datacity-replay-", encoding="utf-8")  # noqa: SIM115  read later
    total, rows = hashlib.sha256(), 0
    async for found in connection.cursor(_query(derived), prefetch=PREFETCH):
        spool.write(json.dumps([found["key"], found["digest"], found["columns"]]) + "\n")
        total.update(bytes.fromhex(found["digest"]))
        rows += 1
    return Fingerprint(derived.name, rows, total.hexdigest(), spool)


async def fingerprints(connection: asyncpg.Connection, tables: Sequence[Derived]) -> list[Fingerprint]:
    return [await fingerprint(connection, derived) for derived in tables]


def digest_of(tables: Sequence[Fingerprint]) -> str:
    """One digest for all: of the lines `TABLE DIGEST`, by name."""
    lines = "".join(f"{each.table} {each.digest}\n" for each in sorted(tables, key=lambda each: each.table))
    return hashlib.sha256(lines.encode()).hexdigest()


def compare(derived: Derived, *, live: Fingerprint, rebuilt: Fingerprint) -> Difference:
    """Walk both tables in the order of their keys."""
    difference = Difference()
    ours, theirs = iter(live), iter(rebuilt)
    one, other = next(ours, None), next(theirs, None)
    while one or other:
        if one is None or (other and other.key < one.key):
            difference.note(difference.missing, _named(other))
            other = next(theirs, None)
        elif other is None or one.key < other.key:
            difference.note(difference.extra, _named(one))
            one = next(ours, None)
        else:
            if one.digest != other.digest:
                pairs = zip(derived.columns, one.columns, other.columns, strict=True)
                which = ", ".join(name for name, before, after in pairs if before != after)
                difference.note(difference.different, f"{_named(one)} ({which})")
            one, other = next(ours, None), next(theirs, None)
    return difference


async def rows_of(connection: asyncpg.Connection, derived: Derived) -> AsyncIterator[str]:
    """What counts of a table, a JSON object per row."""
    pairs = ", ".join(f"'{name}', \"{name}\"" for name in derived.columns)
    query = f'SELECT jsonb_build_object({pairs})::text FROM "{derived.name}" ORDER BY {_order(derived)}'  # noqa: S608
    async with connection.transaction(readonly=True):
        await connection.execute(CANONICAL)
        async for row in connection.cursor(query, prefetch=PREFETCH):
            yield row[0]


def _query(derived: Derived) -> str:
    """A row's digest is the SHA-256 of the JSON array of its columns, as `jsonb` writes it."""
    key = ", ".join(f'"{name}"::text' for name in derived.key)
    counted = ", ".join(f'"{name}"' for name in derived.columns)
    whole = _sha256(f"jsonb_build_array({counted})")
    each = ", ".join(f"left({value}, 12)" for value in (_sha256(f'to_jsonb("{name}")') for name in derived.columns))
    return (
        f"SELECT ARRAY[{key}] AS key, {whole} AS digest, ARRAY[{each}] AS columns "  # noqa: S608
        f'FROM "{derived.name}" ORDER BY {_order(derived)}'
    )


def _sha256(json_value: str) -> str:
    return f"encode(sha256(convert_to(coalesce(({json_value})::text, ''), 'UTF8')), 'hex')"


def _order(derived: Derived) -> str:
    """By the bytes of the text, which is how Python compares it too."""
    return ", ".join(f'"{name}"::text COLLATE "C"' for name in derived.key)


def _named(row: Row | None) -> str:
    return "/".join(row.key) if row else ""
