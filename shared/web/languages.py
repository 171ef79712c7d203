"""The languages that pages come in, and which of them a browser would rather have."""

from typing import Literal, get_args

from starlette.convertors import Convertor, register_url_convertor

Language = Literal["fr", "ar", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

OWN_NAMES: dict[Language, str] = {"fr": "Français", "ar": "العربية", "en": "English"}

LOCALES: dict[Language, str] = {"fr": "fr_MA", "ar": "ar_MA", "en": "en_GB"}
"""Whose numbers and dates: in Morocco Arabic is written with the digits of French, and so is its calendar."""

RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar"})


class _LanguageConvertor(Convertor[str]):
    """Only our languages: so that pages at the root of an origin take nobody else's addresses."""

    regex = "|".join(LANGUAGES)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("language", _LanguageConvertor())


def negotiate(accept_language: str | None) -> Language:
    """The language that the header wants most of those we have; the first of ours if it wants none."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        wanted.append((-_quality(parameters), place, tag.strip().lower().partition("-")[0]))
    for refused, _, name in sorted(wanted):
        if name in LANGUAGES and refused < 0:
            return name
    return LANGUAGES[0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
