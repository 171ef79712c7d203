"""What pages call challenges, criteria and people: in the reader's language where there is a word."""

from collections.abc import Mapping
from uuid import UUID

from markupsafe import Markup

from shared.web import Page


def short(id_: UUID | str) -> str:
    """The end of an id, which is its random part."""
    return f"…{str(id_)[-8:]}"


def titled(page: Page, title: Mapping[str, str]) -> str:
    """In the page's language, else in French, else as there is."""
    return title.get(page.language) or title.get("fr") or next(iter(title.values()), "")


def criterion_name(page: Page, key: str) -> str:
    """One of Paris's five, or a jury's own as its staff spelled it."""
    word = f"criterion.{key}"
    return page.speech.plain(word) if page.speech.has(word) else key.replace("_", " ")


def person(id_: UUID) -> Markup:
    """Selection knows no names: an id's end tells people apart."""
    return Markup('<code class="person" dir="ltr" title="{}">{}</code>').format(id_, short(id_))


def size(page: Page, octets: int) -> str:
    """A file's size as one says it: 1.2 MB, in the units that the language has."""
    unit, many = ("kilobyte", octets / 1000) if octets < 1_000_000 else ("megabyte", octets / 1_000_000)
    rounded = round(many, 1) if many < 10 else round(many)
    return page.speech.amount(rounded, f"digital-{unit}")
