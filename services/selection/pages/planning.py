"""A round's dates in a form: a wall time for each phase that is to open by itself."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.selection.domain.phases import Phase
from services.selection.models import Jury
from services.selection.pages.forms import Fields, one_of
from shared.errors import FieldError, Invalid

OPENS = "opens."


class NotADate(Invalid):
    slug = "not-a-date"
    message = "Give a date and a time, as the local clock shows them: 2026-12-31T18:00."


def planned_in(fields: Fields) -> Iterator[tuple[Phase, datetime]]:
    """Phases without a date are opened by hand. Raises NotADate."""
    for phase in Phase:
        given = one_of(fields, OPENS + phase)
        if given is None:
            continue
        try:
            local = datetime.fromisoformat(given)
        except ValueError:
            local = None
        if local is None or local.tzinfo is not None or not 2000 <= local.year <= 2200:
            raise NotADate(errors=[FieldError(pointer=f"#/{OPENS}{phase}", detail="not a local date and time")])
        yield phase, local


def wall_times(jury: Jury) -> Mapping[str, str]:
    """The dates of the plan, as `<input type="datetime-local">` has them."""
    return {one["phase"]: one["local"][:16] for one in jury.plan}


def dates_written(given: Fields | None) -> Mapping[str, str]:
    """As they stand in the form that was sent, if it is this one."""
    return {name.removeprefix(OPENS): one_of(given or {}, name) or "" for name in given or {} if name.startswith(OPENS)}
