"""`verify SOURCE`: check the journal as anybody can, one event's proof or a receipt, and name whatever is wrong."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.verify.checking import Asked
    from infra.verify.openings import Openings
    from infra.verify.outcome import Outcome
    from infra.verify.proofs import ProofOutcome
    from infra.verify.reading import Progress
    from infra.verify.receipts import ReceiptOutcome
    from infra.verify.sources import Source
    from shared.tlog.cosignature import CosignerKey
    from shared.tlog.keys import VerifierKey

NOT_READ = 3
"""The exit code that says nothing of the log."""


def add_to(app: typer.Typer) -> None:
    app.command()(verify)


def verify(
    source: Annotated[
        str | None,
        typer.Argument(help="The log's URL (…/log), a folder of its files, a .tlog-proof file, or a receipt."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="notifications' database instead, with all that it stores.")
    ] = None,
    vkey: Annotated[
        list[str] | None, typer.Option(help="The key to trust, as …/log/vkey has it; may be repeated.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep what was verified, and compare with it next time.")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(metavar="FOLDER|URL", help="An older copy to compare with; may be repeated.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(metavar="VKEY", help="Who should have cosigned; may be repeated.")
    ] = None,
    witnesses_needed: Annotated[
        int | None, typer.Option(min=0, help="How many of the witnesses; all of them if left out.")
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(metavar="DATABASE_URL", help="Compare with the event log of a service; may be repeated."),
    ] = None,
    openings: Annotated[
        bool, typer.Option("--openings", help="Ask the API what sealed entries say, with DATACITY_TOKEN.")
    ] = False,
    proof: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With a receipt: the journal's proof that should say the same.")
    ] = None,
    save: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write a copy that can be verified.")] = None,
    grace: Annotated[float, typer.Option(min=0, help="Seconds that an event may take into the journal.")] = 60.0,
    json_: Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")] = False,
) -> None:
    """Verify the journal: signatures, tree and entries; against older copies, witnesses and the services' event logs.

    Exit codes: 0 verified; 1 a fault in the log, each named on stdout; 2 the command was not understood; 3 it could not
    be read, which says nothing of the log.
    """
    from infra.verify.checking import Asked
    from infra.verify.earlier import State
    from infra.verify.receipts import check_receipt, is_receipt
    from infra.verify.sources import Unreadable
    from infra.verify.trust import NoKey, Trust
    from shared.tlog.policy import Quorum

    if (source is None) == (database is None):
        message = "Name what to verify: a URL, a folder, a .tlog-proof file, a receipt; or a database with --database."
        raise typer.BadParameter(message)
    if events and database is None and not (os.environ.get("DATACITY_TOKEN") and (source or "").startswith("http")):
        message = (
            "Give notifications' database, or a URL and DATACITY_TOKEN: else nobody shows what sealed entries say."
        )
        raise typer.BadParameter(message)
    known = _witnesses(witness or [], witnesses_needed)
    asked = Asked(
        trust=Trust(keys_of(vkey or []), "given") if vkey else Trust(),
        state=State(state) if state else None,
        witnesses=known,
        witnesses_needed=len(known) if witnesses_needed is None else witnesses_needed,
        event_logs=tuple(events or ()),
        save=save,
        grace_seconds=grace,
    )
    try:
        outcome: Outcome | ProofOutcome | ReceiptOutcome
        if source and source.endswith(".tlog-proof"):
            outcome = _proof(Path(source), asked)
        elif source and is_receipt(Path(source)):
            witnesses = Quorum(asked.witnesses_needed, asked.witnesses)
            outcome = check_receipt(Path(source), asked.trust, proof=proof, witnesses=witnesses)
        else:
            outcome = asyncio.run(_log(source, database, against or [], asked, openings=openings or bool(events)))
    except NoKey:
        message = "Give the signer's key with --vkey, as its operator publishes it: the source itself names none."
        raise typer.BadParameter(message) from None
    except Unreadable as unreadable:
        typer.echo(unreadable, err=True)
        raise typer.Exit(NOT_READ) from None
    _tell(outcome, json_=json_)
    if not outcome.verified:
        raise typer.Exit(1)


async def _log(
    source: str | None, database: str | None, against: list[str], asked: "Asked", *, openings: bool
) -> "Outcome":
    from dataclasses import replace

    from infra.verify.checking import check

    copies = [_source(each) for each in against]
    try:
        async with _opened(source, database) as log:
            with _watching() as progress:
                shown = _openings(log) if openings else asked.openings
                return await check(log, replace(asked, against=copies, openings=shown, progress=progress))
    finally:
        for each in copies:
            await each.close()


@asynccontextmanager
async def _opened(source: str | None, database: str | None) -> "AsyncIterator[Source]":
    from infra.verify.databases import JournalDatabase

    if database is not None:
        async with JournalDatabase.at(database) as stored:
            yield stored
        return
    log = _source(source or "")
    try:
        yield log
    finally:
        await log.close()


def _source(named: str) -> "Source":
    from infra.verify.sources import Folder, Site, Unreadable

    if named.startswith(("http://", "https://")):
        return Site(named)
    if not Path(named).is_dir():
        message = f"Name a folder that is there, or a URL: {named} is neither."
        raise Unreadable(message)
    return Folder(Path(named))


def _openings(log: "Source") -> "Openings":
    """By the API that is beside the log; a database shows them itself, and a folder can't. Raises Unreadable."""
    from infra.verify.openings import Api, Nobody
    from infra.verify.sources import Site, Unreadable

    if not isinstance(log, Site):
        return Nobody()
    token = os.environ.get("DATACITY_TOKEN")
    if not token:
        message = "Set DATACITY_TOKEN to a token of staff or of an auditor: sealed entries are shown to no other."
        raise Unreadable(message)
    return Api(log, token)


def _proof(path: Path, asked: "Asked") -> "ProofOutcome":
    from infra.verify.proofs import check_proof
    from infra.verify.trust import Trust
    from shared.tlog.policy import Quorum

    trust = asked.trust
    if not trust.keys and asked.state:
        trust = Trust(asked.state.pinned(), "pinned")
    return check_proof(path, trust, Quorum(asked.witnesses_needed, asked.witnesses))


def keys_of(given: list[str]) -> "tuple[VerifierKey, ...]":
    from shared.tlog.fault import Fault
    from shared.tlog.keys import VerifierKey

    try:
        return tuple(VerifierKey.parse(each.strip()) for each in given)
    except Fault as malformed:
        message = f"Give a key as …/log/vkey has it, NAME+ID+KEY. {malformed}"
        raise typer.BadParameter(message) from malformed


def _witnesses(given: list[str], needed: int | None) -> "tuple[CosignerKey, ...]":
    from shared.tlog.cosignature import CosignerKey
    from shared.tlog.fault import Fault
    from shared.tlog.policy import Quorum

    try:
        return Quorum(needed or 0, tuple(CosignerKey.parse(each.strip()) for each in given)).keys
    except Fault as malformed:
        message = f"Give witnesses as their operators publish them, each once. {malformed}"
        raise typer.BadParameter(message) from malformed


def _tell(outcome: "Outcome | ProofOutcome | ReceiptOutcome", *, json_: bool) -> None:
    from infra.verify.outcome import Outcome
    from infra.verify.page import show, show_proof, show_receipt
    from infra.verify.proofs import ProofOutcome

    if json_:
        typer.echo(json.dumps(outcome.as_dict(), indent=2, ensure_ascii=False))
    elif isinstance(outcome, Outcome):
        show(outcome)
    elif isinstance(outcome, ProofOutcome):
        show_proof(outcome)
    else:
        show_receipt(outcome)


@contextmanager
def _watching() -> "Iterator[Progress]":
    """A bar on stderr; nothing where there is no terminal, as most logs are read in a moment."""
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
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("checkpoint", total=None)

        def report(doing: str, done: int, total: int) -> None:
            bar.update(task, description=doing, completed=done, total=total or None)

        yield report
