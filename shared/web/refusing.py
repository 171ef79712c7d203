"""A refusal in the reader's language: by the words for its kind, and by those for itself where a service has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.requests import Request

from shared.errors import DomainError
from shared.web.speech import Speech

if TYPE_CHECKING:
    from shared.web.page import Page

# With these the person can do something, and is told what; the rest is told as "something went wrong".
KINDS = {400: "400", 401: "401", 403: "403", 404: "404", 409: "409", 412: "409", 413: "422", 415: "422", 422: "422",
         428: "409", 429: "429", 503: "503"}  # fmt: skip


def kind_of(status: int) -> str:
    return KINDS.get(status, "500")


def said(speech: Speech, told: Mapping[str, Any]) -> Markup | None:
    """`problem.SLUG`, with the problem's own facts in its places; None where there is no such word."""
    key = f"problem.{str(told.get('type', '')).rpartition('/')[2]}"
    if not speech.has(key):
        return None
    try:
        return speech.t(key, **{name: _fact(speech, value) for name, value in told.items()})
    except KeyError:
        return None


def refusal_said(page: "Page", refusal: DomainError) -> Markup:
    """The same for a page that shows it beside what was refused; in English if there is no other word for it."""
    told = {"type": refusal.slug, **refusal.extra}
    return said(page.speech, told) or Markup('<bdi lang="en" dir="ltr">{}</bdi>').format(refusal.message)


def whence(request: Request, origin: str) -> str | None:
    """The page of ours that one comes from, if the browser says so."""
    try:
        at = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    if f"{at.scheme}://{at.netloc}" != origin or not at.path.startswith("/"):
        return None
    return at.path + (f"?{at.query}" if at.query else "")


def _fact(speech: Speech, value: object) -> object:
    match value:
        case datetime():
            return speech.moment(value)
        case {"local": str(local), "zone": str(zone)}:
            return f"{speech.wall(datetime.fromisoformat(local))} ({zone})"
        case str() if (instant := _instant(value)) is not None:
            return speech.moment(instant)
        case int() | float():
            return speech.number(value)
        case _:
            return value


def _instant(text: str) -> datetime | None:
    if "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
