"""The same backbone in containers, as one would deploy it: newer PostgreSQL, Kafka's official image."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
from testcontainers.core.container import DockerContainer

from infra.local.kafka import PROPERTIES, ask_for_metadata
from infra.local.ports import RANGE, is_free
from infra.local.problems import NotReady
from infra.topics import ensure_topics
from tests.support.stack import Backbone

KAFKA = "apache/kafka:4.3.1"
POSTGRES = "postgres:18"


class Passwords:
    """Made up for the session, and the same for the same role."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def secret(self, name: str) -> str:
        return self._known.setdefault(name, secrets.token_urlsafe(16))


@asynccontextmanager
async def container_backbone() -> AsyncIterator[Backbone]:
    """Needs a Docker engine; where the reaper's image can't be had, set TESTCONTAINERS_RYUK_DISABLED=true."""
    book = Passwords()
    kafka_port, postgres_port = _two_free_ports()
    password = book.secret("postgres")
    kafka = DockerContainer(KAFKA).with_bind_ports(9092, kafka_port).with_envs(**_kafka_settings(kafka_port))
    postgres = DockerContainer(POSTGRES).with_bind_ports(5432, postgres_port).with_env("POSTGRES_PASSWORD", password)
    admin_url = f"postgresql://postgres:{password}@127.0.0.1:{postgres_port}/postgres"
    bootstrap = f"127.0.0.1:{kafka_port}"
    try:
        for container in (kafka, postgres):
            await asyncio.to_thread(container.start)
        await asyncio.gather(
            _answers(lambda: ask_for_metadata(bootstrap)),
            _answers(lambda: _ask_for_one(admin_url)),
        )
        await ensure_topics(bootstrap)
        yield Backbone(kafka=bootstrap, admin_url=admin_url, book=book)
    finally:
        for container in (kafka, postgres):
            await asyncio.to_thread(container.stop)


def _kafka_settings(port: int) -> dict[str, str]:
    """The local stack's own settings, in the way in which the image takes them."""
    settings = PROPERTIES | {
        "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": "1@localhost:9093",
    }
    return {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}


def _two_free_ports() -> tuple[int, int]:
    """Known beforehand, since Kafka has to advertise its own."""
    free = (port for port in secrets.SystemRandom().sample(RANGE, 500) if is_free(port))
    return next(free), next(free)


async def _ask_for_one(url: str) -> None:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NotReady(str(error)) from error
    await connection.close()


async def _answers(question: Callable[[], Awaitable[None]], *, patience: float = 120) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            await question()
        except NotReady:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return
