"""What the local stack remembers between commands, in one file that is written whole or not at all."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from infra.local.problems import LocalProblem
from infra.local.processes import Identity

SECTIONS = ("ports", "secrets", "processes", "fingerprints", "migrations", "urls")


class State:
    """Read when opened; every change is on disk, and private to its owner, before the call returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._facts: dict[str, dict[str, Any]] = {}
        self.reload()

    def reload(self) -> None:
        """Read again what another command may have written."""
        facts: dict[str, Any] = {}
        try:
            facts = json.loads(self._path.read_text())
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            message = f"Restore {self._path}, or start afresh with `datacity down --erase`: it can't be read ({error})."
            raise LocalProblem(message) from error
        self._facts = {section: dict(facts.get(section, {})) for section in SECTIONS}

    @property
    def ports(self) -> dict[str, int]:
        return dict(self._facts["ports"])

    def remember_port(self, name: str, port: int) -> None:
        self._set("ports", name, port)

    def secret(self, name: str) -> str:
        """The password of that name; made at the first call."""
        if name not in self._facts["secrets"]:
            self._set("secrets", name, secrets.token_urlsafe(24))
        known: str = self._facts["secrets"][name]
        return known

    @property
    def processes(self) -> dict[str, Identity]:
        return {name: Identity(**identity) for name, identity in self._facts["processes"].items()}

    def remember_process(self, name: str, identity: Identity) -> None:
        self._set("processes", name, {"pid": identity.pid, "started": identity.started})

    def forget_process(self, name: str) -> None:
        if self._facts["processes"].pop(name, None) is not None:
            self._save()

    def fingerprint(self, name: str) -> str | None:
        """Of the settings that the component's process was started with."""
        known: str | None = self._facts["fingerprints"].get(name)
        return known

    def remember_fingerprint(self, name: str, fingerprint: str) -> None:
        self._set("fingerprints", name, fingerprint)

    def migrated(self, service: str) -> str | None:
        """The fingerprint of the migrations that its database last had."""
        known: str | None = self._facts["migrations"].get(service)
        return known

    def remember_migrated(self, service: str, fingerprint: str) -> None:
        self._set("migrations", service, fingerprint)

    @property
    def urls(self) -> dict[str, str]:
        return dict(self._facts["urls"])

    def remember_urls(self, urls: dict[str, str]) -> None:
        if urls != self._facts["urls"]:
            self._facts["urls"] = dict(urls)
            self._save()

    def _set(self, section: str, name: str, value: Any) -> None:
        if self._facts[section].get(name) != value:
            self._facts[section][name] = value
            self._save()

    def _save(self) -> None:
        draft = self._path.with_suffix(f".{os.getpid()}.draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self._facts, file, indent=2, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
