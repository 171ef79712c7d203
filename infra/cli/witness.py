"""`witness` and `journal-key`: cosign the journal as a partner or the city, and make the key that signs a journal."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from infra.witness.rounds import Witness

NOT_READ = 3


def add_to(app: typer.Typer) -> None:
    app.command()(witness)
    app.command("journal-key")(journal_key)


def witness(
    log: Annotated[str, typer.Option(metavar="URL", help="The log to watch, …/log.")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="This witness's private key; made if it is not there.")],
    state: Annotated[Path, typer.Option(metavar="FILE", help="What it saw last; never lose it, never share it.")],
    name: Annotated[
        str | None, typer.Option(help="The name of a new key, such as city.example/witness; by default of this host.")
    ] = None,
    vkey: Annotated[
        list[str] | None, typer.Option(help="The log's key to trust; else that of the first look. May be repeated.")
    ] = None,
    every: Annotated[float, typer.Option(min=1, help="Seconds between two looks.")] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
) -> None:
    """Watch that the journal only grows, and cosign what was seen.

    Prints its public key, for the log's operator to put into DATACITY_JOURNAL_WITNESSES. What it saw is on the disk
    before it signs. Exit codes: 0 looked; 1 refused, as the log contradicts what it said before or somebody forged it:
    both notes are kept beside the state; 2 the command was not understood; 3 the log could not be read (with --once).
    """
    from infra.cli.verify import keys_of
    from infra.verify.sources import Site, Unreadable
    from infra.witness.memory import MemoryFile, load_or_make_key
    from infra.witness.rounds import Refused, Witness

    given = keys_of(vkey or [])
    try:
        own, made = load_or_make_key(key, name or _name_of_this_host())
        typer.echo(own.verifier.vkey)
        if made:
            typer.echo(f"Made {key}. Give the line on stdout to the log's operator.", err=True)
        memory = MemoryFile(state)
        with memory.alone():
            asyncio.run(_watch(Witness(own, memory, Site(log), given), every=None if once else every))
    except Refused as refused:
        typer.echo(refused, err=True)
        raise typer.Exit(1) from None
    except Unreadable as unreadable:
        typer.echo(unreadable, err=True)
        raise typer.Exit(NOT_READ) from None


def journal_key(
    name: Annotated[str, typer.Argument(help="The log's name for ever: its address without scheme, example.org/log.")],
) -> None:
    """Make a private key for DATACITY_JOURNAL_KEYS: it goes to stdout, and the public one to stderr."""
    from shared.tlog.fault import Fault
    from shared.tlog.keys import SigningKey

    try:
        made = SigningKey.generate(name)
    except Fault as malformed:
        message = f"Give a name without spaces and pluses, such as example.org/log. {malformed}"
        raise typer.BadParameter(message) from malformed
    typer.echo(made.skey)
    typer.echo(made.verifier.vkey, err=True)


async def _watch(watching: "Witness", *, every: float | None) -> None:
    """Again and again; a log that is away is tried again, one that contradicts itself ends it."""
    import structlog

    from infra.verify.sources import Unreadable

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        while True:
            try:
                await watching.look()
            except Unreadable as unreadable:
                if every is None:
                    raise
                structlog.get_logger(__name__).warning("log_not_read", why=str(unreadable))
            if every is None:
                return
            await asyncio.sleep(every)
    finally:
        await watching.site.close()


def _name_of_this_host() -> str:
    import socket

    host = urlsplit(f"//{socket.getfqdn()}").hostname or "localhost"
    return f"{host}/witness"
