"""`events tail`: what is being said on Kafka, a line per event."""

import asyncio
import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.local.eventreader import Record

group = typer.Typer(name="events", help="The events between the services.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group)


@group.callback()
def events() -> None:
    """The events between the services."""


@group.command()
def tail(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    topic: Annotated[list[str] | None, typer.Option(help="Only this topic; may be repeated.")] = None,
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="All that Kafka has, oldest first.")] = False,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="How many of the newest to begin with.")] = 20,
    json_: Annotated[bool, typer.Option("--json", help="A JSON object per line.")] = False,
) -> None:
    """Show events as they are in Kafka (at DATACITY_KAFKA, else the local stack's), in order of time."""
    from infra.local.eventreader import follow_records, latest_records
    from infra.local.problems import LocalProblem
    from infra.local.stack import Stack

    bootstrap = os.environ.get("DATACITY_KAFKA") or Stack.open().urls.get("kafka")
    if not bootstrap:
        message = "Set DATACITY_KAFKA, or start the local stack with `datacity up`."
        raise LocalProblem(message)
    show = _as_json if json_ else _as_line

    async def run() -> None:
        records, positions = await latest_records(bootstrap, topic or [], limit=None if from_beginning else last)
        for record in records:
            typer.echo(show(record))
        if not records:
            typer.echo("Nothing was published yet.", err=True)
        if follow:
            async for record in follow_records(bootstrap, positions):
                typer.echo(show(record))

    asyncio.run(run())


def _as_json(record: "Record") -> str:
    return json.dumps(record.as_dict(), ensure_ascii=False)


def _as_line(record: "Record") -> str:
    from infra.local.eventreader import told

    return told(record)
