"""Who is to sit in a jury, as a form has it: ticked, or written one a line with a limit and a name of its own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.selection.pages.forms import Fields, one_of
from shared.errors import FieldError, Invalid

LIMIT = "limit."
MOST_FILES = 10_000
MOST_JURORS = 200
LONGEST_NAME = 200


class NotPersonIds(Invalid):
    slug = "not-person-ids"
    message = "Give one juror a line: the person id (a UUID), and if you like a limit of its own and its name."


class NobodySits(Invalid):
    slug = "nobody-sits"
    message = f"Name at least one juror, and {MOST_JURORS} at most."


class NotLimits(Invalid):
    slug = "not-limits"
    message = "A juror's own limit is a whole number of files, from 0."


@dataclass(frozen=True, kw_only=True)
class Seats:
    """Each juror once, the limits of those who have their own, and how minutes are to call those who were named."""

    jurors: tuple[UUID, ...]
    limits: Mapping[UUID, int]
    names: Mapping[UUID, str]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A line."""

    juror: UUID
    limit: str | None = None
    name: str | None = None


def seats_in(fields: Fields) -> Seats:
    """Whom nobody ticked has no limit either. Raises NotPersonIds, NobodySits, NotLimits."""
    written = list(_written("\n".join(fields.get("jurors", ()))))
    ticked = {_person(word): one_of(fields, LIMIT + word) for word in fields.get("seated", ()) if word}
    limits = {**{each.juror: each.limit for each in written}, **ticked}
    if not 1 <= len(limits) <= MOST_JURORS:
        raise NobodySits(errors=[FieldError(pointer="#/jurors", detail=f"{len(limits)} jurors")])
    return Seats(
        jurors=tuple(sorted(limits)),
        limits={juror: _limit(juror, limit) for juror, limit in sorted(limits.items()) if limit is not None},
        names={each.juror: _name(each.juror, each.name) for each in written if each.name},
    )


def limits_written(given: Fields | None) -> Mapping[str, str]:
    """Limits as they stand in the form, by juror."""
    return {name.removeprefix(LIMIT): one_of(given or {}, name) or "" for name in given or {} if name.startswith(LIMIT)}


def _written(text: str) -> Iterator[Written]:
    """`ID`, `ID LIMIT`, `ID NAME` or `ID LIMIT NAME` a line; several ids in a line have neither."""
    for line in text.splitlines():
        first, _, rest = line.strip().replace("\t", " ").partition(" ")
        words = [word for word in re.split(r"[\s,;]+", rest) if word]
        if first and words and not all(_is_person(word) for word in words):
            limit = words.pop(0) if words[0].isdecimal() else None
            yield Written(juror=_person(first.rstrip(",;")), limit=limit, name=" ".join(words) or None)
        else:
            yield from (Written(juror=_person(word)) for word in re.split(r"[\s,;]+", line) if word)


def _is_person(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True


def _name(juror: UUID, name: str) -> str:
    if len(name) > LONGEST_NAME:
        detail = f"{LONGEST_NAME} characters at most"
        raise NotPersonIds(errors=[FieldError(pointer=f"#/names/{juror}", detail=detail, code="too_long")])
    return name


def _person(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError:
        raise NotPersonIds(errors=[FieldError(pointer="#/jurors", detail="not a UUID", code="uuid")]) from None


def _limit(juror: UUID, given: str) -> int:
    if not given.isdecimal() or int(given) > MOST_FILES:
        raise NotLimits(errors=[FieldError(pointer=f"#/limits/{juror}", detail="not a number of files")])
    return int(given)
