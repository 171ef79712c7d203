"""`scrub`: takes from PostgreSQL's files what was erased."""

import asyncio
import json
import os
from dataclasses import asdict
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    app.command()(scrub)


def scrub(
    services: Annotated[
        list[str] | None, typer.Argument(help="Whose databases; all four if none. The log is the whole server's.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Write anew what PostgreSQL keeps of erased rows on disk: tables that hold persons' words, and write-ahead log.

    Once a night, and after `forget` where that must not wait. As an administrator, at DATACITY_ADMIN_URL or the local
    stack's; while services run, though a table can't be read while it is rewritten.

    Exit codes: 0 nothing is left · 1 something is, and is named: backups and replicas are never looked at.
    """
    from infra.cli.setup import from_postgres, local_urls
    from infra.local.problems import LocalProblem
    from infra.provision import SERVICES
    from infra.scrub import scrub as do

    chosen = list(dict.fromkeys(services or SERVICES))
    if unknown := sorted(set(chosen) - set(SERVICES)):
        message = f"Name one of {', '.join(SERVICES)}: there is no service {', '.join(unknown)}."
        raise LocalProblem(message)
    admin_url = os.environ.get("DATACITY_ADMIN_URL") or local_urls().get("postgres")
    if not admin_url:
        message = "Set DATACITY_ADMIN_URL, or start the local stack with `datacity up`."
        raise LocalProblem(message)
    done = asyncio.run(from_postgres(do(admin_url, chosen)))
    if json_:
        typer.echo(json.dumps(asdict(done), indent=2))
    else:
        for service, tables in done.tables.items():
            typer.echo(f"{service}: {len(tables)} tables written anew")
        if done.wal:
            typer.echo("write-ahead log: written anew")
    for left in done.left:
        typer.echo(f"Look at this, and scrub again: {left}", err=True)
    if not done.whole:
        raise typer.Exit(1)
