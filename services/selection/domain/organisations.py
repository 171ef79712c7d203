"""When two names mean the same organisation: by a registration number if both state one, else by their bare words."""

import re
import unicodedata
from dataclasses import dataclass

LEGAL_FORMS = frozenset(
    {
        "sa",
        "sas",
        "sasu",
        "sarl",
        "sarlau",
        "snc",
        "gie",
        "scop",
        "eurl",
        "ei",
        "ste",
        "societe",
        "company",
        "co",
        "inc",
        "llc",
        "ltd",
        "limited",
        "plc",
        "gmbh",
        "ag",
        "bv",
        "nv",
        "srl",
        "spa",
        "groupe",
        "group",
        "holding",
        "شركه",
        "ش",
        "مجموعه",
    }
)
"""Words that say how an organisation is made, and not which one it is."""

_ALIKE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None})
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Organisation:
    """An organisation as somebody named it."""

    key: str
    registration: str | None = None

    def is_same_as(self, other: "Organisation") -> bool:
        if self.registration and other.registration:
            return self.registration == other.registration
        return self.key == other.key


def key_of(name: str) -> str:
    """A name without case, accents, punctuation and legal form. A name of such words alone keeps them."""
    plain = unicodedata.normalize("NFKD", name.casefold()).translate(_ALIKE)
    plain = "".join(each for each in plain if not unicodedata.combining(each)).replace("'", "").replace("’", "")
    # S.A.R.L. is a word too.
    plain = re.sub(r"\b(\w)\.(?=\w\b)", r"\1", plain)
    words = _WORDS.findall(plain.translate(_ALIKE))
    return " ".join([word for word in words if word not in LEGAL_FORMS] or words)


def registration_of(text: str | None) -> str | None:
    """A registration number without the spaces and dashes that people put into it."""
    bare = re.sub(r"[\s.\-/]", "", text or "").upper()
    return bare or None
