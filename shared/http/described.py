"""What OpenAPI says of a route that the route itself does not: security, the kit's headers, and its refusals."""

from typing import TYPE_CHECKING, Any

from shared import errors
from shared.errors import DomainError
from shared.http.conditional import if_match
from shared.http.problem import MEDIA_TYPE

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant

    from shared.http.routes import ActionRoute

BEARER = "bearer"
KEY_PATTERN = "^[\\x21-\\x7e]{1,255}$"
PROBLEM_SCHEMA = "#/components/schemas/Problem"

_ALWAYS: tuple[type[DomainError], ...] = (
    errors.BadRequest,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.NotFound,
    errors.Conflict,
    errors.Invalid,
    errors.TooMany,
    errors.Unavailable,
)
_WHEN_CHANGING: tuple[type[DomainError], ...] = (errors.StaleVersion, errors.TooLarge, errors.UnsupportedMedia)

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any unique text, such as a UUID: the same request sent again with it gets the same answer, once.",
    "schema": {"type": "string", "pattern": KEY_PATTERN, "minLength": 1, "maxLength": 255},
}


def describe(route: "ActionRoute") -> None:
    """Add to a route's OpenAPI all that the gate before it does and answers."""
    changes = not (route.methods or set()) <= {"GET", "HEAD", "OPTIONS"}
    refusals = [*_ALWAYS, *(_WHEN_CHANGING if changes else ())]
    if _depends_on_if_match(route.dependant):
        refusals.append(errors.PreconditionRequired)
    route.responses = {**{refusal.status: _refusal(refusal) for refusal in refusals}, **route.responses}

    extra: dict[str, Any] = {**(route.openapi_extra or {})}
    extra["security"] = [{BEARER: []}]
    if route.table.is_public(route.doing.action):
        extra["security"].append({})
    extra["x-roles"] = sorted(route.table.roles_for(route.doing.action))
    if is_idempotent(route):
        extra["parameters"] = [*extra.get("parameters", []), _IDEMPOTENCY_KEY]
    if route.doing.accepts:
        content = {media: {"schema": {"type": "string", "format": "binary"}} for media in route.doing.accepts}
        extra["requestBody"] = {"required": True, "content": content}
    route.openapi_extra = extra


def is_idempotent(route: "ActionRoute") -> bool:
    """Whether the gate answers a repeated Idempotency-Key with the stored answer."""
    return "POST" in (route.methods or ()) and route.doing.transaction


def _refusal(error: type[DomainError]) -> dict[str, Any]:
    return {"description": error.short_title(), "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA}}}}


def _depends_on_if_match(dependant: "Dependant") -> bool:
    return any(d.call is if_match or _depends_on_if_match(d) for d in dependant.dependencies)
