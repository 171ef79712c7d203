"""Checks a folder that was taken out against its own digests."""

import hashlib
import json
from pathlib import Path
from typing import Any

from shared.exporting.archive import FORMAT, MANIFEST, SUMS


class Damaged(Exception):
    """A file is missing, or another than the one that was taken out."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file} {what}.")
        self.file = file


def check_folder(folder: Path, service: str) -> dict[str, Any]:
    """The manifest of a service's part, once every file that it and the sums name is as they say. Raises Damaged."""
    sums = _read(folder, f"{service}/{SUMS}").decode()
    for line in sums.splitlines():
        digest, _, name = line.partition("  ")
        if hashlib.sha256(_read(folder, name)).hexdigest() != digest:
            raise Damaged(name, "is not the file that was taken out")
    name = f"{service}/{MANIFEST}"
    try:
        manifest: dict[str, Any] = json.loads(_read(folder, name))
        files = [file for table in manifest["tables"] for file in table["files"].values()]
    except (ValueError, KeyError, TypeError):
        raise Damaged(name, "is no manifest") from None
    if manifest.get("format") != FORMAT:
        raise Damaged(name, f"is not of the format {FORMAT}")
    listed = {line.partition("  ")[2]: line.partition("  ")[0] for line in sums.splitlines()}
    for file in files:
        if listed.get(file["name"]) != file["sha256"]:
            raise Damaged(file["name"], f"has another digest in {SUMS} than in {MANIFEST}")
    return manifest


def _read(folder: Path, name: str) -> bytes:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Damaged(name, "is outside of the folder")
    try:
        return path.read_bytes()
    except OSError:
        raise Damaged(name, "is missing") from None
