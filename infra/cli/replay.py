"""`replay SERVICE`: rebuild what a service knows from Kafka, compare it with the living service, or ask the past."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.provision import ServiceDatabase
    from infra.replay.outcome import Outcome
    from infra.replay.rebuilding import Progress
    from infra.replay.subjects import Subject

SERVICE = Annotated[str, typer.Argument(help="applications, selection, incubation or notifications.")]


def add_to(app: typer.Typer) -> None:
    app.command()(replay)


def replay(
    service: SERVICE,
    until: Annotated[
        str | None,
        typer.Option(help="Handle only what had happened by then, such as 2026-11-25T10:00:00Z; compare nothing."),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            help="Rebuild into this empty database, and leave it; else into a scratch one of the local stack."
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the scratch database for questions.")] = False,
    print_: Annotated[
        str | None, typer.Option("--print", metavar="TABLE", help="Print this rebuilt table, a JSON line per row.")
    ] = None,
    compare: Annotated[bool, typer.Option(help="Compare with the service's database (DATACITY_DATABASE_URL).")] = True,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to let a running service catch up first.")] = 10.0,
    json_: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Rebuild a service's derived tables from Kafka's events in an empty database, and compare digests.

    The living service is only looked at: no consumer group is touched, and nothing is published, mailed or delivered.
    Exit codes: 0 the same, or nothing was to be compared; 1 rows differ, events were passed over, or handlers failed.
    """
    from infra.cli.moments import moment_of
    from infra.local.problems import LocalProblem
    from infra.replay.fingerprints import rows_of
    from infra.replay.live import connect
    from infra.replay.page import show
    from infra.replay.rebuilding import replay as rebuild
    from infra.replay.subjects import subject_of

    moment = moment_of(until) if until else None
    subject = subject_of(service)
    tables = {derived.name: derived for derived in subject.derivation.derived}
    if print_ and print_ not in tables:
        message = f"Name one of {', '.join(sorted(tables))}: {print_} is not a table that {service} derives."
        raise LocalProblem(message)
    kafka = os.environ.get("DATACITY_KAFKA") or _local("kafka")
    live = (os.environ.get("DATACITY_DATABASE_URL") or _local(f"database:{service}")) if compare else None
    _say_nothing_of_events()

    async def run() -> "Outcome":
        async with _into(subject, database_url, keep=keep) as target:
            with _watching(service) as progress:
                outcome = await rebuild(
                    subject,
                    kafka=kafka,
                    into=target.runtime_url,
                    live_url=live,
                    until=moment,
                    wait_seconds=wait,
                    progress=progress,
                    database=_name_of(target) if keep or database_url else None,
                )
            if print_:
                connection = await connect(target.runtime_url)
                try:
                    async for row in rows_of(connection, tables[print_]):
                        typer.echo(row)
                finally:
                    await connection.close()
            return outcome

    outcome = asyncio.run(run())
    # Rows that were asked for are the data; what else there is to say then goes beside them.
    if json_:
        typer.echo(json.dumps(outcome.as_dict(), indent=2, ensure_ascii=False), err=bool(print_))
    else:
        show(outcome, on_stderr=bool(print_))
    if not outcome.good:
        raise typer.Exit(1)


def _local(name: str) -> str:
    from infra.local.problems import LocalProblem
    from infra.local.stack import Stack

    if url := Stack.open().urls.get(name):
        return url
    variable = "DATACITY_KAFKA" if name == "kafka" else "DATACITY_DATABASE_URL"
    message = f"Set {variable}, or start the local stack with `datacity up`."
    raise LocalProblem(message)


@asynccontextmanager
async def _into(subject: "Subject", url: str | None, *, keep: bool) -> AsyncIterator["ServiceDatabase"]:
    """The database to fill: the one that was named, or a scratch one beside the local stack's."""
    from infra.provision import sqlalchemy
    from infra.replay.scratch import Maker, named, scratch

    if url:
        yield await named(subject.service, sqlalchemy(url))
        return
    from infra.local.problems import LocalProblem
    from infra.local.stack import Stack
    from infra.provision import Passwords

    stack = Stack.open()
    if "postgres" not in stack.urls:
        message = "Name an empty database with --database-url, or start the local stack with `datacity up`."
        raise LocalProblem(message)
    secret = stack.state.secret
    passwords = Passwords(owner=secret(f"{subject.service}_owner"), runtime=secret(subject.service))
    maker = Maker(stack.urls["postgres"], passwords)
    async with scratch(subject.service, maker, keep=keep) as made:
        yield made


def _name_of(target: "ServiceDatabase") -> str:
    """Without its password."""
    return target.runtime_url.rpartition("@")[2]


def _say_nothing_of_events() -> None:
    """What the handlers log was logged when it happened; the outcome tells what went wrong now."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("aiokafka").setLevel(logging.ERROR)


@contextmanager
def _watching(service: str) -> Iterator["Progress"]:
    """A bar on stderr; a line per step where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    said: list[str] = []
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(service, total=None)

        def report(doing: str, read: int, total: int) -> None:
            bar.update(task, description=f"{service}: {doing}", completed=read, total=total or None)
            if not console.is_terminal and (not said or said[-1] != doing):
                said.append(doing)
                console.print(f"{service}: {doing}")

        yield report
