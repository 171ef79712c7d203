"""What stands before a page: a session or a token, the same table of permissions, and refusals that people can read."""

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.errors import DomainError as Refusal
from shared.errors import Forbidden, Unauthenticated
from shared.http.edge import CSP
from shared.http.faults import validation_refusal
from shared.http.gate import Gate
from shared.http.receiving import ReceivedBody
from shared.http.rendering import answer_for
from shared.http.routes import ActionRoute
from shared.identity import ANYONE, Actor, PermissionTable
from shared.web.page import FORM, PAGE_CSP, read_fields

if TYPE_CHECKING:
    from shared.web.site import Site

TOKEN = "datacity.token"  # noqa: S105  the name of a place in the scope

MOST_KEPT = 500
"""Fields of a form that is given back."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignForm(Forbidden):
    slug = "foreign-form"
    message = "This was not sent from one of our own pages, so nothing was done. Open the page here and send it again."


def page_router(prefix: str, *, permissions: PermissionTable) -> APIRouter:
    """As `service_router`, for pages: they are actions of the table too, and no part of the API's documentation."""

    class TableRoute(PageRoute):
        table = permissions

    return APIRouter(prefix=prefix, route_class=TableRoute)


class PageRoute(ActionRoute):
    """A page; of an app to which a Site was attached. `{language}` in its path is one of ours."""

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        of_ours = path.replace("{language}", "{language:language}")
        super().__init__(of_ours, endpoint, **{**options, "include_in_schema": False})

    @classmethod
    def gate(cls) -> type[Gate]:
        return PageGate


class PageGate(Gate):
    """Whoever asks for HTML is answered in HTML; programs, which don't, get problems as anywhere else."""

    async def handle(self, request: Request) -> Response:
        request.scope[CSP] = PAGE_CSP
        try:
            return await super().handle(request)
        except Exception as fault:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            if isinstance(fault, Unauthenticated) and (kept := await self._kept(request)):
                return kept
            return self._refusal(request, fault)

    async def _kept(self, request: Request) -> Response | None:
        """Whoever was signed out while writing gets the words back, to send them again: they are stored nowhere."""
        if request.method in _SAFE or request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
            return None
        try:
            _refuse_foreign(request)
            body = await ReceivedBody.of(request, limit=self.doing.body_limit)
        except Refusal:
            return None
        try:
            fields = read_fields(await body.request(request, None).body(), most=MOST_KEPT)
        except Refusal:
            return None
        finally:
            body.close()
        return _site(request).kept(request, fields)

    async def _who(self, request: Request) -> Actor:
        if request.headers.getlist("authorization"):
            actor = await super()._who(request)
            request.scope[TOKEN] = request.headers["authorization"].partition(" ")[2].strip()
            return actor
        signed_in = await _site(request).who(request)
        if signed_in is None:
            return ANYONE
        if request.method not in _SAFE:
            _refuse_foreign(request)
        request.scope[TOKEN] = signed_in.token
        return signed_in.actor

    def _refusal(self, request: Request, fault: Exception) -> Response:
        site = _site(request)
        if isinstance(fault, Unauthenticated) and request.method in _SAFE:
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{site.prefix}/sign-in?return_to={quote(here, safe='')}", status_code=303)
        known = validation_refusal(fault.errors()) if isinstance(fault, RequestValidationError) else fault
        return site.refusal(request, answer_for(request, known))


def token_of(request: Request) -> str | None:
    """The access token of whoever asks, to ask other services in the same person's name."""
    return cast("str | None", request.scope.get(TOKEN))


def _site(request: Request) -> "Site":
    return cast("Site", request.app.state.site)


def _refuse_foreign(request: Request) -> None:
    """A form of another site comes with the browser's cookie too, and the browser says whose form it is."""
    whence = request.headers.get("sec-fetch-site")
    from_here = request.headers.get("origin") == _site(request).origin  # for browsers of before 2023
    if not (from_here if whence is None else whence == "same-origin"):
        raise ForeignForm
