"""How a value is written: exactly in JSON Lines, and in CSV as a spreadsheet shows it without running it."""

import base64
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

# What makes a spreadsheet take a cell for a formula, or hide that it does (OWASP, "CSV Injection"); the wide forms too,
# as some programs fold them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def guarded(text: str) -> str:
    """Text that no spreadsheet runs: behind an apostrophe if it begins as a formula does, at once or after spaces."""
    begins = text.lstrip(" \u00a0\ufeff")
    return f"'{text}" if begins.startswith(_FORMULA) or text.startswith("'") else text


def unguarded(text: str) -> str:
    """The text that was guarded."""
    return text.removeprefix("'")


def as_json(value: Any) -> Any:
    """The value as JSON has it: instants as ISO 8601, bytes as base64."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case UUID() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case list() | tuple():
            return [as_json(each) for each in value]
        case dict():
            return {name: as_json(each) for name, each in value.items()}
        case _:
            message = f"a {type(value).__name__} can't be exported"
            raise TypeError(message)


def as_cell(value: Any) -> str:
    """The value in one cell; nothing for NULL. A number stays a number, everything else is guarded text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case list() | dict() | tuple():
            return guarded(json.dumps(as_json(value), ensure_ascii=False))
        case _:
            return guarded(str(as_json(value)))
