"""An event's facts as a table that people can read: names for fields, links for what has a page, times as times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from services.notifications.pages.naming import fact_name
from services.notifications.pages.sight import PEOPLE, Sight, is_id
from shared.events import EVENTS
from shared.web import Page

_EXACT = Markup('<code dir="ltr">{}</code>')
_LONGEST_LIST = 200


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A line of the table."""

    name: Markup
    value: Markup


def facts_of(page: Page, facts: Any, sight: Sight, *, type_: str) -> list[Fact]:
    """In the order in which the event's class names them, which the database does not keep; the rest after them."""
    if not isinstance(facts, dict):
        return []
    known = [name for name in (EVENTS[type_].model_fields if type_ in EVENTS else ()) if name in facts]
    names = [*known, *(name for name in facts if name not in known)]
    return [Fact(name=fact_name(page, name), value=_value(page, name, facts[name], sight)) for name in names]


def person(page: Page, person_id: str, sight: Sight) -> Markup:
    """The name, where it may be seen, and always the id, which is what the log holds."""
    link = Markup('<a href="{}/events?actor={}">{}</a>').format(page.root, person_id, _EXACT.format(person_id))
    name = sight.name(person_id)
    return Markup("<bdi>{}</bdi> {}").format(name, link) if name else link


def _value(page: Page, name: str, value: Any, sight: Sight) -> Markup:
    match value:
        case None:
            return page.speech.t("fact_none")
        case bool():
            return page.speech.t("fact_yes" if value else "fact_no")
        case int() | float():
            return Markup("<bdi>{}</bdi>").format(page.speech.number(value))
        case str():
            return _text(page, name, value, sight)
        case list():
            return _list(Markup("<li>{}</li>").format(_value(page, name, each, sight)) for each in value)
        case dict():
            return _pairs(page, value, sight)
        case _:
            return _EXACT.format(str(value))


def _text(page: Page, name: str, value: str, sight: Sight) -> Markup:
    if name in PEOPLE and is_id(value):
        return person(page, value, sight)
    if name in {"application_id", "application_ids"} and is_id(value):
        return Markup('<a href="{}/files/{}">{}</a>').format(page.root, value, _EXACT.format(value))
    if (instant := _instant(value)) is not None:
        return page.speech.moment(instant)
    if is_id(value) or name.endswith(("_digest", "fingerprint")) or name in {"about_type", "types", "topic", "method"}:
        return _EXACT.format(value)
    return Markup("<bdi>{}</bdi>").format(value)


def _pairs(page: Page, value: Mapping[str, Any], sight: Sight) -> Markup:
    return _list(
        Markup("<li>{}: {}</li>").format(_key(page, name), _value(page, name, each, sight))
        for name, each in value.items()
    )


def _key(page: Page, name: str) -> Markup:
    return _EXACT.format(name) if is_id(name) else fact_name(page, name)


def _list(items: Iterator[Markup]) -> Markup:
    shown = [each for each, _ in zip(items, range(_LONGEST_LIST), strict=False)]
    return Markup('<ul class="plain">{}</ul>').format(Markup().join(shown))


def _instant(text: str) -> datetime | None:
    """Only a whole instant: a day alone is a day, wherever one is."""
    if "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
