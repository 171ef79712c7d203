"""Puts a service's HTTP side together."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI

from shared.http.documentation import document, documentation_routes
from shared.http.edge import Edge
from shared.http.health import Check, health_routes
from shared.http.limiting import RateLimits
from shared.http.rendering import add_problem_handlers
from shared.http.routes import UnlistedAction, all_routes
from shared.identity import Authenticator, PermissionTable
from shared.settings import Settings
from shared.work import Works

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_app(
    service: str,
    *,
    settings: Settings,
    works: Works,
    permissions: PermissionTable,
    routers: Sequence[APIRouter],
    checks: Mapping[str, Check] | None = None,
    lifespan: Lifespan | None = None,
    authenticator: Authenticator | None = None,
    title: str = "",
    version: str = "1",
) -> FastAPI:
    """The app of one service; opens nothing by itself. Raises UnlistedAction if a route is in no permission table.

    `checks` are what `/readyz` runs; `lifespan` starts and stops what the service needs around the app.
    """
    app = FastAPI(
        title=title or f"DataCity {service}",
        version=version,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would be built from the caller's Host header
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.works = works
    app.state.settings = settings
    app.state.authenticator = authenticator or Authenticator(settings)
    app.state.rate_limits = RateLimits(settings.rate_limit_per_minute)
    for router in routers:
        app.include_router(router)
    for route in all_routes(app):
        if route.action is None or route.action not in permissions:
            raise UnlistedAction(f"{route.method} {route.path}", route.action)
    prefix = f"/api/{service}/v1"
    app.router.routes[:0] = [*documentation_routes(app, prefix), *health_routes(checks or {})]
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    add_problem_handlers(app)
    app.add_middleware(Edge, service=service)
    return app
