"""Answers every kind of failure with a problem document."""

from typing import cast

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from shared import errors
from shared.errors import DomainError
from shared.http.faults import MalformedJson, as_refusal, validation_refusal
from shared.http.lingering import LINGER
from shared.http.problem import problem_response
from shared.http.receiving import BODY_READ, DoesNotFit, NotJson

log = structlog.get_logger("shared.http")

_KINDS: dict[int, type[DomainError]] = {
    kind.status: kind
    for kind in (
        errors.BadRequest,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.StaleVersion,
        errors.TooLarge,
        errors.UnsupportedMedia,
        errors.Invalid,
        errors.PreconditionRequired,
        errors.TooMany,
        errors.Unavailable,
    )
}


class Accident(DomainError):
    status = 500
    slug = "internal-error"
    message = "Something broke on our side. Try again, and quote the trace id if it happens once more."


class NoSuchAddress(errors.NotFound):
    slug = "no-such-address"
    message = "Nothing is served at this address. See the API's documentation for those that are."


class MethodNotAllowed(DomainError):
    status = 405
    slug = "method-not-allowed"
    message = "This address does not answer that method. The Allow header names those it does."


class UnreadableBody(errors.BadRequest):
    slug = "unreadable-body"
    message = "The body can't be read. Check that it is well-formed and that Content-Type describes it."


def answer_for(request: Request, error: Exception) -> Response:
    """The problem document for whatever was raised; of an accident the caller learns nothing but the trace id."""
    refusal = as_refusal(error)
    if refusal is None:
        _log_accident(error)
        return refuse(request, Accident())
    if not isinstance(error, DomainError):
        state = getattr(getattr(error, "orig", None), "sqlstate", None)  # not the message: it may quote what was sent
        log.warning("request_met_a_fault", fault=type(error).__name__, sqlstate=state, answered=refusal.slug)
    return refuse(request, refusal)


def refuse(request: Request, refusal: DomainError, *, headers: dict[str, str] | None = None) -> Response:
    """The problem document for a refusal."""
    headers = dict(headers or {})
    if isinstance(refusal, errors.Unauthenticated):
        headers["WWW-Authenticate"] = _challenge(refusal)
    if _body_is_on_its_way(request):
        headers["Connection"] = "close"  # else what is left of the body would be read as the next request
        request.scope[LINGER] = "expect" not in request.headers  # who waits for a word before sending sends nothing
    return problem_response(
        refusal,
        instance=request.scope["path"],
        trace_id=request.scope.get("datacity.trace_id", ""),
        headers=headers,
    )


def add_problem_handlers(app: FastAPI) -> None:
    """For what Starlette and FastAPI answer themselves; everything else is raised as far as the edge."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _http(request: Request, error: Exception) -> Response:
    error = cast("HTTPException", error)
    if error.status_code == 405:
        return refuse(request, MethodNotAllowed(), headers={"Allow": ", ".join(_allowed(request))})
    if error.status_code == 404:
        return refuse(request, NoSuchAddress())
    if isinstance(error, DoesNotFit):
        return refuse(request, validation_refusal(error.errors))
    if isinstance(error, NotJson):
        return refuse(request, MalformedJson())
    if error.status_code == 400:
        return refuse(request, UnreadableBody())
    kind = _KINDS.get(error.status_code, Accident if error.status_code >= 500 else errors.BadRequest)
    return refuse(request, kind(), headers=dict(error.headers or {}))


async def _validation(request: Request, error: Exception) -> Response:
    return refuse(request, validation_refusal(cast("RequestValidationError", error).errors()))


def _allowed(request: Request) -> list[str]:
    """Every method of the address: Starlette names only those of the first route that has it."""
    path = request.scope["path"]
    methods: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        if context.path and context.methods and compile_path(context.path)[0].match(path):
            methods |= context.methods
    return sorted(methods)


def _challenge(refusal: errors.Unauthenticated) -> str:
    given = refusal.slug != errors.Unauthenticated.slug
    return f'Bearer error="invalid_token", error_description="{refusal.slug}"' if given else "Bearer"


def _body_is_on_its_way(request: Request) -> bool:
    if request.scope.get(BODY_READ):
        return False
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _log_accident(error: Exception) -> None:
    if isinstance(error, ResponseValidationError):  # its text holds the whole answer
        places = [{"loc": list(e["loc"]), "type": e["type"]} for e in error.errors()]
        log.error("answer_does_not_fit_its_view", places=places)
        return
    log.error("request_failed", error=type(error).__name__, exc_info=error)
