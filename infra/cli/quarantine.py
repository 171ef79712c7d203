"""`quarantine list|show|release|discard`: what a service could not handle, and to let it go on."""

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from infra.cli.operating import Operations, rehearsed, show_table

group = typer.Typer(
    name="quarantine",
    help="Events that a service could not handle: look, release in order, discard with a reason. Asks the service at "
    "DATACITY_ORIGIN with DATACITY_TOKEN, else the local stack's as staff.",
    no_args_is_help=True,
)


class State(StrEnum):
    RETRYING = "retrying"
    PARKED = "parked"
    BEHIND = "behind"
    RELEASED = "released"
    DISCARDED = "discarded"


class Reason(StrEnum):
    MALFORMED = "malformed"
    NOT_OURS = "not-ours"
    SUPERSEDED = "superseded"
    OBSOLETE = "obsolete"
    MENDED_BY_HAND = "mended-by-hand"


Service = Annotated[str, typer.Argument(help="applications, selection, incubation or notifications.")]
Number = Annotated[int, typer.Argument(min=1, help="The event's number, as `list --events` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't rehearse and ask before doing it.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group)


@group.command("list")
def list_(
    service: Service,
    events: Annotated[bool, typer.Option("--events", help="One line per event rather than per fault.")] = False,
    fingerprint: Annotated[str | None, typer.Option(help="Only events that failed in this way.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only events of this topic.")] = None,
    key: Annotated[str | None, typer.Option(help="Only events of this key.")] = None,
    state: Annotated[State | None, typer.Option(help="By default all that still wait.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many lines at most.")] = 200,
    json_: Json = False,
) -> None:
    """What waits, grouped by what went wrong; with --events or a filter, event by event."""
    operations = Operations(service)
    if not (events or fingerprint or topic or key or state):
        groups = operations.pages("/quarantine/groups", most=limit)
        _tell(groups, json_=json_, show=_show_groups)
        return
    found = operations.pages(
        "/quarantine/events", most=limit, fingerprint=fingerprint, topic=topic, key=key, state=state
    )
    _tell(found, json_=json_, show=_show_events)


@group.command()
def show(service: Service, number: Number, json_: Json = False) -> None:
    """One event: its envelope, what it says unless that may be personal, its error, and what waits behind it."""
    _tell(Operations(service).get(f"/quarantine/events/{number}"), json_=json_, show=_show_event)


@group.command()
def release(
    service: Service,
    number: Annotated[int | None, typer.Argument(min=1, help="One event, which must be the first of its key.")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="All keys whose first event failed in this way.")] = None,
    topic: Annotated[str | None, typer.Option(help="With --key.")] = None,
    key: Annotated[str | None, typer.Option(help="All events of this key, in order.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json_: Json = False,
) -> None:
    """Handle one event, a key's or a group's again, in order; exit code 1 if any still fails.

    First it is rehearsed, for real but rolled back, and asked for; --yes does it at once.
    """
    path, order = _order(number, fingerprint, topic, key)
    operations = Operations(service)

    def act(rehearse: bool) -> Any:
        whole = operations.post(path, {**order, "dry_run": rehearse})
        last = whole
        while last.get("more") and last["released"] and not rehearse:
            last = operations.post(path, order)
            whole = {
                **last,
                "released": whole["released"] + last["released"],
                "events": [*whole["events"], *last["events"]],
            }
        # A key that stopped may have been tried again by a later request.
        stopped = {(each["topic"], each["key"]) for each in whole["events"] if each["outcome"] == "failed"}
        return {**whole, "failed": len(stopped)}

    done = rehearsed(
        act,
        show=lambda told: _tell(told, json_=json_, show=_show_release, apart=not dry_run),
        question=lambda told: f"Release {told['released']}{' and more' if told['more'] else ''} of {service}?",
        dry_run=dry_run,
        yes=yes,
    )
    if done is None:
        return
    _tell(done, json_=json_, show=_show_release)
    if done["failed"]:
        typer.echo("Mend what fails and release again: the first of each stopped key still does.", err=True)
        raise typer.Exit(1)


@group.command()
def discard(
    service: Service,
    number: Number,
    reason: Annotated[Reason, typer.Option(help="Told to everyone as an event.")],
    note: Annotated[str | None, typer.Option(help="In words; stays in this service.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json_: Json = False,
) -> None:
    """Let one event go without its effect, so that those behind it go on; it must be the first of its key."""
    operations = Operations(service)
    order = {"reason": reason, **({"note": note} if note else {})}
    done = rehearsed(
        lambda rehearse: operations.post(f"/quarantine/events/{number}/discard", {**order, "dry_run": rehearse}),
        show=lambda told: _tell(told, json_=json_, show=_show_discard, apart=not dry_run),
        question=lambda told: f"Discard event {told['id']} of {service} for ever?",
        dry_run=dry_run,
        yes=yes,
    )
    if done is not None:
        _tell(done, json_=json_, show=_show_discard)


def _order(
    number: int | None, fingerprint: str | None, topic: str | None, key: str | None
) -> tuple[str, dict[str, Any]]:
    """The route, and what to send it."""
    match (number, fingerprint, topic, key):
        case (int(), None, None, None):
            return f"/quarantine/events/{number}/release", {}
        case (None, str(), None, None):
            return f"/quarantine/groups/{fingerprint}/release", {}
        case (None, None, str(), str()):
            return "/quarantine/release", {"topic": topic, "key": key}
        case _:
            message = "Say what to release: an event's number, or --fingerprint, or --topic and --key."
            raise typer.BadParameter(message)


def _tell(told: Any, *, json_: bool, show: Any, apart: bool = False) -> None:
    """The answer on stdout. A rehearsal before the deed is no data: it goes to stderr, where the question is."""
    if not json_:
        show(told)
    else:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False), err=apart)


def _show_groups(groups: list[Any]) -> None:
    if not groups:
        sys.stderr.write("Nothing is in quarantine.\n")
        return
    show_table(
        ("fingerprint", "events", "keys", "parked", "retrying", "first", "last", "error", "types"),
        (
            (
                each["fingerprint"],
                each["events"],
                each["keys"],
                each["parked"],
                each["retrying"],
                each["first_at"][:19],
                each["last_at"][:19],
                each["error"],
                ", ".join(each["types"]),
            )
            for each in groups
        ),
    )


def _show_events(events: list[Any]) -> None:
    if not events:
        sys.stderr.write("There is no such event in quarantine.\n")
        return
    show_table(
        ("number", "state", "attempts", "since", "topic", "key", "type", "error"),
        (
            (
                each["id"],
                each["state"],
                each["attempts"],
                each["parked_at"][:19],
                each["topic"],
                each["key"],
                each["type"],
                each["error"],
            )
            for each in events
        ),
    )


def _show_event(event: dict[str, Any]) -> None:
    lists = {"headers", "behind", "value", "value_hidden"}
    show_table(("", ""), ((name, value) for name, value in event.items() if name not in lists and value is not None))
    show_table(("header", ""), event["headers"].items())
    if event["value_hidden"]:
        typer.echo(f"value hidden: {event['value_hidden']}")
    else:
        typer.echo(json.dumps(event["value"], indent=2, ensure_ascii=False))
    if event["behind"]:
        typer.echo("behind it:")
        _show_events(event["behind"])


def _show_release(told: dict[str, Any]) -> None:
    would = "would be " if told["dry_run"] else ""
    show_table(
        ("number", "outcome", "topic", "key", "type", "error"),
        (
            (each["id"], f"{would}{each['outcome']}", each["topic"], each["key"], each["type"], each["error"])
            for each in told["events"]
        ),
    )
    more = "; there are more" if told["more"] else ""
    typer.echo(f"{would}released: {told['released']}, {would}stopped: {told['failed']}{more}")


def _show_discard(told: dict[str, Any]) -> None:
    would = "would be " if told["dry_run"] else ""
    typer.echo(
        f"{told['id']} ({told['type']}, {told['topic']}, key {told['key']}) {would}discarded as {told['reason']}; "
        f"{told['waiting']} behind it {would or 'are '}let go"
    )
    if told["next"]:
        _show_events(told["next"])
