"""One page for one person in one language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from fastapi import Depends, Path
from markupsafe import Markup
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared import clock
from shared.errors import BadRequest
from shared.http.dependencies import ACTOR
from shared.http.faults import validation_refusal
from shared.identity import ANYONE, Actor
from shared.web.languages import LANGUAGES, OWN_NAMES, Language
from shared.web.speech import Speech

if TYPE_CHECKING:
    from shared.web.site import Site

FORM = "application/x-www-form-urlencoded"
PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_MOST_FIELDS = 20
Form = TypeVar("Form", bound=BaseModel)


class UnreadableForm(BadRequest):
    slug = "unreadable-form"
    message = "The form can't be read. Open the page again and send it once more."


@dataclass(frozen=True, kw_only=True)
class Link:
    """Where a page leads to, and whether one is there already."""

    url: str
    key: str
    current: bool


class Page:
    """What templates know without being told; routes add what they show."""

    def __init__(self, site: "Site", request: Request, speech: Speech) -> None:
        self.site = site
        self.request = request
        self.speech = speech
        self.actor = cast("Actor", request.scope.get(ACTOR, ANYONE))

    @property
    def language(self) -> Language:
        return self.speech.language

    @property
    def root(self) -> str:
        """The address under which this language's pages are."""
        return f"{self.site.prefix}/{self.language}"

    def in_zone(self, zone: ZoneInfo) -> "Page":
        """The same page, with the times of another zone."""
        page = Page(self.site, self.request, self.site.words.in_language(self.language, zone=zone))
        page.actor = self.actor
        return page

    def show(
        self, template: str, *, status: int = 200, place: str | None = None, keep: int = 0, **shown: Any
    ) -> Response:
        """The page. `place` is its address if it answers a form, which can't be linked to.

        What anyone may read may be kept for `keep` seconds; nobody's own page ever is.
        """
        html = self.site.templates.get_template(template).render(self._context(place), **shown)
        headers = {"Referrer-Policy": "same-origin"}
        if keep and self.actor.is_anonymous:
            headers |= {"Cache-Control": f"public, max-age={keep}", "Vary": "Cookie"}
        return HTMLResponse(html, status_code=status, headers=headers)

    def part(self, template: str, **shown: Any) -> str:
        """A piece of a page."""
        return self.site.templates.get_template(template).render(self._context(None), **shown)

    def navigation(self) -> Sequence[Link]:
        """The pages that this person may open."""
        path = self.request.url.path
        return [
            Link(url=f"{self.root}/{key}", key=key, current=path.startswith(f"{self.root}/{key}"))
            for key, action in self.site.navigation.items()
            if self.site.permissions.decide(self.actor, action)
        ]

    def _context(self, place: str | None) -> dict[str, Any]:
        speech = self.speech
        return {
            "page": self,
            "root": self.root,
            "asset": self.site.assets.url,
            "signed_in": not self.actor.is_anonymous,
            "roles": sorted(self.actor.roles),
            "languages": [(each, OWN_NAMES[each], self._in_language(each, place)) for each in LANGUAGES],
            "navigation": self.navigation(),
            "sign_in": self._sign_in(place),
            "speech": speech,
            "now": clock.now(),
            "t": speech.t,
            "n": speech.n,
            "plain": speech.plain,
        }

    def _sign_in(self, place: str | None) -> str:
        """Where to sign in, and be back here afterwards."""
        url = self.request.url
        here = place or (url.path + (f"?{url.query}" if url.query else ""))
        return f"{self.site.prefix}/sign-in?return_to={quote(here, safe='/')}"

    def _in_language(self, language: Language, place: str | None) -> str:
        """This place in another language."""
        url = self.request.url
        path, query = (place, "") if place else (url.path, url.query)
        before = f"{self.root}/"
        if not path.startswith(before):
            return f"{self.site.prefix}/{language}"
        return f"{self.site.prefix}/{language}/{path.removeprefix(before)}" + (f"?{query}" if query else "")


async def _page(request: Request, language: Annotated[Language, Path()]) -> Page:
    site = cast("Site", request.app.state.site)
    return site.page(request, language)


PageDep = Annotated[Page, Depends(_page)]
"""In the signature of a route under `/{language}/`."""


async def fields_of(request: Request, *, most: int = _MOST_FIELDS) -> list[tuple[str, str]]:
    """The form's fields as they came, those left empty too; a browser's line ends are told as one character."""
    return read_fields(await request.body(), most=most)


def read_fields(body: bytes, *, most: int) -> list[tuple[str, str]]:
    """Raises UnreadableForm."""
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise UnreadableForm from None
    return [(name, value.replace("\r\n", "\n")) for name, value in fields]


async def form_of(request: Request, kind: type[Form]) -> Form:
    """What was filled in; what was left empty is as if it were not there."""
    fields = await fields_of(request)
    try:
        return kind.model_validate({name: value for name, value in fields if value})
    except ValidationError as error:
        raise validation_refusal(error.errors(include_url=False, include_input=False)) from None


def external(text: str) -> Markup:
    """Words that are English whatever the page's language, such as an API's refusals."""
    return Markup('<bdi lang="en" dir="ltr">{}</bdi>').format(text)
