"""One service's pages as a whole: their words, templates, files, and who is signed in to them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared import clock
from shared.errors import Unauthenticated
from shared.http.edge import CSP
from shared.identity import Actor, IssuerAway, PermissionTable
from shared.settings import Settings
from shared.web import refusing, sessions
from shared.web.assets import Assets
from shared.web.cookies import cookie_named
from shared.web.languages import LANGUAGES, Language, negotiate
from shared.web.page import PAGE_CSP, Page, external
from shared.web.provider import CodeRefused, Provider
from shared.web.sessions import Session
from shared.web.speech import Words

log = structlog.get_logger(__name__)

HERE = Path(__file__).parent
RENEW_BEFORE = timedelta(seconds=30)

WORDS = 20
"""So many characters in a field are somebody's words, and shown."""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who holds the session, and the token that says so."""

    actor: Actor
    token: str


class Site:
    """Made once, in the service's `main`; opens nothing by itself."""

    def __init__(
        self,
        service: str,
        *,
        prefix: str,
        folder: Path,
        settings: Settings,
        permissions: PermissionTable,
        navigation: Mapping[str, str],
        provider: Provider | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        offers_sign_in: bool = False,
    ) -> None:
        """`navigation` is the pages' addresses and the actions that open them; `functions` are for templates.

        With `offers_sign_in` pages that anyone reads have a way to sign in at their head.
        """
        self.prefix = prefix
        self.permissions = permissions
        self.navigation = navigation
        self.offers_sign_in = offers_sign_in
        self.origin = (settings.pages_url or settings.public_url).rstrip("/")
        self._origins = settings.pages_origins
        self.session_seconds = int(settings.session_hours * 3600)
        self.words = Words([HERE / "words", folder / "words"])
        self.assets = Assets(prefix, [HERE / "static", folder / "static"])
        self.templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder / "templates"), FileSystemLoader(HERE / "templates")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters["external"] = external
        self.templates.globals |= functions or {}
        self.provider = provider or Provider(settings)
        self.cookie = cookie_named(service, settings=settings, origin=self.origin)
        self.sign_in_cookie = cookie_named(f"{service}-sign-in", settings=settings, origin=self.origin)

    @property
    def redirect_uri(self) -> str:
        return f"{self.origin}{self.prefix}/sign-in/callback"

    def elsewhere(self, service: str, path: str) -> str:
        """The address of another service's page, for a link."""
        return self._origins.get(service, "").rstrip("/") + path

    def attach(self, app: FastAPI) -> None:
        """Let the app's pages find the site, and serve its files."""
        app.state.site = self
        app.router.routes.insert(0, self.assets.route())
        if not self.prefix:
            self._answer_the_lost(app)

    def _answer_the_lost(self, app: FastAPI) -> None:
        """At the root of an origin people come to addresses that nothing has: they are told so on a page."""
        as_problem: Any = app.exception_handlers[HTTPException]

        async def answer(request: Request, error: Exception) -> Response:
            problem: Response = await as_problem(request, error)
            reads = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
            if problem.status_code != 404 or not reads:
                return problem
            request.scope[CSP] = PAGE_CSP
            return self.refusal(request, problem)

        app.add_exception_handler(HTTPException, answer)

    def page(self, request: Request, language: Language | None = None) -> Page:
        """A page in that language; else in the one of its address, else in the one that the browser wants."""
        found = language or self._language_of(request.url.path) or negotiate(request.headers.get("accept-language"))
        return Page(self, request, self.words.in_language(found))

    def refusal(self, request: Request, problem: Response) -> Response:
        """The page that says what the problem says."""
        told = json.loads(bytes(problem.body))
        status = problem.status_code
        page = self.page(request)
        shown = page.show(
            "refusal.html",
            status=status,
            place=page.root if request.method not in {"GET", "HEAD"} else None,
            kind=refusing.kind_of(status),
            told=told,
            said=refusing.said(page.speech, told),
            back=refusing.whence(request, self.origin) if request.method not in {"GET", "HEAD"} else None,
        )
        for name, value in problem.headers.items():
            if name.lower() not in {"content-type", "content-length"}:
                shown.headers[name] = value
        return shown

    def kept(self, request: Request, fields: Sequence[tuple[str, str]]) -> Response:
        """The page of a form that came after the session's end: its words, to be sent again once signed in."""
        page = self.page(request)
        back = quote(f"{page.root}/signed-in", safe="/")
        return page.show(
            "kept.html",
            status=401,
            languages=[],
            action=request.url.path,
            fields=fields,
            words=[value for _, value in fields if len(value) >= WORDS],
            sign_in=f"{self.prefix}/sign-in?return_to={back}",
        )

    async def who(self, request: Request) -> SignedIn | None:
        """Who is signed in with this browser; None if nobody, or no longer. Raises IssuerAway."""
        id_ = self.cookie.read(request)
        if not id_:
            return None
        now = clock.now()
        async with request.app.state.works.begin(read_only=True) as work:
            session = await sessions.find_session(await work.session.connection(), id_, now=now)
        if session is not None and session.expires_at - now < RENEW_BEFORE:
            session = await self._renewed(request, id_)
        if session is None:
            return None
        try:
            actor = await request.app.state.authenticator.actor_of(session.tokens.access)
        except Unauthenticated:
            return None
        return SignedIn(actor=actor, token=session.tokens.access)

    async def _renewed(self, request: Request, id_: str) -> Session | None:
        """The session with fresh tokens. One request asks the issuer, those beside it wait for what it got."""
        now = clock.now()
        async with request.app.state.works.begin() as work:
            database = await work.session.connection()
            session = await sessions.find_session(database, id_, now=now, for_update=True)
            if session is None or session.expires_at - now >= RENEW_BEFORE:
                return session
            valid = session if session.expires_at > now else None
            if session.tokens.refresh is None:
                return valid
            try:
                given = await self.provider.refresh(session.tokens)
            except CodeRefused:
                log.info("session_not_renewed")
                await sessions.close_session(database, id_)
                return None
            except IssuerAway:
                if valid is None:
                    raise
                return valid
            await sessions.renew_session(database, id_, given.tokens, expires_at=given.expires_at)
        return Session(tokens=given.tokens, expires_at=given.expires_at, ends_at=session.ends_at)

    def _language_of(self, path: str) -> Language | None:
        first = path.removeprefix(f"{self.prefix}/").partition("/")[0]
        return next((each for each in LANGUAGES if each == first), None)
