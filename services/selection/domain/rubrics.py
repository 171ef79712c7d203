"""What a criterion asks and what its scores mean, in three languages: from a file, or as a jury brings them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Words = Mapping[str, str]
"""By language."""


@dataclass(frozen=True)
class Rubric:
    """How a criterion is called, what it asks, and the words beside some of its scores."""

    title: Words = field(default_factory=dict)
    asks: Words = field(default_factory=dict)
    anchors: Mapping[int, Words] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "title": dict(self.title),
            "asks": dict(self.asks),
            "anchors": {str(score): dict(words) for score, words in sorted(self.anchors.items())},
        }


def rubric_from(plain: Mapping[str, Any]) -> Rubric:
    return Rubric(
        title=plain.get("title", {}),
        asks=plain.get("asks", {}),
        anchors={int(score): words for score, words in plain.get("anchors", {}).items()},
    )


@cache
def paris() -> Mapping[str, Rubric]:
    """The five criteria of Paris, in the words of the first edition."""
    written = tomllib.loads((Path(__file__).parent / "paris.toml").read_text(encoding="utf-8"))
    return {key: rubric_from(plain) for key, plain in written.items()}
