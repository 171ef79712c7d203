"""`offsets SERVICE`: how far a service has come in Kafka, and setting it back while its workers are stopped."""

import asyncio
import json
import os
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    app.command()(offsets)


def offsets(
    service: Annotated[str, typer.Argument(help="applications, selection, incubation or notifications.")],
    to_earliest: Annotated[bool, typer.Option("--to-earliest", help="Hear again all that Kafka has.")] = False,
    to_datetime: Annotated[
        str | None,
        typer.Option(help="Hear again what Kafka took in since then, such as 2026-11-25T10:00:00Z."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Show where a service's consumer group stands, or set it back, which needs all of its workers to be stopped.

    What it hears again and had handled changes nothing: its inbox knows.
    """
    from infra.cli.moments import moment_of
    from infra.local.problems import LocalProblem
    from infra.replay.offsets import set_back, standing
    from infra.replay.subjects import subject_of

    if to_earliest and to_datetime:
        message = "Choose one of --to-earliest and --to-datetime."
        raise LocalProblem(message)
    moment = moment_of(to_datetime) if to_datetime else None
    subject = subject_of(service)
    kafka = os.environ.get("DATACITY_KAFKA") or _local_kafka()

    async def run() -> list[dict[str, object]]:
        if to_earliest or moment:
            await set_back(kafka, subject.group, subject.listener.topics, since=moment)
        return [each.as_dict() for each in await standing(kafka, subject.group, subject.listener.topics)]

    found = asyncio.run(run())
    if json_:
        typer.echo(json.dumps(found, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("topic", "partition", "next", "end", "behind", box=None)
    for each in found:
        table.add_row(*("" if value is None else str(value) for value in each.values()))
    Console(highlight=False).print(table)


def _local_kafka() -> str:
    from infra.local.problems import LocalProblem
    from infra.local.stack import Stack

    if url := Stack.open().urls.get("kafka"):
        return url
    message = "Set DATACITY_KAFKA, or start the local stack with `datacity up`."
    raise LocalProblem(message)
