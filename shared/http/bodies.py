"""What requests and answers are made of: strict bodies, safe text, and views."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

# Overrides and isolates reorder what a reader sees; marks (LRM, RLM, ALM) are ordinary in Arabic text and stay.
# Written such that Python, Rust and ECMAScript read the same, as OpenAPI shows it; the tags have no common escape.
_NEVER = (
    r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
_NOT_IN_A_LINE = _NEVER + r"\t\n\r\u2028\u2029"
_BREAK = re.compile(r"\r\n|[\r\v\f]")
_UNSAFE = re.compile(f"[{_NEVER}]")
_UNSAFE_IN_A_LINE = re.compile(f"[{_NOT_IN_A_LINE}]")


def is_safe(text: str, *, multiline: bool = False) -> bool:
    """False for control characters, invisible tags and those that reorder what a reader sees."""
    return not (_UNSAFE if multiline else _UNSAFE_IN_A_LINE).search(text)


def made_safe(text: str, *, multiline: bool = False) -> str:
    """The same text without what is not safe, for where refusing it would lose what somebody wrote."""
    lines = _UNSAFE.sub("", _BREAK.sub("\n", text))
    return lines if multiline else _UNSAFE_IN_A_LINE.sub(" ", lines)


def _as_safe(multiline: bool) -> BeforeValidator:
    return BeforeValidator(lambda given: made_safe(given, multiline=multiline) if isinstance(given, str) else given)


@dataclass(frozen=True)
class Safe:
    """Beside `str` in an Annotated: refuses text that is not safe, and says so in the JSON schema."""

    multiline: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._refuse_unsafe, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        never = _NEVER if self.multiline else _NOT_IN_A_LINE
        described = handler(schema)
        blank = described.get("minLength", 0) == 0  # counted after stripping, so white space alone is too short
        pattern = f"^[^{never}]*$" if blank else rf"^[^{never}]*[^\s{never}][^{never}]*$"
        return {"pattern": pattern, **described}  # a narrower pattern of the field's own is the one to show

    def _refuse_unsafe(self, text: str) -> str:
        if not is_safe(text, multiline=self.multiline):
            breaks = "" if self.multiline else ", line breaks"
            raise PydanticCustomError(
                "unsafe_characters",
                "Control characters{breaks} and characters that change the direction of text are not allowed here",
                {"breaks": breaks},
            )
        return text


SafeText = Annotated[str, StringConstraints(strip_whitespace=True), Safe()]
"""One line without control or direction-changing characters, of any length: add your own limits.

With a pattern, write `Annotated[str, StringConstraints(strip_whitespace=True, pattern=…), Safe()]` instead: pydantic
shows a pattern in the JSON schema only beside `str` itself.
"""

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Safe()]
"""One line of 1 to 200 characters, such as a title."""

LongText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), Safe(multiline=True)
]
"""Paragraphs of 1 to 20,000 characters; line breaks and tabs are welcome."""

DraftLine = Annotated[str, _as_safe(multiline=False), StringConstraints(strip_whitespace=True, max_length=1_000)]
"""A line that is being written: what is not safe is left out instead of refused; longer than one may be in the end."""

DraftText = Annotated[str, _as_safe(multiline=True), StringConstraints(strip_whitespace=True, max_length=100_000)]
"""Paragraphs that are being written, by the same rule."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
"""A name for addresses: lower-case letters, digits and single hyphens."""


def _whole(given: object) -> object:
    return int(given) if isinstance(given, float) and given.is_integer() else given


WHOLE_AS_JSON_HAS_IT = BeforeValidator(_whole)
"""After an integer's limits, `Annotated[int, Field(ge=1), WHOLE_AS_JSON_HAS_IT]`: in JSON 3.0 is an integer too."""


class Body(BaseModel):
    """A request's body: unknown fields are refused, text is stripped, and JSON is read strictly ("1" is no number)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, allow_inf_nan=False)


class View(BaseModel):
    """An answer's body. Never a table: say field by field what is shown."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
