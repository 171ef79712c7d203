"""Tables of words held against the pages that use them, in each language."""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel import Locale

from shared.web import LANGUAGES, Words
from shared.web.languages import LOCALES, Language
from shared.web.speech import Entry

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "shared" / "web"

ASKED = re.compile(r'\b(?:t|n|plain|has)\(\s*"([^"{]+)"\s*([~,)])')
QUOTED = re.compile(r'"([a-z][\w.-]*)"')
LATIN = re.compile(r"[A-Za-z]{2,}")

OF_KIT: dict[str, tuple[str, ...]] = {
    "refusal.": tuple(
        f"{kind}.{part}"
        for kind in ("400", "401", "403", "404", "409", "422", "429", "500", "503")
        for part in ("title", "what_to_do")
    ),
    "role.": ("applicant", "juror", "staff", "partner", "city", "coach", "auditor"),
}


@dataclass(frozen=True)
class Tables:
    """A service's words together with the kit's; `by_value` are those that a value chooses, after what comes first."""

    folder: Path
    by_value: Mapping[str, tuple[str, ...]]

    @property
    def words(self) -> dict[Language, dict[str, Entry]]:
        return Words([KIT / "words", self.folder / "words"]).by_language

    def sources(self) -> Iterator[str]:
        for folder in (KIT, self.folder):
            for file in [*folder.rglob("*.html"), *folder.rglob("*.py")]:
                yield file.read_text()

    def chosen(self) -> set[str]:
        both = {**OF_KIT, **self.by_value}
        return {before + value for before, values in both.items() for value in values}

    def missing(self, language: Language) -> list[str]:
        asked = {key for text in self.sources() for key, after in ASKED.findall(text) if after != "~"}
        return sorted((asked | self.chosen()) - self.words[language].keys())

    def idle(self) -> list[str]:
        quoted = {key for text in self.sources() for key in QUOTED.findall(text)}
        return sorted(self.words["en"].keys() - quoted - self.chosen())

    def other_places(self, language: Language) -> list[str]:
        """Words that are not in both, or have other places to fill than the English ones."""
        theirs, ours = self.words[language], self.words["en"]
        apart = theirs.keys() ^ ours.keys()
        return sorted(apart | {key for key in theirs.keys() & ours.keys() if places(theirs[key]) != places(ours[key])})

    def other_forms(self, language: Language) -> list[str]:
        """Words that count without every plural form of their language."""
        forms = {*Locale.parse(LOCALES[language]).plural_form.tags, "other"}
        counting = {key: entry for key, entry in self.words[language].items() if not isinstance(entry, str)}
        return sorted(key for key, entry in counting.items() if set(entry) != forms)

    def latin_in_arabic(self, *names: str) -> list[str]:
        named = re.compile("|".join([*map(re.escape, ("DataCity", *names)), r"\{\w+\}"]))
        words = {
            key: [entry] if isinstance(entry, str) else [*entry.values()] for key, entry in self.words["ar"].items()
        }
        return sorted(key for key, said in words.items() if any(LATIN.search(named.sub("", each)) for each in said))

    def complaints(self, *latin: str) -> dict[str, list[str]]:
        """All that is wrong with them, by what it is; empty lists are left out."""
        found = {"idle": self.idle(), "Latin letters in Arabic": self.latin_in_arabic(*latin)}
        for language in LANGUAGES:
            found |= {
                f"missing in {language}": self.missing(language),
                f"not as in English: {language}": self.other_places(language),
                f"without a plural form: {language}": self.other_forms(language),
            }
        return {what: keys for what, keys in found.items() if keys}


def places(entry: Entry) -> set[str]:
    texts = [entry] if isinstance(entry, str) else entry.values()
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
