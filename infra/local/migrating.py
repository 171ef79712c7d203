"""Bringing the local databases to this code's tables, and seeing quickly when they are there already."""

import asyncio
import hashlib
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from infra.local.component import Report, Stage
from infra.local.problems import LocalProblem
from infra.local.state import State
from infra.provision import plain

NAME = "databases"


def preload(services: list[str]) -> None:
    """Import what the first migration needs, which takes seconds: in a thread, while PostgreSQL and Kafka start."""
    if services:
        import_module("shared.database.migrate")
    for service in services:
        import_module(f"services.{service}.models")


def pending(services: list[str], state: State) -> list[str]:
    """Those whose migrations aren't the ones that were run last."""
    return [service for service in services if state.migrated(service) != fingerprint(service)]


async def migrate(urls: Mapping[str, str], state: State, report: Report) -> None:
    """Upgrade each service's database; one after the other, since Alembic's context is one per process."""
    for service, url in urls.items():
        wanted = fingerprint(service)
        if state.migrated(service) == wanted and await _has_tables(url):
            continue
        from shared.database.migrate import upgrade

        report(NAME, Stage.PREPARING, f"migrating {service}")
        try:
            await upgrade(service, url)
        except Exception as error:
            message = f"Mend {service}'s migrations, then `datacity up` again: {type(error).__name__}: {error}"
            raise LocalProblem(message) from error
        state.remember_migrated(service, wanted)


def fingerprint(service: str) -> str:
    """Of everything in the service's migrations folder."""
    found = find_spec(f"services.{service}")
    if found is None or found.origin is None:
        message = f"Name an installed service: there is no {service}."
        raise LocalProblem(message)
    folder = Path(found.origin).parent / "migrations"
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


async def _has_tables(url: str) -> bool:
    connection = await asyncpg.connect(plain(url))
    try:
        return await connection.fetchval("SELECT to_regclass('public.alembic_version')") is not None
    finally:
        await asyncio.wait_for(connection.close(), timeout=5)
