"""How pages call events and facts: in the reader's language where there is a word, by their own name where not."""

from markupsafe import Markup

from shared.web import Page

_BEFORE, _AFTER = "io.datacity.", ".v1"


def event_key(type_: str) -> str:
    return "event." + type_.removeprefix(_BEFORE).removesuffix(_AFTER)


def event_name(page: Page, type_: str) -> Markup:
    """`Application submitted`; a type of a later version is shown as it is."""
    key = event_key(type_)
    return page.speech.t(key) if page.speech.has(key) else Markup('<bdi dir="ltr">{}</bdi>').format(type_)


def fact_name(page: Page, name: str) -> Markup:
    key = f"fact.{name}"
    return page.speech.t(key) if page.speech.has(key) else Markup('<code dir="ltr">{}</code>').format(name)


def service_of(source: str) -> str:
    return source.rpartition("/")[2]


def short(id_: str) -> str:
    """The end of an id, which is its random part; whole ids are shown where they are read."""
    return f"…{id_[-8:]}" if len(id_) > 12 else id_
