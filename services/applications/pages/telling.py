"""How pages say what is stored: words that come in several languages, names of organisations, deadlines."""

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from shared.clock import Deadline
from shared.web import LANGUAGES, Page


def told(page: Page, words: Mapping[str, str]) -> Markup:
    """In the reader's language if it was given in it, else in the first there is, and marked as what it is."""
    language = (
        page.language if words.get(page.language) else next((each for each in LANGUAGES if words.get(each)), None)
    )
    if language is None:
        return Markup("")
    direction = "rtl" if language == "ar" else "ltr"
    return Markup('<span lang="{}" dir="{}">{}</span>').format(language, direction, words[language])


def plainly(page: Page, words: Mapping[str, str]) -> str:
    """The same for where no markup may be."""
    return next((words[each] for each in (page.language, *LANGUAGES) if words.get(each)), "")


def organisation(name: str) -> Markup:
    """`inwi` as people write it; what is not only small letters is written as it came."""
    return Markup("<bdi>{}</bdi>").format(name.capitalize() if name.islower() else name)


def when(page: Page, deadline: Deadline) -> Markup:
    """A deadline as it was decided, on the wall of its zone, and in UTC beside it."""
    utc = deadline.instant.isoformat().replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time> <small class="zone">{}</small>').format(
        utc, page.speech.wall(deadline.local), there(page, deadline)
    )


def there(page: Page, deadline: Deadline) -> Markup:
    """Where that wall is, and what it is in UTC."""
    utc = page.speech.in_utc(deadline.instant, beside=deadline.local)
    return page.speech.t("time.zones", zone=deadline.zone, utc=utc)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "told": told,
    "plainly": plainly,
    "organisation": organisation,
    "when": when,
}
