"""Apache Kafka as a single KRaft node: formatted once, its log kept, ready when it answers for its metadata."""

import asyncio
import base64
import logging
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from infra.local.component import Component, Report, Stage
from infra.local.home import Home
from infra.local.jars import class_path
from infra.local.java import Java, find_java
from infra.local.ports import HOST, port_for, somebody_listens
from infra.local.problems import LocalProblem, NotReady
from infra.local.state import State

# Small and quick to start; a broker of one's own needs neither the server compiler nor a parallel collector.
JVM_OPTIONS = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOG_OPTIONS = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss",
)

PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After a kill, the broker can't come back until the controller has given up on its former self: 9 s by default.
    "broker.session.timeout.ms": "6000",
    "broker.heartbeat.interval.ms": "1000",
    # A mistyped name must fail, not become a topic of one partition that forgets after a week.
    "auto.create.topics.enable": "false",
    # 128 MiB by default, a third of our heap.
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "log.cleaner.backoff.ms": "1000",
    "num.io.threads": "4",
    "num.network.threads": "2",
}


class Kafka(Component):
    """The one thing that the services share."""

    name = "kafka"
    controller = "kafka-controller"
    grace = 20.0

    def __init__(self, home: Home, state: State) -> None:
        super().__init__(home, state)
        self._java: Java | None = None
        self._class_path: list[Path] = []

    @property
    def data(self) -> Path:
        return self.home.kafka / "data"

    @property
    def properties_file(self) -> Path:
        return self.home.kafka / "server.properties"

    def bootstrap(self) -> str:
        return f"{HOST}:{self.state.ports[self.name]}"

    @property
    def port_names(self) -> Sequence[str]:
        return (self.name, self.controller)

    def choose_ports(self) -> None:
        port_for(self.name, self.state)
        port_for(self.controller, self.state)
        self._write_properties(self.properties_file, self.data)

    def command(self) -> Sequence[str]:
        return [
            *self._run_java(*LOG_OPTIONS, "-cp"),
            "kafka.Kafka",
            str(self.properties_file),
        ]

    def environment(self) -> Mapping[str, str]:
        return clean_environment()

    async def prepare(self, report: Report) -> None:
        self.home.kafka.mkdir(mode=0o700, exist_ok=True)
        report(self.name, Stage.PREPARING, "looking for Java and the jars")

        def tell(progress: str) -> None:
            report(self.name, Stage.DOWNLOADING, progress)

        self._java, self._class_path = await asyncio.gather(
            asyncio.to_thread(find_java), asyncio.to_thread(class_path, tell)
        )
        if not (self.data / "meta.properties").exists():
            report(self.name, Stage.PREPARING, "formatting an empty log")
            await asyncio.to_thread(self._format)

    async def probe(self) -> None:
        port = self.state.ports.get(self.name)
        if not somebody_listens(port):
            message = f"waiting for port {port}"
            raise NotReady(message)
        await ask_for_metadata(self.bootstrap())

    def _run_java(self, *options: str) -> list[str]:
        if self._java is None:
            message = "prepare() finds Java and comes first"
            raise RuntimeError(message)
        path = os.pathsep.join(str(jar) for jar in self._class_path)
        return [str(self._java.executable), *JVM_OPTIONS, *options, path]

    def _write_properties(self, file: Path, data: Path) -> None:
        port, controller = (
            self.state.ports[self.name],
            self.state.ports[self.controller],
        )
        properties = PROPERTIES | {
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
            "log.dirs": str(data),
        }
        file.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))

    def _format(self) -> None:
        """In a folder beside, renamed when whole: an interrupted start leaves nothing that looks like a log."""
        for abandoned in self.home.kafka.glob("draft-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        draft, file = self.home.kafka / f"draft-{os.getpid()}", self.home.kafka / "format.properties"
        for port in (self.name, self.controller):
            port_for(port, self.state)
        self._write_properties(file, draft)
        outcome = subprocess.run(
            [
                *self._run_java(*LOG_OPTIONS, "-cp"),
                "kafka.tools.StorageTool",
                "format",
                "-t",
                cluster_id(uuid.uuid4()),
                "-c",
                str(file),
            ],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(),
        )
        if outcome.returncode:
            told = (outcome.stdout + outcome.stderr).strip()
            message = f"Free some disk, or mend what Kafka says, then `datacity up` again:\n{told}"
            raise LocalProblem(message)
        shutil.rmtree(self.data, ignore_errors=True)
        draft.rename(self.data)


def cluster_id(drawn: uuid.UUID) -> str:
    """As Kafka writes one, but never with a dash in front, as one in 64 would: its tool takes that for an option."""
    value = drawn.bytes
    return base64.urlsafe_b64encode(bytes([value[0] & 0x7F]) + value[1:]).decode().rstrip("=")


async def ask_for_metadata(bootstrap: str) -> None:
    """Return if a broker answers for the cluster; else raise NotReady."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=4000)
    # It logs an error for every attempt; that Kafka isn't there yet is what we came to find out.
    logger = logging.getLogger("aiokafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        await admin.start()
        await admin.list_topics()
    except (KafkaError, OSError, AssertionError) as error:
        message = f"{bootstrap} doesn't answer for its metadata: {type(error).__name__}"
        raise NotReady(message) from error
    finally:
        await admin.close()
        logger.setLevel(before)


def clean_environment() -> dict[str, str]:
    """Ours without the variables that would change how Java runs."""
    unwanted = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "KAFKA_", "DATACITY_")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
