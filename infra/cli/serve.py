"""`serve SERVICE`: one service alone, as its API, as its worker, or as both."""

import os
from enum import StrEnum
from typing import Annotated

import typer


class Role(StrEnum):
    ALL = "all"
    API = "api"
    WORKER = "worker"


def add_to(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    service: Annotated[str, typer.Argument(help="applications, selection, incubation or notifications.")],
    role: Annotated[
        Role, typer.Option(help="`api` answers requests, `worker` relays and consumes events (and tells its health).")
    ] = Role.ALL,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Run one service with the DATACITY_ settings of the environment, until SIGTERM."""
    import zoneinfo
    from importlib import import_module

    # Only the packaged time zones count: many a system's own still put Casablanca an hour off.
    os.environ["PYTHONTZPATH"] = ""
    zoneinfo.reset_tzpath(to=[])

    import uvicorn

    from infra.cli.settings import read_settings
    from infra.installed import available_services
    from infra.local.problems import LocalProblem
    from shared.logging import configure_logging

    installed = available_services()
    if service not in installed:
        message = f"Name one of {', '.join(installed) or '(no service is installed)'}: there is no service {service}."
        raise LocalProblem(message)
    settings = read_settings()
    configure_logging(service, level=settings.log_level)
    build = import_module(f"services.{service}.main").build
    uvicorn.run(
        build(settings, role=str(role)),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        # Behind a gateway, callers are told apart by the address it names; uvicorn reads there whom to believe.
        proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
        timeout_graceful_shutdown=10,
    )
