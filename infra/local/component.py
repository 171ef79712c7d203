"""How any component of the local stack is prepared, started, found again, waited for and stopped."""

import asyncio
import hashlib
import json
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from infra.local import processes
from infra.local.home import Home
from infra.local.ports import given_back
from infra.local.problems import LocalProblem, NotReady
from infra.local.processes import Account, Identity
from infra.local.state import State


class Stage(StrEnum):
    """What a component is doing right now."""

    DOWNLOADING = "downloading"
    PREPARING = "preparing"
    STARTING = "starting"
    WAITING = "waiting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


Report = Callable[[str, Stage, str], None]


def say_nothing(component: str, stage: Stage, detail: str) -> None:
    """For callers who don't watch."""


class Component(ABC):
    """One process of the stack; the subclass says what to run and how to tell that it is ready."""

    name: str
    stop_signal: int = signal.SIGTERM
    grace: float = 10.0
    patience: float = 60.0
    """Seconds a start may take before it counts as failed."""

    def __init__(self, home: Home, state: State) -> None:
        self.home = home
        self.state = state

    async def prepare(self, report: Report) -> None:  # noqa: B027  most need nothing
        """Whatever the first start needs; does nothing when it is there."""

    @property
    def port_names(self) -> Sequence[str]:
        """The names under which its ports are remembered."""
        return (self.name,)

    @abstractmethod
    def choose_ports(self) -> None:
        """Make sure of a free port, right before a start."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What to run."""

    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """The whole environment of the process."""

    def account(self) -> Account | None:
        """The user to run as, if not ourselves."""
        return None

    @abstractmethod
    async def probe(self) -> None:
        """Return if the component does its work; else raise NotReady and say what is missing."""

    async def clear_leftovers(self) -> None:  # noqa: B027  most leave nothing
        """End what a killed main process may have left behind, and remove stale files of its."""

    def fingerprint(self) -> str:
        """Of what the process is told at its start: one that was told something else has to start again."""
        told = {name: value for name, value in self.environment().items() if name.startswith("DATACITY_")}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def running(self) -> Identity | None:
        """The component's process, also if the command that started it was killed before it could write that down."""
        known = self.state.processes.get(self.name)
        if known and processes.is_alive(known):
            return known
        found = processes.find(self.home.path, self.name)
        if found:
            self.state.remember_process(self.name, found[0])
            return found[0]
        if known:
            self.state.forget_process(self.name)
        return None

    async def start(self, report: Report = say_nothing) -> None:
        """Bring it up, or find it up; returns once it is ready."""
        try:
            identity = self.running()
            current = identity is not None and self.state.fingerprint(self.name) in (None, self.fingerprint())
            if identity and current and await self._becomes_ready(identity, report):
                return
            if identity:
                why = "the process that was found doesn't answer" if current else "its settings have changed"
                report(self.name, Stage.STOPPING, why)
                await processes.end(identity, with_signal=self.stop_signal, grace=self.grace)
            await self.prepare(report)
            launched = await self._launch(report)
            ready = await self._becomes_ready(launched, report)
            if not ready and self._lost_its_port():
                launched = await self._launch(report)
                ready = await self._becomes_ready(launched, report)
            if not ready:
                raise LocalProblem(await self._why_it_failed(launched))
        except LocalProblem as problem:
            report(self.name, Stage.FAILED, str(problem))
            raise

    async def stop(self, report: Report = say_nothing) -> None:
        """End it in order; returns once it is gone."""
        identity = self.running()
        if identity:
            report(self.name, Stage.STOPPING, f"pid {identity.pid}")
            await processes.end(identity, with_signal=self.stop_signal, grace=self.grace)
        await self.clear_leftovers()
        self.state.forget_process(self.name)
        report(self.name, Stage.STOPPED, "")

    async def _launch(self, report: Report) -> Identity:
        await self.clear_leftovers()
        await given_back(self.port_names, self.state)
        self.choose_ports()
        report(self.name, Stage.STARTING, "")
        self.state.remember_fingerprint(self.name, self.fingerprint())
        identity = processes.spawn(
            self.name,
            self.command(),
            home=self.home.path,
            log=self.home.log_of(self.name),
            environment=self.environment(),
            account=self.account(),
        )
        self.state.remember_process(self.name, identity)
        return identity

    async def _becomes_ready(self, identity: Identity, report: Report) -> bool:
        deadline = time.monotonic() + self.patience
        missing = ""
        while processes.is_alive(identity):
            try:
                await asyncio.wait_for(self.probe(), timeout=10)
            except (NotReady, TimeoutError) as reason:
                if str(reason) != missing:
                    missing = str(reason)
                    report(self.name, Stage.WAITING, missing)
            else:
                report(self.name, Stage.READY, f"pid {identity.pid}")
                return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.1)
        return False

    def _lost_its_port(self) -> bool:
        return "address already in use" in processes.tail(self.home.log_of(self.name), 40).lower()

    async def _why_it_failed(self, identity: Identity) -> str:
        log = self.home.log_of(self.name)
        if processes.is_alive(identity):
            await processes.end(identity, with_signal=self.stop_signal, grace=self.grace)
            what = f"it wasn't ready after {self.patience:.0f} s"
        else:
            what = "it ended at once"
        return f"Read {log}, mend the cause, then `datacity up` again: {self.name} didn't start, {what}.\n" + (
            processes.tail(log) or "(its log is empty)"
        )
