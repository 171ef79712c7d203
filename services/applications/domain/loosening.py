"""How a form may still change once its call is open: other words, or less asked; nobody is asked for more."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.applications.domain.forms import Field, Form, Limit
from shared.clock import Deadline, in_words
from shared.errors import Conflict, FieldError


class FormTightened(Conflict):
    slug = "form-tightened"

    def __init__(self, errors: Sequence[FieldError], *, opened: Deadline, now: datetime) -> None:
        super().__init__(
            f"This call opened at {in_words(opened)}, and people answer its form as it stands. Words may still change, "
            "and less may be asked: take back what `errors` points at.",
            errors=errors,
            now=now,
        )


class FormTooLate(Conflict):
    slug = "form-too-late"

    def __init__(self, *, opened: Deadline, now: datetime) -> None:
        super().__init__(
            f"This call opened at {in_words(opened)} without a form, and people answer freely. It can't have one now; "
            "announce the next call with its form.",
            now=now,
        )


class FormSettled(Conflict):
    slug = "form-settled"
    message = "This call is over: its form stays as it was answered."


def require_loosened(before: Form, after: Form, *, opened: Deadline, now: datetime) -> None:
    """Raises FormTightened, which names all that is asked beyond what was."""
    if tightened := list(_tightened(before, after)):
        raise FormTightened(tightened, opened=opened, now=now)


def _tightened(before: Form, after: Form) -> Iterator[FieldError]:
    for n, section in enumerate(after.sections):
        for m, field in enumerate(section.fields):
            at, earlier = f"#/sections/{n}/fields/{m}", before.field(field.id)
            yield from _new(at, field) if earlier is None else _changed(at, earlier, field)
    for field in before.fields:
        if after.field(field.id) is None:
            yield _error("#/sections", f"lacks the field {field.id}: what people answered would vanish", "vanished")


def _new(at: str, field: Field) -> Iterator[FieldError]:
    if field.required:
        yield _error(f"{at}/required", "a new field can't be required", "tightened")
    if field.national_id:
        yield _error(f"{at}/national_id", "a new field can't ask for this", "tightened")


def _changed(at: str, before: Field, after: Field) -> Iterator[FieldError]:
    for name in ("kind", "only_if", "national_id"):
        if getattr(before, name) != getattr(after, name):
            yield _error(f"{at}/{name}", "stays as it was", "changed")
    if after.required and (not before.required or _comes_earlier(before.required_from, after.required_from)):
        yield _error(f"{at}/required", "can't be required, or from an earlier time than before", "tightened")
    if after.frozen_after and (not before.frozen_after or _comes_earlier(before.frozen_after, after.frozen_after)):
        yield _error(f"{at}/frozen_after", "can't come, or earlier than before", "tightened")
    if after.limit and _is_stricter(before.limit, after.limit):
        yield _error(f"{at}/limit", "can't be stricter than before", "tightened")
    for sort in sorted(set(before.accepts) - set(after.accepts)):
        yield _error(f"{at}/accepts", f"lacks {sort.value}, which people may have attached", "vanished")
    for id_ in sorted(set(before.values) - set(after.values)):
        yield _error(f"{at}/options", f"lacks {id_}, which people may have chosen", "vanished")


def _comes_earlier(before: Deadline | None, after: Deadline | None) -> bool:
    """No time at all means from the beginning."""
    return before is not None and (after is None or after.instant < before.instant)


def _is_stricter(before: Limit | None, after: Limit) -> bool:
    if before is None or before.unit is not after.unit:
        return True
    return after.most < before.most or after.least > before.least


def _error(pointer: str, detail: str, code: str) -> FieldError:
    return FieldError(pointer=pointer, detail=detail, code=code)
