"""Routes that name the action they are: no action in the permission table, no route."""

import re
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response

from shared.http.described import describe
from shared.http.health import KitRoute
from shared.identity import PermissionTable

if TYPE_CHECKING:
    from shared.http.gate import Gate

JSON_LIMIT = 2**20
"""How many bytes a body may have unless its route says otherwise."""

_MARK = "x-action"
_CONVERTOR = re.compile(r":\w+}")


@dataclass(frozen=True, kw_only=True)
class Doing:
    """What a route does, and how it wants its requests treated."""

    action: str
    transaction: bool = True
    body_limit: int = JSON_LIMIT
    accepts: tuple[str, ...] = ()
    limited: bool = True
    streams: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    at_once: int | None = None


class UnlistedAction(Exception):
    """A route that the permission table does not know: it would be open to nobody, or worse, to anybody."""

    def __init__(self, where: str, action: str | None) -> None:
        lacks = f"its action {action!r} is not in the permission table" if action else "it names no action"
        super().__init__(f"{where}: {lacks}. Add a rule for it, and **does('its_action') to the route.")


def does(
    action: str,
    *,
    transaction: bool = True,
    body_limit: int = JSON_LIMIT,
    accepts: Sequence[str] = (),
    limited: bool = True,
    streams: bool = False,
    headers: Mapping[str, str] | None = None,
    at_once: int | None = None,
    openapi_extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The keyword arguments that make a route of `service_router` one of the table's actions.

        @router.post("/juries", status_code=201, **does("appoint_jury"))

    - `transaction=False`: the route opens its Works itself (`works: WorksDep`); for streams, files and SSE.
    - `body_limit`: bytes accepted before 413; 1 MiB unless said otherwise.
    - `accepts`: media types of a raw body that the route reads itself from the Request.
    - `limited=False`: asking often is not held against the caller; for public files that never change.
    - `streams=True`: the route reads the body from the Request as it comes in, and bounds it itself; with
      `transaction=False`.
    - `at_once`: no more requests of the route than these hold a connection of the database; the others wait for their
      turn with their body received. For what takes long, so that what is quick never waits for it.
    - `headers`: what every answer of the route says, refusals included.
    """
    doing = Doing(
        action=action,
        transaction=transaction,
        body_limit=body_limit,
        accepts=tuple(accepts),
        limited=limited,
        streams=streams,
        headers=tuple((headers or {}).items()),
        at_once=at_once,
    )
    return {"openapi_extra": {**(openapi_extra or {}), _MARK: doing}}


def service_router(prefix: str, *, permissions: PermissionTable, tags: list[str] | None = None) -> APIRouter:
    """A router whose every route is authenticated, authorised by role, bounded and wrapped in a transaction."""

    class TableRoute(ActionRoute):
        table = permissions

    return APIRouter(prefix=prefix, route_class=TableRoute, tags=[*(tags or [])])


class ActionRoute(APIRoute):
    """A route of a permission table; `service_router` makes one class of them per table."""

    table: PermissionTable
    doing: Doing

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        extra = dict(options.pop("openapi_extra", None) or {})
        doing = extra.pop(_MARK, None)
        where = f"{'/'.join(sorted(options.get('methods') or ['GET']))} {path}"
        if not isinstance(doing, Doing):
            raise UnlistedAction(where, None)
        if doing.action not in self.table:
            raise UnlistedAction(where, doing.action)
        self.doing = doing
        super().__init__(path, endpoint, openapi_extra={**extra, _MARK: doing.action}, **options)
        describe(self)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.gate()(self, super().get_route_handler()).handle

    @classmethod
    def gate(cls) -> "type[Gate]":
        """What stands before the route."""
        from shared.http.gate import Gate  # the gate needs this module's Doing

        return Gate


class RouteAction(NamedTuple):
    """One thing that can be asked of an app."""

    method: str
    path: str
    action: str | None
    """None for a route that is in no permission table: `create_app` refuses to start with one."""


def all_routes(app: FastAPI) -> Iterator[RouteAction]:
    """Every method and path of an app with its action, for tests generated from the permission table."""
    for context in iter_route_contexts(app.routes):
        original = context.original_route
        if isinstance(original, KitRoute):
            continue
        action = original.doing.action if isinstance(original, ActionRoute) else None
        for method in sorted(context.methods or {"*"}):
            yield RouteAction(method, _CONVERTOR.sub("}", context.path or str(original)), action)
