"""What pages call challenges, criteria and people: in the reader's language where there is a word."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from markupsafe import Markup

from services.selection.domain.criteria import Criterion
from shared.web import Page


def short(id_: UUID | str) -> str:
    """The end of an id, which is its random part."""
    return f"…{str(id_)[-8:]}"


def titled(page: Page, title: Mapping[str, str]) -> str:
    """In the page's language, else in French, else as there is."""
    return title.get(page.language) or title.get("fr") or next(iter(title.values()), "")


def criterion_name(page: Page, criterion: Criterion) -> str:
    """As its rubric has it, else as its staff spelled it."""
    return titled(page, criterion.rubric.title) or criterion.key.replace("_", " ")


def described(page: Page, criterion: Criterion) -> Mapping[str, Any]:
    """A criterion with what it asks, and what some of its scores mean."""
    return {
        "key": criterion.key,
        "weight": criterion.weight,
        "name": criterion_name(page, criterion),
        "asks": titled(page, criterion.rubric.asks),
        "anchors": [(score, titled(page, words)) for score, words in sorted(criterion.rubric.anchors.items())],
    }


def person(id_: UUID) -> Markup:
    """Selection knows no names: an id's end tells people apart."""
    return Markup('<code class="person" dir="ltr" title="{}">{}</code>').format(id_, short(id_))


def size(page: Page, octets: int) -> str:
    """A file's size as one says it: 1.2 MB, in the units that the language has."""
    unit, many = ("kilobyte", octets / 1000) if octets < 1_000_000 else ("megabyte", octets / 1_000_000)
    rounded = round(many, 1) if many < 10 else round(many)
    return page.speech.amount(rounded, f"digital-{unit}")
