"""What writers meant and what was acknowledged to them: lines that are in the file before anything else happens."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from tests.chaos.evidence import Write


class History:
    """One process's file. Times are of the machine's monotonic clock, which all its processes share."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def meant(self, write_id: str, *, key: str, chokes: Iterable[str], oversize: bool, refused: bool) -> None:
        self._add("meant", write_id, key=key, chokes=sorted(chokes), oversize=oversize, refused=refused)

    def acknowledged(self, write_id: str, *, repeated: bool = False) -> None:
        """`repeated`: the answer was that of an earlier attempt, which had not arrived."""
        self._add("acknowledged", write_id, repeated=repeated)

    def failed(self, write_id: str, fault: str) -> None:
        """It may have been committed nevertheless."""
        self._add("failed", write_id, fault=fault)

    def _add(self, what: str, write_id: str, **more: Any) -> None:
        self._file.write(json.dumps({"at": time.monotonic(), "what": what, "id": write_id, **more}) + "\n")
        # Handed to the system: it survives a kill of this process, which is all that is done to it.
        self._file.flush()


def read(paths: Iterable[Path]) -> list[Write]:
    """All that was meant, each with its end if it had one; a line that a kill cut short is the last of its file."""
    meant: dict[str, dict[str, Any]] = {}
    acknowledged: dict[str, float] = {}
    repeated: set[str] = set()
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if not line.endswith("\n"):
                break
            told = json.loads(line)
            if told["what"] == "meant":
                meant[told["id"]] = told
            elif told["what"] == "acknowledged":
                acknowledged[told["id"]] = told["at"]
                if told["repeated"]:
                    repeated.add(told["id"])
    return [
        Write(
            id=write_id,
            key=told["key"],
            meant_at=told["at"],
            acknowledged_at=acknowledged.get(write_id),
            refused=told["refused"],
            chokes=frozenset(told["chokes"]),
            oversize=told["oversize"],
            repeated=write_id in repeated,
        )
        for write_id, told in meant.items()
    ]
