"""The local stack as a whole: what runs, in which order it starts and stops, and where it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from infra.installed import available_services
from infra.local import migrating, processes
from infra.local.component import Component, Report, Stage, say_nothing
from infra.local.home import Home
from infra.local.kafka import Kafka
from infra.local.lock import held
from infra.local.ports import port_for
from infra.local.postgres import Postgres
from infra.local.problems import LocalProblem, NotReady
from infra.local.state import State
from infra.local.web import IssuerProcess, MailProcess, ServiceProcess
from infra.provision import SERVICES, Passwords, provision
from infra.topics import ensure_topics

TOPICS = "topics"


@dataclass(frozen=True)
class Condition:
    """How one component is right now, by asking it."""

    name: str
    stage: Stage
    detail: str
    url: str | None
    pid: int | None
    memory_mib: int | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Stack:
    """One local stack. Everything that changes it holds the stack's lock; `kill` doesn't, as no accident would."""

    def __init__(self, home: Home, *, services: Sequence[str], settings: Mapping[str, str]) -> None:
        self.home = home
        self.state = State(home.state_file)
        self.kafka = Kafka(home, self.state)
        self.postgres = Postgres(home, self.state)
        self.issuer = IssuerProcess(home, self.state)
        self.mail = MailProcess(home, self.state)
        self.services = {name: ServiceProcess(home, self.state, name, settings) for name in services}
        self.components: dict[str, Component] = {
            component.name: component
            for component in (self.kafka, self.postgres, self.issuer, self.mail, *self.services.values())
        }

    @classmethod
    def open(cls, home: Path | str | None = None, *, settings: Mapping[str, str] | None = None) -> Self:
        """The stack at `home` (else DATACITY_HOME), running or not; `settings` go to its services' environment."""
        return cls(Home.at(home), services=available_services(), settings=settings or {})

    @property
    def urls(self) -> dict[str, str]:
        """The services, `issuer`, `mail`, `smtp`, `kafka`, `postgres`; per service `database:X` and `migration:X`."""
        self.state.reload()
        return self.state.urls

    async def up(self, *, only: Iterable[str] = (), report: Report = say_nothing) -> None:
        """Bring up what isn't; returns when all of it answers. With `only`, of the services just those."""
        wanted = [self._service(name) for name in only] or list(self.services.values())
        async with self._alone(report):
            self._settle_ports()
            self._settle_urls()
            await _all_of(
                self._databases(report, [service.name for service in wanted]),
                self._topics(report),
                self.issuer.start(report),
                self.mail.start(report),
            )
            self._settle_urls()
            await _all_of(*(service.start(report) for service in wanted))

    async def down(self, *, report: Report = say_nothing) -> None:
        """Stop it all, the services first; what they stored stays."""
        if not self.home.path.exists():
            return
        async with self._alone(report):
            await _all_of(*(service.stop(report) for service in self.services.values()))
            await _all_of(self.mail.stop(report), self.issuer.stop(report))
            await _all_of(self.kafka.stop(report), self.postgres.stop(report))

    async def erase(self, *, report: Report = say_nothing) -> None:
        """Stop it all and remove everything that it stored."""
        await self.down(report=report)
        self.home.erase()
        self.state.reload()

    async def start(self, name: str, *, report: Report = say_nothing) -> None:
        """Bring up one component; a service needs the others to be there already."""
        component = self._component(name)
        async with self._alone(report):
            self._settle_ports()
            if name in self.services and not {"kafka", f"database:{name}"} <= self.state.urls.keys():
                message = f"Run `datacity up` first: {name} has no database and no Kafka yet."
                raise LocalProblem(message)
            await component.start(report)
            self._settle_urls()

    async def stop(self, name: str, *, report: Report = say_nothing) -> None:
        """Stop one component in order."""
        component = self._component(name)
        async with self._alone(report):
            await component.stop(report)

    def kill(self, name: str) -> None:
        """End one component as `kill -9` would, and forget nothing about it."""
        self.state.reload()
        identity = self._component(name).running()
        if identity:
            processes.kill(identity)

    async def status(self) -> list[Condition]:
        """How each component is, by asking each of them."""
        self.state.reload()
        return await asyncio.gather(*(self._condition(component) for component in self.components.values()))

    async def _condition(self, component: Component) -> Condition:
        identity = component.running() if self.home.path.exists() else None
        url = self.state.urls.get(component.name)
        if component is self.postgres and url:
            url = url.replace(self.state.secret("postgres"), "…")
        if identity is None:
            return Condition(component.name, Stage.STOPPED, "", url, None, None)
        memory = None
        try:
            memory = psutil.Process(identity.pid).memory_info().rss // 2**20
            await asyncio.wait_for(component.probe(), timeout=10)
        except (NotReady, TimeoutError, psutil.Error) as reason:
            return Condition(component.name, Stage.WAITING, str(reason), url, identity.pid, memory)
        return Condition(component.name, Stage.READY, "", url, identity.pid, memory)

    async def _databases(self, report: Report, wanted: list[str]) -> None:
        # Whatever keeps the models from loading shows again, with its context, when they are migrated.
        loading = asyncio.create_task(asyncio.to_thread(migrating.preload, migrating.pending(wanted, self.state)))
        await self.postgres.start(report)
        await asyncio.wait([loading])
        try:
            report(migrating.NAME, Stage.PREPARING, "roles and databases")
            databases = await provision(self.postgres.admin_url(), self._passwords())
            urls = {"postgres": self.postgres.admin_url()}
            for service, database in databases.items():
                urls |= {f"database:{service}": database.runtime_url, f"migration:{service}": database.owner_url}
            self.state.remember_urls(self.state.urls | urls)
            await migrating.migrate({name: databases[name].owner_url for name in wanted}, self.state, report)
        except Exception as error:
            report(migrating.NAME, Stage.FAILED, str(error))
            raise
        report(migrating.NAME, Stage.READY, "provisioned and migrated")

    def _passwords(self) -> dict[str, Passwords]:
        return {
            service: Passwords(owner=self.state.secret(f"{service}_owner"), runtime=self.state.secret(service))
            for service in SERVICES
        }

    async def _topics(self, report: Report) -> None:
        await self.kafka.start(report)
        report(TOPICS, Stage.PREPARING, "creating what is missing")
        self.state.remember_urls(self.state.urls | {"kafka": self.kafka.bootstrap()})
        done = await ensure_topics(self.kafka.bootstrap())
        report(TOPICS, Stage.READY, ", ".join(done) if len(done) < 2 else f"{len(done)} set up")

    def _settle_ports(self) -> None:
        """Each URL is known before the first process starts, since they tell each other's."""
        names = (self.issuer.name, self.mail.name, self.mail.smtp, *self.services)
        for name in names:
            if name not in self.state.ports:
                port_for(name, self.state)

    def _settle_urls(self) -> None:
        urls = {service.name: service.url() for service in self.services.values()}
        if {"kafka", "postgres"} <= self.state.urls.keys():
            urls |= {"kafka": self.kafka.bootstrap(), "postgres": self.postgres.admin_url()}
        urls |= {"issuer": self.issuer.url(), "mail": self.mail.url(), "smtp": self.mail.smtp_url()}
        self.state.remember_urls(self.state.urls | urls)

    def _component(self, name: str) -> Component:
        if name not in self.components:
            message = f"Name one of {', '.join(self.components)}: there is no component {name}."
            raise LocalProblem(message)
        return self.components[name]

    def _service(self, name: str) -> ServiceProcess:
        if name not in self.services:
            message = f"Name one of {', '.join(self.services) or '(none is installed)'}: there is no service {name}."
            raise LocalProblem(message)
        return self.services[name]

    @asynccontextmanager
    async def _alone(self, report: Report) -> AsyncIterator[None]:
        self.home.create()
        async with held(self.home.lock_file, on_wait=lambda text: report("stack", Stage.WAITING, text)):
            self.state.reload()
            yield


async def _all_of(*works: Awaitable[None]) -> None:
    """Wait for all, also when one fails: what did start is there for the next attempt. Raises the first failure."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
