"""What in a text might tell who wrote it: found by a machine as far as a machine can, for a person to judge.

Names are found without being held: of each word of a name only a fingerprint is kept, and it is compared with those of
the text's words. What only people know of each other ("as I told you at the fair") no machine finds; some turns of
phrase that often go with it are pointed at.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

SHORTEST = 3
"""Letters of a word that is looked for: shorter ones are in every sentence."""


class Hint(StrEnum):
    NAME = "name"
    """A word of the name of a juror, or of the staff."""
    MAIL = "mail"
    PHONE = "phone"
    LINK = "link"
    """An address on the web, or a handle."""
    ID = "id"
    """An id as this platform gives them."""
    SPEAKER = "speaker"
    """The writer speaks of itself, its house, or of having met."""
    OTHERS = "others"
    """Other jurors, or what the jury said among itself."""


@dataclass(frozen=True, order=True, kw_only=True)
class Found:
    """Something between two places of a text (counted in characters from 0) that may tell who wrote it."""

    start: int
    end: int
    hint: Hint


PATTERNS: Mapping[Hint, str] = {
    Hint.MAIL: r"[\w.+-]+@[\w-]+(\.[\w-]+)+",
    Hint.PHONE: r"(?<![\w-])[+(]?\d(?:[\s./()-]{0,2}\d){8,}(?![\w-])",
    Hint.LINK: r"https?://\S+|\bwww\.\S+|(?<![\w.])@\w{3,}",
    Hint.ID: r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    Hint.SPEAKER: "|".join(
        (
            r"\b(?:my|our) (?:company|firm|lab|startup|team|students?|university|colleagues?|employer|clients?)\b",
            r"\bas I (?:told|said|wrote|mentioned)\b",
            r"\bwhen (?:we|you and I) (?:met|spoke|talked)\b",
            r"\bI work (?:at|for)\b",
            r"\b(?:mon|ma|mes|notre|nos) (?:entreprise|société|labo(?:ratoire)?|startup|équipe|étudiants?|école)\b",
            r"\b(?:mon|ma|mes|notre|nos) (?:université|collègues?|employeur|clients?)\b",
            r"\bcomme je (?:vous |te )?l\W(?:ai|avais) (?:dit|écrit|expliqué)\b",
            r"\bcomme je (?:vous|t)\W?(?:ai|avais)? ?(?:ai|avais)? (?:dit|écrit|expliqué)\b",
            r"\bje travaille (?:chez|pour)\b",
            r"\blors de (?:notre|nos) (?:rencontre|entretien|échange|discussion)s?\b",
            r"شركتي|شركتنا|مختبري|مختبرنا|جامعتي|جامعتنا|زملائي|طلابي",
            r"كما قلت لك|كما أخبرتكم|حين التقينا|عندما التقينا|أشتغل في|أعمل في شركة",
        )
    ),
    Hint.OTHERS: "|".join(
        (
            r"\b(?:other|another|fellow) (?:jurors?|reviewers?)\b",
            r"\bthe (?:rest of the )?jury (?:said|thought|voted)\b",
            r"\b(?:autres? jurés?|co-?jurés?|mes collègues jurés)\b",
            r"\ble jury a (?:dit|voté|pensé)\b",
            r"عضو آخر في اللجنة|أعضاء اللجنة الآخرون|باقي أعضاء اللجنة",
        )
    ),
}
_COMPILED = {hint: re.compile(pattern, re.IGNORECASE) for hint, pattern in PATTERNS.items()}
# Letters with the marks that stand on them, as Arabic is vowelled and some systems write accents apart.
_WORD = re.compile(rf"(?:[^\W\d_][\u0300-\u036f\u064b-\u065f\u0670]*){{{SHORTEST},}}")


def prints_of(person_id: UUID, name: str) -> list[str]:
    """Fingerprints of the words of somebody's name: they say whether a word is one of them, and not what they are."""
    return sorted({_print(person_id, word) for word, _, _ in _words(name)})


def leaks_in(text: str, *, prints: Mapping[UUID, Collection[str]]) -> list[Found]:
    """Where it might tell who wrote it, in the order of the text; `prints` are of those whom it must not name."""
    found = {
        Found(start=match.start(), end=match.end(), hint=hint)
        for hint, pattern in _COMPILED.items()
        for match in pattern.finditer(text)
    }
    ids = [one for one in found if one.hint is Hint.ID]
    found -= {one for one in found for id_ in ids if one.hint is Hint.PHONE and id_.start <= one.start < id_.end}
    known = {person: frozenset(words) for person, words in prints.items()}
    for word, start, end in _words(text):
        if any(_print(person, word) in words for person, words in known.items()):
            found.add(Found(start=start, end=end, hint=Hint.NAME))
    return sorted(found)


def _print(person_id: UUID, word: str) -> str:
    return hashlib.sha256(f"{person_id}\n{word}".encode()).hexdigest()


def _words(text: str) -> Iterable[tuple[str, int, int]]:
    """Each word as it is compared, without case and accents, and where it stands."""
    for match in _WORD.finditer(text):
        plain = unicodedata.normalize("NFKD", match.group().casefold())
        yield "".join(letter for letter in plain if not unicodedata.combining(letter)), match.start(), match.end()
