"""`outbox parked|release`: keys whose next row Kafka refused, and to let the relay take one up again."""

import json
from typing import Annotated, Any

import typer

from infra.cli.operating import Operations, rehearsed, show_table

group = typer.Typer(
    name="outbox",
    help="Keys that a service can't publish: look, and let the relay take one up again. Asks the service at "
    "DATACITY_ORIGIN with DATACITY_TOKEN, else the local stack's as staff.",
    no_args_is_help=True,
)
Service = Annotated[str, typer.Argument(help="applications, selection, incubation or notifications.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group)


@group.command()
def parked(
    service: Service,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many lines at most.")] = 200,
    json_: Json = False,
) -> None:
    """Which keys wait, since when, why, and how many rows with them."""
    keys = Operations(service).pages("/outbox/parked", most=limit)
    if json_:
        typer.echo(json.dumps(keys, indent=2, ensure_ascii=False))
    elif keys:
        show_table(
            ("topic", "key", "waiting", "since", "error"),
            ((each["topic"], each["key"], each["waiting"], each["parked_at"][:19], each["error"]) for each in keys),
        )
    else:
        typer.echo("No key is parked.", err=True)


@group.command()
def release(
    service: Service,
    topic: Annotated[str, typer.Argument(help="As `outbox parked` shows it.")],
    key: Annotated[str, typer.Argument(help="As `outbox parked` shows it.")],
    reason: Annotated[
        str | None, typer.Option(help="Why it may go on, told with the release: mended, taken-now or try-again.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before doing it.")] = False,
    json_: Json = False,
) -> None:
    """Let the relay take a key up again, in order; if its next row still can't be sent, the key is parked anew."""
    operations = Operations(service)
    named = {"topic": topic, "key": key} | ({"reason": reason} if reason else {})

    def show(told: Any, *, apart: bool = False) -> None:
        if json_:
            typer.echo(json.dumps(told, indent=2, ensure_ascii=False), err=apart)
        else:
            would = "would be" if told["dry_run"] else "are"
            typer.echo(f"{told['waiting']} rows of {told['key']} ({told['topic']}) {would} taken up again, in order")

    done = rehearsed(
        lambda rehearse: operations.post("/outbox/release", named | {"dry_run": rehearse}),
        show=lambda told: show(told, apart=not dry_run),
        question=lambda told: f"Release {told['waiting']} rows of {service}?",
        dry_run=dry_run,
        yes=yes,
    )
    if done is not None:
        show(done)
