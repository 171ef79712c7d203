"""What was measured and kept: docs/performance.json, by figure and size, every run with its raw values."""

import json
from pathlib import Path
from typing import Any

RECORD = Path(__file__).resolve().parents[1] / "docs" / "performance.json"

Runs = list[dict[str, Any]]
Record = dict[str, dict[str, Runs]]
"""By figure, then by size in events."""


def load(path: Path = RECORD) -> Record:
    """Empty if nothing was kept yet."""
    if not path.exists():
        return {}
    kept: Record = json.loads(path.read_text())
    return kept


def save(figure: str, size: int, runs: Runs, path: Path = RECORD) -> None:
    """In place of what was kept of that figure at that size; the rest stays."""
    kept = load(path)
    kept.setdefault(figure, {})[str(size)] = runs
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def by_size(sizes: dict[str, Runs]) -> list[tuple[int, Runs]]:
    """A figure's runs, the smallest size first."""
    return sorted((int(size), runs) for size, runs in sizes.items())
