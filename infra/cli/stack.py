"""`up`, `down`, `start`, `stop`, `status`: the local stack."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.local.stack import Stack

Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]


def add_to(app: typer.Typer) -> None:
    for command in (up, down, start, stop, status):
        app.command()(command)


def up(
    only: Annotated[
        list[str] | None, typer.Option(help="Of the services, start only this one; may be repeated.")
    ] = None,
    json_: Json = False,
) -> None:
    """Start PostgreSQL, Kafka, the issuer, the mail catcher and the services; what runs already is left alone."""
    from infra.cli.progress import watching
    from infra.local.stack import Stack

    stack = Stack.open()
    with watching("Starting") as report:
        asyncio.run(stack.up(only=only or [], report=report))
    if json_:
        typer.echo(json.dumps(_without_passwords(stack.urls), indent=2))
    else:
        _print_guide(stack.urls, list(stack.services))


def down(
    erase: Annotated[bool, typer.Option("--erase", help="Also remove everything that the stack stored.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before erasing.")] = False,
) -> None:
    """Stop the local stack in order; what it stored stays, unless erased."""
    from infra.cli.progress import watching
    from infra.local.stack import Stack

    if erase and not yes:
        from infra.local.home import Home

        typer.confirm(f"Erase all data under {Home.at().path}?", abort=True, err=True)
    stack = Stack.open() if not erase else _open_to_erase()
    with watching("Stopping") as report:
        asyncio.run(stack.erase(report=report) if erase else stack.down(report=report))


def start(component: Annotated[str, typer.Argument(help="A service, or kafka, postgres, issuer, mail.")]) -> None:
    """Start one component of a stack that was up before."""
    from infra.cli.progress import watching
    from infra.local.stack import Stack

    with watching("Starting") as report:
        asyncio.run(Stack.open().start(component, report=report))


def stop(component: Annotated[str, typer.Argument(help="A service, or kafka, postgres, issuer, mail.")]) -> None:
    """Stop one component; the others go on without it."""
    from infra.cli.progress import watching
    from infra.local.stack import Stack

    with watching("Stopping") as report:
        asyncio.run(Stack.open().stop(component, report=report))


def status(json_: Json = False) -> None:
    """Ask each component how it is; exit code 1 unless all are ready."""
    from rich.console import Console
    from rich.table import Table

    from infra.local.component import Stage
    from infra.local.stack import Stack

    stack = Stack.open()
    conditions = asyncio.run(stack.status())
    if json_:
        typer.echo(json.dumps([condition.as_dict() for condition in conditions], indent=2))
    else:
        table = Table("component", "state", "pid", "MiB", "where", "what is missing", box=None)
        for condition in conditions:
            numbers = [str(number or "") for number in (condition.pid, condition.memory_mib)]
            table.add_row(condition.name, condition.stage, *numbers, condition.url or "", condition.detail)
        Console(width=None if sys.stdout.isatty() else 160).print(table)
    if any(condition.stage is not Stage.READY for condition in conditions):
        typer.echo("Run `datacity up` to start what isn't ready.", err=True)
        raise typer.Exit(1)


def _open_to_erase() -> "Stack":
    """A state that can't be read must not keep anybody from erasing it."""
    from infra.local.home import Home
    from infra.local.problems import LocalProblem
    from infra.local.stack import Stack

    try:
        return Stack.open()
    except LocalProblem:
        Home.at().state_file.unlink(missing_ok=True)
        return Stack.open()


def _without_passwords(urls: dict[str, str]) -> dict[str, str]:
    return {name: url for name, url in urls.items() if name != "postgres" and ":" not in name}


def _print_guide(urls: dict[str, str], services: list[str]) -> None:
    from rich.console import Console

    lines = ["", *(f"[bold]{name:14}[/bold] {urls[name]}" for name in (*services, "mail", "issuer"))]
    lines += [f"[bold]{'kafka':14}[/bold] {urls['kafka']}", "", "Sign in as anybody; tokens last an hour:"]
    lines += ["  datacity token --role staff", "  datacity token --role partner --organisation inwi"]
    if services:
        api = f"{urls[services[0]]}/api/{services[0]}/v1/openapi.json"
        lines += [f'  curl -H "Authorization: Bearer $(datacity token --role staff)" {api}']
    if "applications" in services:
        lines += ["", f"The public site:     {urls['applications']}"]
    if "notifications" in services:
        lines += ["", f"See it in a browser: {urls['notifications']}/monitor"]
    if "selection" in services:
        lines += ["", f"Judge and deliberate:  {urls['selection']}/jury"]
    lines += ["", "Watch what happens: datacity events tail --follow     Stop: datacity down"]
    Console(stderr=False, highlight=False, soft_wrap=True).print("\n".join(lines))
