"""A partner's endpoint: takes webhooks on a local port, verifies their signatures, and remembers each."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class _QuietServer(uvicorn.Server):
    """Leaves Ctrl-C to the demonstration, which it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Receiver:
    """Answers 204 to what it can verify, 401 to the rest; as Standard Webhooks asks, it knows a repeat by its id."""

    def __init__(self, *, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = 0
        self.secrets: dict[str, str] = {}
        self.verified: dict[str, dict[str, Any]] = {}
        self.arrivals: Counter[str] = Counter()
        self.refused = 0

    def url(self, partner: str) -> str:
        """Where that partner's deliveries go; `host` is this machine's name as the platform sees it."""
        return f"http://{self.host}:{self.port}/{partner}"

    async def take(self, request: Request) -> Response:
        secret = self.secrets.get(request.path_params["partner"])
        body = await request.body()
        if secret is None:
            # The subscription's answer, which carries the secret, has not come back to us yet.
            return Response(status_code=503)
        try:
            message = Webhook(secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return Response(status_code=401)
        self.arrivals[request.headers["webhook-id"]] += 1
        self.verified[request.headers["webhook-id"]] = {"partner": request.path_params["partner"], **message}
        return Response(status_code=204)

    @asynccontextmanager
    async def listening(self, *, bind: str = "127.0.0.1") -> AsyncIterator["Receiver"]:
        """Listen on a free port for the length of a block."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind((bind, 0))
        self.port = listener.getsockname()[1]
        app = Starlette(routes=[Route("/{partner}", self.take, methods=["POST"])])
        server = _QuietServer(uvicorn.Config(app, log_level="error", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield self
        finally:
            server.should_exit = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task, 5)
