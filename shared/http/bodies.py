"""What requests and answers are made of: strict bodies, safe text, and views."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Overrides and isolates reorder what a reader sees; marks (LRM, RLM, ALM) are ordinary in Arabic text and stay.
_BIDI_OVERRIDES = "\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_UNSAFE = re.compile(f"[{_CONTROL}{_BIDI_OVERRIDES}{_INVISIBLE}]")
_UNSAFE_IN_A_LINE = re.compile(f"[\t\n\r\u2028\u2029{_CONTROL}{_BIDI_OVERRIDES}{_INVISIBLE}]")


def is_safe(text: str, *, multiline: bool = False) -> bool:
    """False for control characters, invisible tags and those that reorder what a reader sees."""
    return not (_UNSAFE if multiline else _UNSAFE_IN_A_LINE).search(text)


def _refuse_unsafe_line(text: str) -> str:
    if not is_safe(text):
        raise PydanticCustomError(
            "unsafe_characters",
            "Control characters, line breaks and characters that change the direction of text are not allowed here",
        )
    return text


def _refuse_unsafe_text(text: str) -> str:
    if not is_safe(text, multiline=True):
        raise PydanticCustomError(
            "unsafe_characters",
            "Control characters and characters that change the direction of text are not allowed here",
        )
    return text


SafeText = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_refuse_unsafe_line)]
"""One line without control or direction-changing characters, of any length: add your own limits."""

ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_refuse_unsafe_line),
]
"""One line of 1 to 200 characters, such as a title."""

LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    AfterValidator(_refuse_unsafe_text),
]
"""Paragraphs of 1 to 20,000 characters; line breaks and tabs are welcome."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
"""A name for addresses: lower-case letters, digits and single hyphens."""


class Body(BaseModel):
    """A request's body: unknown fields are refused, text is stripped, and JSON is read strictly ("1" is no number)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, allow_inf_nan=False)


class View(BaseModel):
    """An answer's body. Never a table: say field by field what is shown."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
