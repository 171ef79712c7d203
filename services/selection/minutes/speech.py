"""The minutes' words in one language, and how that language writes moments and numbers."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from shared.clock import zone_named

Language = Literal["fr", "ar", "en"]
COMMA = {"fr", "ar"}
"""Where a decimal is told by a comma, as in Morocco in both languages."""


@dataclass(frozen=True)
class Speech:
    """Says a word by its key, and what is written in it."""

    language: Language
    words: Mapping[str, Any]
    zone: ZoneInfo

    def say(self, key: str, **said: object) -> str:
        word: str = self.words[key]
        return word.format(**{name: self.apart(str(value)) for name, value in said.items()})

    def apart(self, words: str) -> str:
        """Apart from the direction of what stands around it, where that runs the other way (Unicode's isolates)."""
        if self.language != "ar" and not any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in words):
            return words
        return f"\u2068{words}\u2069"

    def together(self, *words: str) -> str:
        return str(self.words["comma"]).join(words)

    def of(self, group: str, key: str) -> str:
        """A word of ours; one that is not known here is told as it is spelled."""
        found: str = self.words[group].get(key, key.replace("_", " "))
        return found

    def moment(self, iso: str | None) -> str:
        """Day and time on the clock of the edition, with how far that is from UTC; the same figures everywhere."""
        if iso is None:
            return self.say("none")
        at = datetime.fromisoformat(iso).astimezone(self.zone)
        offset = at.strftime("%z")
        return self.apart(f"{at:%Y-%m-%d %H:%M:%S} (UTC{offset[:3]}:{offset[3:]})")

    def decimal(self, value: float | None, *, places: int = 1) -> str:
        if value is None:
            return self.say("none")
        written = f"{value:.{places}f}"
        return written.replace(".", ",") if self.language in COMMA else written

    def titled(self, title: Mapping[str, str]) -> str:
        return title.get(self.language) or title.get("fr") or next(iter(title.values()), "")


def speech_in(language: Language, *, zone: str) -> Speech:
    return Speech(language=language, words=_words(language), zone=zone_named(zone))


@cache
def _words(language: Language) -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "words" / f"{language}.toml").read_text(encoding="utf-8"))
