"""Who is to sit in a jury, as a form has it: ticked one by one or written one a line, each with a limit of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.selection.pages.forms import Fields, one_of
from shared.errors import FieldError, Invalid

LIMIT = "limit."
MOST_FILES = 10_000
MOST_JURORS = 200


class NotPersonIds(Invalid):
    slug = "not-person-ids"
    message = "Give one juror a line: the person id (a UUID), and a limit of its own if it has one."


class NobodySits(Invalid):
    slug = "nobody-sits"
    message = f"Name at least one juror, and {MOST_JURORS} at most."


class NotLimits(Invalid):
    slug = "not-limits"
    message = "A juror's own limit is a whole number of files, from 0."


@dataclass(frozen=True, kw_only=True)
class Seats:
    """Each juror once, and the limits of those who have their own."""

    jurors: tuple[UUID, ...]
    limits: Mapping[UUID, int]


def seats_in(fields: Fields) -> Seats:
    """Whom nobody ticked has no limit either. Raises NotPersonIds, NobodySits, NotLimits."""
    written = dict(_written("\n".join(fields.get("jurors", ()))))
    ticked = {_person(word): one_of(fields, LIMIT + word) for word in fields.get("seated", ()) if word}
    given = {**written, **{juror: limit or written.get(juror) for juror, limit in ticked.items()}}
    if not 1 <= len(given) <= MOST_JURORS:
        raise NobodySits(errors=[FieldError(pointer="#/jurors", detail=f"{len(given)} jurors")])
    return Seats(
        jurors=tuple(sorted(given)),
        limits={juror: _limit(juror, limit) for juror, limit in sorted(given.items()) if limit is not None},
    )


def limits_written(given: Fields | None) -> Mapping[str, str]:
    """Limits as they stand in the form, by juror."""
    return {name.removeprefix(LIMIT): one_of(given or {}, name) or "" for name in given or {} if name.startswith(LIMIT)}


def _written(text: str) -> list[tuple[UUID, str | None]]:
    """`ID` or `ID LIMIT` a line; several ids in a line have no limits."""
    found: list[tuple[UUID, str | None]] = []
    for line in text.splitlines():
        words = [word for word in re.split(r"[\s,;]+", line) if word]
        if len(words) == 2 and words[1].isdecimal():
            found.append((_person(words[0]), words[1]))
        else:
            found += [(_person(word), None) for word in words]
    return found


def _person(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError:
        raise NotPersonIds(errors=[FieldError(pointer="#/jurors", detail="not a UUID", code="uuid")]) from None


def _limit(juror: UUID, given: str) -> int:
    if not given.isdecimal() or int(given) > MOST_FILES:
        raise NotLimits(errors=[FieldError(pointer=f"#/limits/{juror}", detail="not a number of files")])
    return int(given)
