"""`datacity demo`: its options; the run itself is imported only when it begins."""

import asyncio
from typing import Annotated

import typer


def demo(
    against: Annotated[
        str | None,
        typer.Option(help="Origin of a running platform, such as http://localhost:8080; else the local stack."),
    ] = None,
    call_seconds: Annotated[
        int | None,
        typer.Option(min=5, help="How long the call stays open; by default 20, or what this machine needs."),
    ] = None,
    receiver_host: Annotated[
        str | None, typer.Option(help="This machine's name as the platform sees it, for webhooks.")
    ] = None,
    patience: Annotated[float, typer.Option(help="Seconds to wait for a service that is away.")] = 60.0,
    mail_repeats: Annotated[
        int, typer.Option(min=0, help="Repeated mails forgiven; for runs in which processes are killed.")
    ] = 0,
) -> None:
    """Run the first edition end to end through the public APIs, then check what was promised.

    The story goes to stderr; the checks and one startup's timeline to stdout. Exit codes: 0 all promises kept,
    1 a check failed or the story broke off.
    """
    from infra.demo.running import Wishes, run_demo

    wishes = Wishes(
        against=against,
        call_seconds=call_seconds,
        receiver_host=receiver_host,
        patience=patience,
        mail_repeats=mail_repeats,
    )
    raise typer.Exit(asyncio.run(run_demo(wishes)))
