"""What a witness must not forget: the last checkpoint that it may have cosigned, the log's key, and its own."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from infra.verify.earlier import write_durably
from infra.verify.sources import Unreadable
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.cosignature import CosigningKey
from shared.tlog.fault import Fault
from shared.tlog.keys import VerifierKey
from shared.tlog.note import Note


@dataclass(frozen=True)
class Memory:
    """The log's keys that are trusted, and the last checkpoint of theirs."""

    keys: tuple[VerifierKey, ...] = ()
    note: Note | None = None
    posted: bool = False
    """Whether the log has our signature under it."""

    @property
    def latest(self) -> Checkpoint | None:
        return None if self.note is None else Checkpoint.parse(self.note.text)

    def seen(self, note: Note) -> "Memory":
        return replace(self, note=note, posted=False)


class MemoryFile:
    """A witness's memory on disk, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Memory:
        """Raises Unreadable: a witness without its memory would sign what contradicts what it signed."""
        try:
            told = json.loads(self.path.read_text())
            keys = tuple(map(VerifierKey.parse, told["log_keys"]))
            note = Note.parse(told["checkpoint"].encode()) if told["checkpoint"] else None
            memory = Memory(keys, note, told["posted"])
            _ = memory.latest  # or say now that it can't be read
        except FileNotFoundError:
            return Memory()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, Fault) as wrong:
            message = f"Restore {self.path} from its backup, it is this witness's memory: it can't be read ({wrong})."
            raise Unreadable(message) from wrong
        return memory

    def save(self, memory: Memory) -> None:
        told = {
            "log_keys": [key.vkey for key in memory.keys],
            "checkpoint": None if memory.note is None else memory.note.encode().decode(),
            "posted": memory.posted,
        }
        try:
            write_durably(self.path, json.dumps(told, indent=1, ensure_ascii=False).encode() + b"\n", mode=0o600)
        except OSError as error:
            message = f"Name a --state file that can be written: {self.path} can't be ({error.strerror})."
            raise Unreadable(message) from error

    def keep_evidence(self, name: str, content: str) -> Path:
        path = self.path.with_name(f"{self.path.name}.{name}")
        write_durably(path, content.encode())
        return path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Two witnesses with one memory could each sign one side of a fork."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f"{self.path.name}.lock").open("a") as lock:
            try:
                fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"End the other witness first: it works with {self.path}."
                raise Unreadable(message) from None
            yield


def load_or_make_key(path: Path, name: str) -> tuple[CosigningKey, bool]:
    """The witness's private key, and whether it was made just now. Raises Unreadable if the file holds none."""
    made = False
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(CosigningKey.generate(name).skey + "\n")
            made = True
        return CosigningKey.parse(path.read_text().strip()), made
    except (OSError, Fault) as wrong:
        message = f"Restore {path} from its backup: it should hold this witness's private key ({wrong})."
        raise Unreadable(message) from wrong
