"""The ground a run stands on: a Kafka and a PostgreSQL of its own, wires to them, databases, topics, a small disk."""

import asyncio
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import asyncpg
import psutil
from sqlalchemy.engine import make_url

from infra.local.home import Home
from infra.local.kafka import Kafka
from infra.local.ports import HOST, port_for
from infra.local.postgres import Postgres
from infra.local.processes import Identity
from infra.local.state import State
from infra.provision import Passwords, ServiceDatabase, plain, provision_service
from infra.topics import Topic, ensure_topics
from tests.chaos.proxy import Wire
from tests.chaos.schedule import HTTP_WIRES, KAFKA_WIRES, POSTGRES_WIRES
from tests.chaos.smalldisk import SmallDisk, unmount_abandoned
from tests.chaos.wiring import HEARS, schema
from tests.support.stack import OWNER, PREFIX


class WiredKafka(Kafka):
    """Has a listener for each wire, advertised at the wire's end, so that clients come back through the wire."""

    def __init__(self, home: Home, state: State, wires: Mapping[str, Wire]) -> None:
        super().__init__(home, state)
        self.wires = wires

    @property
    def port_names(self) -> Sequence[str]:
        return (*super().port_names, *self.wires)

    def port_behind(self, wire: str) -> int:
        return self.state.ports[wire]

    def _write_properties(self, file: Path, data: Path) -> None:
        super()._write_properties(file, data)
        properties = dict(line.partition("=")[::2] for line in file.read_text().splitlines())
        for name, wire in self.wires.items():
            listener = name.replace("/", "_").upper()
            properties["listener.security.protocol.map"] += f",{listener}:PLAINTEXT"
            properties["listeners"] += f",{listener}://{HOST}:{port_for(name, self.state)}"
            properties["advertised.listeners"] += f",{listener}://{HOST}:{wire.port}"
        file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))


@dataclass
class Ground:
    """Where everything is."""

    home: Home
    state: State
    kafka: WiredKafka
    postgres: Postgres
    wires: dict[str, Wire]
    disk: SmallDisk
    topics: dict[str, str] = field(default_factory=dict)
    databases: dict[str, ServiceDatabase] = field(default_factory=dict)

    def bootstrap(self, service: str) -> str:
        """Kafka through the service's wire."""
        return f"{HOST}:{self.wires[f'kafka/{service}'].port}"

    @property
    def apis(self) -> tuple[str, ...]:
        """Where the APIs answer, through their wires."""
        return tuple(f"http://{HOST}:{self.wires[wire].port}" for wire in HTTP_WIRES)

    def port_of(self, seat: str) -> int:
        """An API's, behind its wire."""
        return self.state.ports[f"http/{seat}"]

    def database(self, service: str, *, wire: str | None = None) -> str:
        """The service's database as its runtime role, through a wire or straight."""
        url = make_url(self.databases[service].runtime_url)
        if wire:
            url = url.set(port=self.wires[f"postgres/{wire}"].port)
        return url.render_as_string(hide_password=False)


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Start it all; afterwards end and erase it."""
    unmount_abandoned(f"{PREFIX}chaos-")
    home = Home.at(tempfile.mkdtemp(prefix=f"{PREFIX}chaos-"))
    home.create()
    # Should this process be killed, the next test session finds the servers by this file and ends them.
    myself = Identity(os.getpid(), psutil.Process().create_time())
    (home.path / OWNER).write_text(json.dumps(asdict(myself)))
    state = State(home.state_file)
    postgres = Postgres(home, state)
    wires = {name: Wire(partial(_port, state, "postgres")) for name in POSTGRES_WIRES}
    wires |= {name: Wire(partial(_port, state, name)) for name in KAFKA_WIRES}
    wires |= {name: Wire(partial(_port, state, name)) for name in HTTP_WIRES}
    kafka = WiredKafka(home, state, {name: wires[name] for name in KAFKA_WIRES})
    made = Ground(home, state, kafka, postgres, wires, SmallDisk(home.path / "small-disk", postgres))
    for name in HTTP_WIRES:
        port_for(name, state)
    try:
        await asyncio.gather(*(wire.open() for wire in wires.values()))
        await made.disk.prepare()
        await asyncio.gather(kafka.start(), postgres.start())
        await _topics(made)
        for service in HEARS:
            await _database(made, service)
        yield made
    finally:
        await asyncio.gather(*(wire.close() for wire in wires.values()))
        await asyncio.gather(kafka.stop(), postgres.stop(), return_exceptions=True)
        made.disk.unmount()
        shutil.rmtree(home.path, ignore_errors=True)


def _port(state: State, name: str) -> int:
    return state.ports[name]


async def _topics(made: Ground) -> None:
    made.topics = {service: f"chaos.{service}.{uuid.uuid4().hex[:6]}" for service in HEARS}
    wanted = [Topic(name, {"retention.ms": "-1"}, 12) for name in made.topics.values()]
    await ensure_topics(made.kafka.bootstrap(), wanted=wanted)


async def _database(made: Ground, service: str) -> None:
    name = f"chaos_{service}"
    secrets = Passwords(owner=uuid.uuid4().hex, runtime=uuid.uuid4().hex)
    admin_url = made.postgres.admin_url()
    admin = await asyncpg.connect(admin_url)
    try:
        made.databases[service] = await provision_service(admin, admin_url, name, secrets)
    finally:
        await admin.close()
    owner = await asyncpg.connect(plain(made.databases[service].owner_url))
    try:
        for statement in schema():
            await owner.execute(statement)
    finally:
        await owner.close()
    if service != "second":
        await made.disk.move_outbox(made.postgres.admin_url(database=f"datacity_{name}"))
