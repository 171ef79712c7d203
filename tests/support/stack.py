"""A real PostgreSQL and a real Kafka for tests: started once per session, each test with a database of its own."""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import asyncpg
import psutil

from infra.local.home import Home
from infra.local.kafka import Kafka
from infra.local.lock import held
from infra.local.postgres import Postgres
from infra.local.problems import LocalProblem
from infra.local.processes import Identity, is_alive
from infra.local.state import State
from infra.provision import (
    LOCK,
    SERVICES,
    Passwords,
    ServiceDatabase,
    owner_of,
    plain,
    provision_service,
)
from infra.topics import Topic, ensure_topics
from shared.database.migrate import upgrade

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "datacity-test-"
OWNER = "owner.json"


class PasswordBook(Protocol):
    def secret(self, name: str) -> str: ...


@dataclass(frozen=True)
class Backbone:
    """Where the session's Kafka and PostgreSQL are."""

    kafka: str
    """Bootstrap servers; every topic of the platform exists."""
    admin_url: str
    """PostgreSQL as its superuser, database `postgres`, for asyncpg."""
    book: PasswordBook = field(repr=False)

    async def fresh_database(self, service: str) -> ServiceDatabase:
        """An empty database with the service's two roles, as provisioning makes it; migrate it with `owner_url`."""
        return await self._provisioned(service, f"datacity_{service}_{uuid.uuid4().hex[:12]}")

    async def migrated_database(self, service: str) -> ServiceDatabase:
        """Like a fresh one that was migrated; migrations run once in a stack, and each further database is a copy."""
        admin = await asyncpg.connect(self.admin_url)
        try:
            # Also against another half, or another run, on a stack that is reused.
            await admin.execute("SELECT pg_advisory_lock(hashtext('datacity-test-template'))")
            template = f"template_{service}_{_what_migrations_make(service)}"
            if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", template):
                made = await self.fresh_database(service)
                await upgrade(service, made.owner_url)
                await admin.execute(
                    f'ALTER DATABASE "{plain(made.owner_url).rpartition("/")[2]}" RENAME TO "{template}"'
                )
            name = f"datacity_{service}_{uuid.uuid4().hex[:12]}"
            await admin.execute(f'CREATE DATABASE "{name}" OWNER "{owner_of(service)}" TEMPLATE "{template}"')
        finally:
            await admin.close()
        return await self._provisioned(service, name)

    async def _provisioned(self, service: str, name: str) -> ServiceDatabase:
        """A database of this name with the service's roles, made if it is not there."""
        passwords = Passwords(
            owner=self.book.secret(f"{service}_owner"),
            runtime=self.book.secret(service),
        )
        admin = await asyncpg.connect(self.admin_url)
        try:
            await admin.execute("SELECT pg_advisory_lock($1)", LOCK)
            return await provision_service(admin, self.admin_url, service, passwords, database=name)
        finally:
            await admin.close()

    async def drop_database(self, database: ServiceDatabase) -> None:
        """Remove it, also if somebody is still connected; worth it only for a test that makes many."""
        name = plain(database.owner_url).rpartition("/")[2]
        if not re.fullmatch(r"datacity_\w+_[0-9a-f]{12}", name):
            message = f"{name} is not a database of a test"
            raise ValueError(message)
        admin = await asyncpg.connect(self.admin_url)
        try:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await admin.close()

    async def topic(self, *, partitions: int = 12) -> str:
        """A new topic that nobody else uses."""
        name = f"test.{uuid.uuid4().hex[:12]}"
        await ensure_topics(self.kafka, wanted=[Topic(name, {"retention.ms": "-1"}, partitions)])
        return name


def _what_migrations_make(service: str) -> str:
    """A name for it that changes with them."""
    sources = [
        *(ROOT / "services" / service / "migrations").rglob("*.py"),
        *(ROOT / "shared" / "database").glob("*.py"),
    ]
    sources.append(ROOT / "infra" / "provision.py")
    return hashlib.sha256(b"".join(source.read_bytes() for source in sorted(sources))).hexdigest()[:12]


@asynccontextmanager
async def local_backbone(*, own: bool = False, postgres: type[Postgres] = Postgres) -> AsyncIterator[Backbone]:
    """The backbone of the local stack alone; DATACITY_TEST_HOME names one to reuse and to leave running.

    With `own` it is a new one all the same, which ends with the block: for who fills it, or measures it.
    """
    chosen = None if own else os.environ.get("DATACITY_TEST_HOME")
    if not chosen:
        await _end_abandoned()
    home = Home.at(chosen or tempfile.mkdtemp(prefix=PREFIX))
    home.create()
    kafka, database = _parts(home, postgres)
    try:
        async with held(home.lock_file, on_wait=print):
            if not chosen:
                (home.path / OWNER).write_text(json.dumps(asdict(_myself())))
            kafka.state.reload()
            await asyncio.gather(kafka.start(), database.start())
            await ensure_topics(kafka.bootstrap())
            for service in SERVICES:
                kafka.state.secret(service)
                kafka.state.secret(f"{service}_owner")
        yield Backbone(kafka=kafka.bootstrap(), admin_url=database.admin_url(), book=kafka.state)
    finally:
        if not chosen:
            await _end(home)


def _parts(home: Home, postgres: type[Postgres] = Postgres) -> tuple[Kafka, Postgres]:
    state = State(home.state_file)
    return Kafka(home, state), postgres(home, state)


def _myself() -> Identity:
    return Identity(os.getpid(), psutil.Process().create_time())


async def _end(home: Home) -> None:
    await asyncio.gather(*(part.stop() for part in _parts(home)))
    shutil.rmtree(home.path, ignore_errors=True)


async def _end_abandoned() -> None:
    """A session that was killed couldn't end its backbone: the next one does, so that they don't pile up."""
    for owner in list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{OWNER}")):  # noqa: ASYNC240
        with contextlib.suppress(OSError, ValueError, LocalProblem):
            if not is_alive(Identity(**json.loads(owner.read_text()))):
                await _end(Home.at(owner.parent))
