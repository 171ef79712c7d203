"""Files that are written once and kept as they are: a list of their digests, which grows and never changes."""

import hashlib
from pathlib import Path

LIST = "SHA256SUMS"
"""In each sealed folder; `sha256sum --check SHA256SUMS` reads it too."""


def sealed(folder: Path) -> dict[str, str]:
    """File name → the digest that it had when it was sealed."""
    path = folder / LIST
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def unsealed(folder: Path) -> list[str]:
    known = sealed(folder)
    return [path.name for path in _files(folder) if path.name not in known]


def tampered(folder: Path) -> dict[str, str]:
    """What is no longer as it was sealed: file name → what happened to it."""
    found: dict[str, str] = {}
    for name, digest in sealed(folder).items():
        if not (folder / name).exists():
            found[name] = "it is gone"
        elif _digest(folder / name) != digest:
            found[name] = "its bytes changed"
    return found


def seal(folder: Path) -> None:
    """Put what is new on the list; what is on it stays, changed or not."""
    new = unsealed(folder)
    if new:
        lines = [f"{digest}  {name}" for name, digest in sealed(folder).items()]
        lines += [f"{_digest(folder / name)}  {name}" for name in new]
        (folder / LIST).write_text("\n".join(lines) + "\n")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file() and path.name != LIST)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
