"""Which applications of a call look alike, and by how much: a hint to a person, with its evidence, and never more."""

import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple, TypeVar

Name = TypeVar("Name")

SHINGLE = 5
"""Words in a row. Two texts about one challenge share words, and many short phrases; hardly ever so many in a row."""
LEAST_SHARE = 0.2
"""Of the shorter text's shingles: below, nobody would call two texts alike."""
LEAST_IN_COMMON = 12
LOOKED_AT = 4
"""One shingle in so many is looked at to find who may be alike."""
COMMON_IN = 8
"""A shingle that more texts than these have is a phrase of the call, not of a team."""

_WORD = re.compile(r"\w+")


class Alike(NamedTuple):
    """How much of the shorter text is in the other, and by how many shingles."""

    share: float
    in_common: int


def shingles(text: str) -> frozenset[int]:
    """A text's runs of five words, as numbers; case, accents and vowel signs make no difference."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = _WORD.findall(plain.replace("ـ", ""))
    runs = (" ".join(words[n : n + SHINGLE]) for n in range(len(words) - SHINGLE + 1))
    return frozenset(zlib.crc32(run.encode()) for run in runs)


def alike(texts: Mapping[Name, str]) -> dict[tuple[Name, Name], Alike]:
    """The pairs that have much in common. Costs what they have in common, not the square of how many there are.

    A quarter of the shingles, the same of every text, finds the pairs that are worth being compared whole.
    """
    having: dict[int, list[Name]] = defaultdict(list)
    for name, text in texts.items():
        for shingle in shingles(text):
            if shingle % LOOKED_AT == 0:
                having[shingle].append(name)
    shared = Counter(pair for names in having.values() if len(names) <= COMMON_IN for pair in combinations(names, 2))
    least = LEAST_IN_COMMON // LOOKED_AT
    found = {pair: _compared(texts[pair[0]], texts[pair[1]]) for pair, count in shared.items() if count >= least}
    return {pair: how for pair, how in found.items() if how.share >= LEAST_SHARE and how.in_common >= LEAST_IN_COMMON}


def _compared(one: str, other: str) -> Alike:
    first, second = shingles(one), shingles(other)
    in_common = len(first & second)
    return Alike(round(in_common / max(1, min(len(first), len(second))), 3), in_common)


def whole_text(parts: Iterable[str | None]) -> str:
    """What an application says, as one text; answers of a word or a number tell nothing and don't matter."""
    return "\n\n".join(part for part in parts if part)
