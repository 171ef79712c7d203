"""What of an import can't be done, line by line, and within which bounds."""

from collections.abc import Sequence
from enum import StrEnum

from shared.errors import Conflict, FieldError, Invalid

MOST_LINES = 50
MOST_BYTES = 2 * 2**20


class Outcome(StrEnum):
    """What became of a line."""

    DRAFTED = "drafted"
    SAVED = "saved"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Unreadable(Invalid):
    slug = "import-unreadable"

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(
            f"Line {line} {detail}, so nothing was imported. Correct it and send the file again.",
            errors=[FieldError(pointer=f"line/{line}", detail=detail, code="unreadable")],
            line=line,
        )


class TooManyLines(Invalid):
    slug = "too-many-lines"
    message = f"An import takes {MOST_LINES} lines at most. Send the rest as another."


class RepeatedLine(Conflict):
    slug = "repeated-line"

    def __init__(self, line: int) -> None:
        super().__init__(f"This line is about the same application as line {line}. Keep one of them.", line=line)


class NeitherNorTeam(Invalid):
    slug = "which-application"
    message = "Name the draft by `application_id`; or `team_id` and `call_id` to begin one."


def require_few(lines: Sequence[object]) -> None:
    if len(lines) > MOST_LINES:
        raise TooManyLines
