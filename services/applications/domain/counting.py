"""How long a text is, in words and in characters, for whoever reads it in French, Arabic or English."""

import re
import unicodedata

_WORD = re.compile(r"\w+(?:['’.·\-‐‑]\w+|(?<=\d)[,;٫٬](?=\d)\w+)*")
"""Letters and digits, joined as by Unicode's word boundaries (UAX #29), and by hyphens, as word processors have it."""

_ZERO_WIDTH_SPACE = "\u200b"


def words(text: str) -> int:
    """As UAX #29 has it: neither vowel marks nor tatweel nor joiners nor direction marks part an Arabic word."""
    return len(_WORD.findall(_without_marks(text.replace(_ZERO_WIDTH_SPACE, " "))))


def characters(text: str) -> int:
    """As people see them: a letter with its marks is one, a line break is one, what is invisible is none."""
    return len(_without_marks(unicodedata.normalize("NFC", text.replace("\r\n", "\n"))))


def _without_marks(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each) not in {"Mn", "Mc", "Me", "Cf"})
