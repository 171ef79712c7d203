"""Is the process alive, can it work, and how is it doing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

log = structlog.get_logger("shared.http")

Check = Callable[[], Awaitable[object]]
"""Returns when all is well, raises when not."""

_PATIENCE = 3.0


class KitRoute(Route):
    """A route of the kit itself: it is in no permission table and needs none."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        if match is not Match.NONE:
            child_scope["route"] = self
        return match, child_scope


def health_routes(checks: Mapping[str, Check]) -> list[KitRoute]:
    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        results = await asyncio.gather(*(_run(name, check) for name, check in checks.items()))
        ready = all(result == "ok" for result in results)
        state = {"status": "ready" if ready else "not ready", "checks": dict(zip(checks, results, strict=True))}
        return JSONResponse(state, status_code=200 if ready else 503, headers={} if ready else {"Retry-After": "5"})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [
        KitRoute("/healthz", healthz, include_in_schema=False),
        KitRoute("/readyz", readyz, include_in_schema=False),
        KitRoute("/metrics", metrics, include_in_schema=False),
    ]


async def _run(name: str, check: Check) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await check()
    except Exception as error:
        log.warning("not_ready", check=name, error=type(error).__name__, exc_info=error)
        return f"failed: {type(error).__name__}"  # the message may hold addresses and passwords
    return "ok"
