"""Signing in at the issuer and out again: authorization code with PKCE, and tokens that never reach the browser."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, cast
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from shared.errors import BadRequest, NotFound, Unauthenticated, Unavailable
from shared.http.dependencies import WorksDep
from shared.http.routes import does
from shared.identity import ANYONE, Authenticator, PermissionTable
from shared.web import sessions
from shared.web.gate import page_router
from shared.web.languages import Language
from shared.web.page import FORM, PageDep
from shared.web.provider import CodeRefused, Given
from shared.web.sessions import SignIn
from shared.web.site import Site

log = structlog.get_logger(__name__)

ENTER = "enter_pages"
"""The action of arriving, signing in and signing out: the table gives it to anyone."""

Text = Annotated[str | None, Query(max_length=4096)]


class SignInFailed(BadRequest):
    slug = "sign-in-failed"
    message = "Signing in did not come to an end: it took too long, was begun elsewhere, or was refused. Try again."


@dataclass(frozen=True, kw_only=True)
class ForPages:
    """Identity tokens are made out to the client that asked, where access tokens are made out to the services."""

    issuer: str
    audience: str
    issuer_discovery_url: str | None = None


def sign_in_router(prefix: str, *, permissions: PermissionTable, home: str) -> APIRouter:
    """The ways in and out of a site's pages; `home` is the page, under a language, where one arrives.

    Without a `home` the page at the language itself is it, and the service has that page.
    """
    router = page_router(prefix, permissions=permissions)
    below = f"/{home}" if home else ""

    @router.get("" if prefix else "/", **does(ENTER, transaction=False))
    async def arrive(request: Request) -> Response:
        page = _site(request).page(request)
        return RedirectResponse(f"{page.root}{below}", status_code=303, headers={"Vary": "Accept-Language"})

    @router.get("/sign-in", **does(ENTER, transaction=False))
    async def sign_in(request: Request, works: WorksDep, return_to: Text = None) -> Response:
        site = _site(request)
        state, nonce, verifier = (sessions.new_secret() for _ in range(3))
        address = await site.provider.address(
            redirect_uri=site.redirect_uri, state=state, nonce=nonce, verifier=verifier
        )
        begun = SignIn(verifier=verifier, nonce=nonce, return_to=own_place(return_to, prefix))
        async with works.begin() as work:
            browser = await sessions.begin_sign_in(
                await work.session.connection(), state=state, sign_in=begun, now=work.now
            )
        answer = RedirectResponse(address, status_code=303)
        site.sign_in_cookie.write(answer, browser, seconds=sessions.SIGN_IN_SECONDS)
        return answer

    @router.get("/sign-in/callback", **does(ENTER, transaction=False))
    async def come_back(request: Request, works: WorksDep, state: Text = None, code: Text = None) -> Response:
        site = _site(request)
        async with works.begin() as work:
            begun = await sessions.take_sign_in(
                await work.session.connection(), site.sign_in_cookie.read(request), state=state or "", now=work.now
            )
        if begun is None or not code:
            raise SignInFailed
        try:
            given = await site.provider.exchange(code, redirect_uri=site.redirect_uri, verifier=begun.verifier)
            person_id = await _who_came(request, given, begun)
        except (CodeRefused, Unauthenticated) as refused:
            raise SignInFailed from refused
        async with works.begin() as work:
            database = await work.session.connection()
            if before := site.cookie.read(request):
                await sessions.close_session(database, before)
            id_ = await sessions.open_session(
                database,
                given.tokens,
                person_id=person_id,
                expires_at=given.expires_at,
                ends_at=work.now + timedelta(seconds=site.session_seconds),
            )
        answer = RedirectResponse(begun.return_to, status_code=303)
        site.cookie.write(answer, id_, seconds=site.session_seconds)
        site.sign_in_cookie.clear(answer)
        log.info("signed_in", person_id=person_id)
        return answer

    @router.post("/sign-out", **does(ENTER, transaction=False, accepts=[FORM]))
    async def sign_out(request: Request, works: WorksDep) -> Response:
        site = _site(request)
        if id_ := site.cookie.read(request):
            async with works.begin() as work:
                await sessions.close_session(await work.session.connection(), id_)
        page = site.page(request)
        page.actor = ANYONE
        answer = page.show("signed_out.html", at_issuer=await _end_session(site))
        site.cookie.clear(answer)
        return answer

    @router.get("/{language}/signed-in", **does(ENTER, transaction=False))
    async def be_signed_in(page: PageDep) -> Response:
        return page.show("signed_in.html")

    if home:

        @router.get("/{language}", **does(ENTER, transaction=False))
        async def arrive_in(language: Language) -> Response:
            return RedirectResponse(f"{prefix}/{language}{below}", status_code=303)

    return router


def lost_router(prefix: str, *, permissions: PermissionTable) -> APIRouter:
    """Whatever else is asked for below the prefix, or at the root below a language: it comes last."""
    router = page_router(prefix, permissions=permissions)

    @router.get("/{lost:path}" if prefix else "/{language}/{lost:path}", **does(ENTER, transaction=False))
    async def lose_the_way(request: Request, lost: str) -> Response:
        if lost:
            raise NotFound
        return RedirectResponse(request.url.path.rstrip("/"), status_code=303)

    return router


def own_place(wanted: str | None, prefix: str) -> str:
    """Where to go on after signing in: within the same pages, whatever the address said."""
    home = prefix or "/"
    try:
        at = urlsplit(wanted or "")
    except ValueError:
        return home
    inside = at.path == prefix or at.path.startswith(f"{prefix}/")
    # Two slashes begin another host's name, three as well to a browser.
    plain = wanted is not None and wanted.isprintable() and "\\" not in wanted and not wanted.startswith("//")
    return wanted if wanted and plain and inside and not at.scheme and not at.netloc else home


async def _who_came(request: Request, given: Given, begun: SignIn) -> str:
    """The person of the access token; of the identity token too, which must answer to this very sign-in."""
    authenticator: Authenticator = request.app.state.authenticator
    actor = await authenticator.actor_of(given.tokens.access)
    if given.identity is not None:
        ours = ForPages(issuer=authenticator.issuer, audience=_site(request).provider.client_id)
        identified = await Authenticator(ours, keys=authenticator.keys).actor_of(given.identity)
        if identified.person_id != actor.person_id or _claims(given.identity).get("nonce") != begun.nonce:
            raise SignInFailed
    return actor.person_id


def _claims(verified: str) -> dict[str, Any]:
    body = verified.split(".")[1]
    try:
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return claims


async def _end_session(site: Site) -> str | None:
    """Where the issuer itself can be left too, if it has such a place."""
    try:
        endpoints = await site.provider.endpoints()
    except Unavailable:
        return None
    if endpoints.end_session is None:
        return None
    query = urlencode({"client_id": site.provider.client_id, "post_logout_redirect_uri": site.origin + site.prefix})
    return f"{endpoints.end_session}?{query}"


def _site(request: Request) -> Site:
    return cast("Site", request.app.state.site)
