"""Where the local stack keeps its state, and who may pass through there."""

import contextlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from infra.local.problems import LocalProblem

DEFAULT = Path(".datacity")


@dataclass(frozen=True)
class Home:
    """The directory named by DATACITY_HOME, with a name for each thing in it."""

    path: Path

    @classmethod
    def at(cls, path: Path | str | None = None) -> "Home":
        """The home at `path`, else at DATACITY_HOME, else `.datacity` here; nothing is written."""
        chosen = path if path is not None else os.environ.get("DATACITY_HOME") or DEFAULT
        return cls(Path(chosen).expanduser().resolve())

    def create(self) -> None:
        """Make the directory, readable by its owner only; others may at most pass through (see `Postgres`)."""
        try:
            # A directory that others use as well keeps the mode they gave it.
            if not self.path.exists():
                self.path.mkdir(parents=True)
                self.path.chmod(0o711 if is_root() else 0o700)
            for folder in (self.logs, self.issuer, self.mail, self.journal):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = f"Set DATACITY_HOME to a directory you can write: {self.path} can't be used ({error.strerror})."
            raise LocalProblem(message) from error

    def erase(self) -> None:
        """Remove what the stack put there, and nothing else that somebody may keep in the same place."""
        for folder in (self.logs, self.postgres, self.kafka, self.issuer, self.mail, self.journal):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.state_file, self.lock_file):
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def kafka(self) -> Path:
        return self.path / "kafka"

    @property
    def issuer(self) -> Path:
        return self.path / "issuer"

    @property
    def mail(self) -> Path:
        return self.path / "mail"

    @property
    def journal(self) -> Path:
        return self.path / "journal"

    def log_of(self, component: str) -> Path:
        return self.logs / f"{component}.log"


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def open_the_way_to(path: Path) -> list[Path]:
    """Let every user pass through (not list) the directories above `path`; returns those that had to be changed.

    Needed only when we are root: PostgreSQL refuses root, and its own user must reach its files.
    """
    changed = []
    for directory in path.resolve().parents:
        mode = stat.S_IMODE(directory.stat().st_mode)
        if not mode & stat.S_IXOTH:
            try:
                directory.chmod(mode | stat.S_IXOTH)
            except OSError as error:
                message = f"Run `chmod o+x {directory}`: PostgreSQL's user can't reach {path} ({error.strerror})."
                raise LocalProblem(message) from error
            changed.append(directory)
    return changed
