"""What changed between two texts, word by word, and what two changes of one text come to together."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple

# Vowel signs and joiners belong to the word that they stand on, in Arabic as in French.
_IN_A_WORD = r"\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d'’\-"
_TOKEN = re.compile(rf"[{_IN_A_WORD}]+|\s+|[^{_IN_A_WORD}\s]")
_HAS_A_WORD_OF = re.compile(rf"[{_IN_A_WORD}]+")
_HAS_A_WORD = re.compile(r"\w")

_MOST_PAIRS = 100_000
"""Of equal tokens; beyond, comparing words could keep a processor for seconds, so whole lines are compared."""
_POPULAR_FROM = 200
"""difflib passes over tokens that make up more than a hundredth of a text from this length."""


class Piece(NamedTuple):
    """A stretch of text that stayed, went, or came."""

    kind: Literal["same", "removed", "added"]
    text: str


class _Match(NamedTuple):
    """`size` equal tokens, from `first` in one text and from `second` in the other."""

    first: int
    second: int
    size: int


class _Stretch(NamedTuple):
    """A part of the base that neither side changed, and where it is in all three."""

    base: int
    mine: int
    theirs: int
    size: int


def words(text: str) -> list[str]:
    """Words, white space and single marks, which together are the text."""
    return _TOKEN.findall(text)


def differences(before: str, after: str) -> list[Piece]:
    """What to take away and to add, in reading order; the pieces that stayed or went are `before`, and so on."""
    first, second = _cut(before, after)
    pieces: list[Piece] = []
    removed = added = ""
    came_from, came_to = 0, 0
    for match in [*_matches(first, second), _Match(len(first), len(second), 0)]:
        removed += "".join(first[came_from : match.first])
        added += "".join(second[came_to : match.second])
        came_from, came_to = match.first + match.size, match.second + match.size
        same = "".join(first[match.first : came_from])
        if (removed or added) and came_from < len(first) and not _HAS_A_WORD.search(same):
            # A space that two changes have in common tells nobody anything.
            removed, added = removed + same, added + same
            continue
        pieces += [Piece("removed", removed)] if removed else []
        pieces += [Piece("added", added)] if added else []
        pieces += [Piece("same", same)] if same else []
        removed = added = ""
    pieces += [Piece("removed", removed)] if removed else []
    pieces += [Piece("added", added)] if added else []
    return pieces


def in_common(first: str, second: str, *, least: int) -> list[str]:
    """Passages of at least so many words that are in both texts, in the first one's order."""
    one, other = _cut(first, second)
    passages = ("".join(one[match.first : match.first + match.size]).strip() for match in _matches(one, other))
    return [passage for passage in passages if sum(map(bool, _HAS_A_WORD_OF.findall(passage))) >= least]


def merged(base: str, *, mine: str, theirs: str) -> str | None:
    """The text with both changes; None where they meet, for then only a person can say what is meant.

    Changes with not one word left alone between them do meet.
    """
    texts = _cut(base, mine, theirs)
    whole: list[str] = []
    for before, after in pairwise(_stretches(*texts)):
        whole += texts[0][before.base : before.base + before.size]
        was = texts[0][before.base + before.size : after.base]
        ours = texts[1][before.mine + before.size : after.mine]
        other = texts[2][before.theirs + before.size : after.theirs]
        if ours in (was, other):
            whole += other
        elif other == was:
            whole += ours
        else:
            return None
    return "".join(whole)


def _stretches(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[_Stretch]:
    """What both sides left alone, where it holds a word; the beginning and the end of the text stand around it."""
    found = [_Stretch(0, 0, 0, 0)]
    others = _matches(base, theirs)
    at = 0
    for ours in _matches(base, mine):
        while at < len(others) and others[at].first < ours.first + ours.size:
            other = others[at]
            begins = max(ours.first, other.first)
            ends = min(ours.first + ours.size, other.first + other.size)
            if begins < ends and _tells(base, begins, ends):
                in_mine, in_theirs = ours.second + begins - ours.first, other.second + begins - other.first
                found.append(_Stretch(begins, in_mine, in_theirs, ends - begins))
            if other.first + other.size > ours.first + ours.size:
                break
            at += 1
    found.append(_Stretch(len(base), len(mine), len(theirs), 0))
    return found


def _tells(base: Sequence[str], begins: int, ends: int) -> bool:
    return any(_HAS_A_WORD.search(token) for token in base[begins:ends])


def _cut(*texts: str) -> list[list[str]]:
    """The texts in tokens: words, or lines where words would take too long."""
    tokens = [words(text) for text in texts]
    if all(_pairs(tokens[0], each) <= _MOST_PAIRS for each in tokens[1:]):
        return tokens
    return [text.splitlines(keepends=True) for text in texts]


def _pairs(first: Sequence[str], second: Sequence[str]) -> int:
    """How often a token of one is a token of the other, as far as difflib looks at it, where they differ."""
    begins, ends = _common(first, second)
    counts = Counter(second[begins : len(second) - ends])
    if counts.total() >= _POPULAR_FROM:
        most = counts.total() // 100 + 1
        counts = Counter({token: count for token, count in counts.items() if count <= most})
    return sum(counts[token] for token in first[begins : len(first) - ends])


def _matches(first: Sequence[str], second: Sequence[str]) -> list[_Match]:
    """Equal runs in the order of both texts. What begins or ends alike is found without comparing."""
    begins, ends = _common(first, second)
    found = [_Match(0, 0, begins)] if begins else []
    between = first[begins : len(first) - ends], second[begins : len(second) - ends]
    if _pairs(*between) <= _MOST_PAIRS:
        compared = SequenceMatcher(None, *between)
        found += [_Match(m.a + begins, m.b + begins, m.size) for m in compared.get_matching_blocks() if m.size]
    if ends:
        found.append(_Match(len(first) - ends, len(second) - ends, ends))
    return found


def _common(first: Sequence[str], second: Sequence[str]) -> tuple[int, int]:
    """How many tokens both begin with, and how many of the rest both end with."""
    shorter = min(len(first), len(second))
    begins = _run(shorter, lambda n: first[n] == second[n])
    return begins, _run(shorter - begins, lambda n: first[-1 - n] == second[-1 - n])


def _run(longest: int, holds: Callable[[int], bool]) -> int:
    return next((n for n in range(longest) if not holds(n)), longest)
