"""What pages say in one language: words from tables, and numbers, dates and plurals as that language has them."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from markupsafe import Markup, escape

from shared.web.languages import LANGUAGES, LOCALES, RIGHT_TO_LEFT, Language

Entry = str | Mapping[str, str]
"""A word, or its forms by the plural categories of the language (`one`, `few`, `other`, …)."""


UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})


class UnknownWord(KeyError):
    """A page asks for a word that no table has: the tests of the tables find it first."""


class Words:
    """The tables of some folders, each with a file per language; a later folder adds to the earlier ones."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.by_language: dict[Language, dict[str, Entry]] = {language: {} for language in LANGUAGES}
        for folder in folders:
            for language in LANGUAGES:
                self.by_language[language] |= flat(tomllib.loads((folder / f"{language}.toml").read_text()))

    def in_language(self, language: Language, *, zone: ZoneInfo | None = None) -> "Speech":
        return Speech(language, self.by_language[language], zone or ZoneInfo("UTC"))


def flat(table: Mapping[str, Any], before: str = "") -> dict[str, Entry]:
    """`{"event": {"title": "…"}}` as `{"event.title": "…"}`; a table of plural forms is one word."""
    found: dict[str, Entry] = {}
    for name, value in table.items():
        if isinstance(value, str) or FORMS.issuperset(value):
            found[before + name] = value
        else:
            found |= flat(value, f"{before}{name}.")
    return found


class Speech:
    """One language, one zone."""

    def __init__(self, language: Language, words: Mapping[str, Entry], zone: ZoneInfo) -> None:
        self.language = language
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self.zone = zone
        self._words = words
        self._locale = _locale(LOCALES[language])
        self._comma = "،" if self.direction == "rtl" else ","

    def t(self, key: str, **values: object) -> Markup:
        """The word; what is put into its places is escaped, and kept from turning its surroundings round."""
        entry = self._words.get(key)
        if not isinstance(entry, str):
            raise UnknownWord(key)
        return _filled(entry, values)

    def plain(self, key: str, **values: object) -> str:
        """The same for where no markup may be: titles and attributes."""
        entry = self._words.get(key)
        if not isinstance(entry, str):
            raise UnknownWord(key)
        return entry.format_map(values) if values else entry

    def n(self, key: str, count: int, **values: object) -> Markup:
        """The word in the form that goes with a count."""
        forms = self._words.get(key)
        if forms is None or isinstance(forms, str):
            raise UnknownWord(key)
        form = forms.get(self._locale.plural_form(count), forms["other"])
        return _filled(form, {"count": self.number(count), **values})

    def has(self, key: str) -> bool:
        return key in self._words

    def number(self, value: float | Decimal) -> str:
        return format_decimal(value, locale=self._locale)

    def percent(self, share: float) -> str:
        return format_percent(share, locale=self._locale)

    def moment(self, instant: datetime, *, seconds: bool = True) -> Markup:
        """An instant as the zone's clocks show it; the element itself, and its title, say it in UTC."""
        there = instant.astimezone(self.zone)
        shown = f"{format_date(there, 'd MMM y', locale=self._locale)} {self._clock(there, seconds=seconds)}"
        return self._time(instant, shown)

    def clock(self, instant: datetime) -> str:
        """The hour and minute in the zone, for what happened just now."""
        return self._clock(instant.astimezone(self.zone), seconds=False)

    def wall(self, local: datetime) -> str:
        """A time as a wall's clock shows it, with the day of the week: Sunday, 28 February 2027, 23:59."""
        day = format_date(local, "EEEE d MMMM y", locale=self._locale)
        return f"{day}{self._comma} {self._clock(local, seconds=local.second > 0)}"

    def in_utc(self, instant: datetime, *, beside: datetime) -> str:
        """The clock in UTC, with the day only if it is another than that of the wall time beside it."""
        there = instant.astimezone(UTC)
        day = "" if there.date() == beside.date() else f"{format_date(there, 'd MMM y', locale=self._locale)} "
        return f"{day}{self._clock(there, seconds=there.second > 0)} UTC"

    def day(self, day: date) -> str:
        return format_date(day, "d MMM y", locale=self._locale)

    def short_day(self, day: date) -> str:
        return format_date(day, "d MMM", locale=self._locale)

    def duration(self, seconds: float) -> str:
        """In one unit: 3 minutes; 2 days."""
        if seconds < 1:
            return str(self.t("kit.under_a_second"))
        unit, size = next(((name, size) for name, size in UNITS if seconds >= size), UNITS[-1])
        return format_unit(round(seconds / size), f"duration-{unit}", length="long", locale=self._locale)

    def amount(self, value: float, unit: str) -> str:
        """With its unit, by CLDR's name for that: `digital-megabyte`."""
        return format_unit(value, unit, length="short", locale=self._locale)

    def zone_name(self, instant: datetime) -> str:
        """`Africa/Casablanca (UTC+00:00)`, as it is at that instant."""
        offset = format_datetime(instant.astimezone(self.zone), "xxx", locale=_locale("en"))
        return "UTC" if self.zone.key == "UTC" else f"{self.zone.key} (UTC{offset})"

    def _clock(self, there: datetime, *, seconds: bool) -> str:
        return format_time(there, "HH:mm:ss" if seconds else "HH:mm", locale=self._locale)

    def _time(self, instant: datetime, shown: str) -> Markup:
        utc = instant.astimezone(UTC)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            utc.isoformat().replace("+00:00", "Z"), f"{utc:%Y-%m-%d %H:%M:%S} UTC", shown
        )


@lru_cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def _filled(text: str, values: Mapping[str, object]) -> Markup:
    safe = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
    return Markup(escape(text).format_map(safe)) if values else escape(text)  # noqa: S704  every part was escaped
