"""`forget PERSON` and `disclose PERSON`: a person's rights to be forgotten, and to see what is held on it."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from infra.cli.operating import Api, rehearsed, show_table

if TYPE_CHECKING:
    from infra.local.eventreader import Record

DEFERRED = 3
ASKS_EVERY_SECONDS = 0.2

Person = Annotated[UUID, typer.Argument(help="The person's id, as events repeat it.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable, on stdout.")]


def add_to(app: typer.Typer) -> None:
    app.command()(forget)
    app.command()(disclose)


def forget(
    person: Person,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go and what stays; change nothing.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until every service has told what it erased.")] = False,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait at most.")] = 60.0,
    yes: Annotated[bool, typer.Option("--yes", help="Don't rehearse and ask before doing it.")] = False,
    json_: Json = False,
) -> None:
    """Forget a person in every service; a guest of a workshop too. It can't be undone.

    Exit codes: 0 forgotten, or rehearsed; with --wait, all services have answered · 1 not done, or with --wait not all
    have answered · 3 deferred: an obligation keeps something, which is named, until it ends.
    """
    act = _act(str(person))
    done = rehearsed(
        act,
        show=lambda told: _show(told, json_=json_, apart=not dry_run),
        question=lambda told: f"Forget {person} in every service, for good?",
        dry_run=dry_run,
        yes=yes,
    )
    if done is None:
        return
    deferred = done.get("state") == "deferred"
    if wait and not deferred:
        done = {**done, "report": _await_report(str(person), patience)}
    _show(done, json_=json_)
    if deferred:
        typer.echo("Deferred: an obligation keeps what is named above, until it ends.", err=True)
        raise typer.Exit(DEFERRED)
    if wait and not done["report"]["complete"]:
        missing = ", ".join(done["report"]["missing"])
        typer.echo(
            f"Look whether these run: not every tombstone was answered within {patience:g} s by {missing}.", err=True
        )
        raise typer.Exit(1)


def disclose(
    person: Person,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file rather than stdout.")] = None,
) -> None:
    """All that the platform holds on a person, as JSON, each piece with where it comes from; each export is on record.

    Asks the four services, and reads Kafka (at DATACITY_KAFKA, else the local stack's).
    """
    from infra.provision import SERVICES

    id_ = str(person)
    held = [Api(service).post(f"/operations/people/{id_}/export") for service in SERVICES]
    files = _files_in(held)
    found = {
        "person_id": id_,
        "services": held,
        "topics": asyncio.run(_in_topics(_kafka(), id_, files)),
    }
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    pieces = sum(len(each["pieces"]) for each in held)
    typer.echo(f"Wrote {pieces} pieces to {output}: give it to the person, then delete it.", err=True)


def _act(person: str) -> Any:
    """How this person is forgotten, rehearsed or for good: by applications, or as a guest by incubation."""
    from infra.local.problems import Refused

    def act(rehearse: bool) -> dict[str, Any]:
        try:
            told = Api("applications").post(f"/people/{person}/erasure", {"dry_run": rehearse})
        except Refused as refused:
            if refused.status != 404:
                raise
            told = Api("incubation").post(f"/guests/{person}/erasure", {"dry_run": rehearse})
        if rehearse:
            told["elsewhere"] = _surveys(person, told)
        return dict(told)

    return act


def _surveys(person: str, told: dict[str, Any]) -> list[dict[str, Any]]:
    """What the other services would erase and keep."""
    from infra.provision import SERVICES

    going = [each["application_id"] for each in told.get("files", ()) if each["fate"] == "forgotten"]
    return [
        Api(service).get(f"/operations/people/{person}", file=going)
        for service in SERVICES
        if service != "applications"
    ]


def _await_report(person: str, patience: float) -> dict[str, Any]:
    """Notifications' report, complete or as it stands when patience ends."""
    from infra.local.problems import Refused

    end = time.monotonic() + patience
    report: dict[str, Any] = {"complete": False, "missing": {"notifications": []}, "services": []}
    while True:
        try:
            report = Api("notifications").get(f"/erasures/{person}")
        except Refused as refused:
            if refused.status != 404:
                raise
        if report["complete"] or time.monotonic() > end:
            return report
        time.sleep(ASKS_EVERY_SECONDS)


def _show(told: dict[str, Any], *, json_: bool, apart: bool = False) -> None:
    if json_:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False), err=apart)
        return
    rows = [("applications", *each) for each in _lines(told)]
    for other in told.get("elsewhere", ()):
        rows += [(other["service"], *each) for each in _lines(other)]
    report = told.get("report")
    if isinstance(report, dict):
        rows = [(each["service"], *line) for each in report["services"] for line in _lines(each)]
    show_table(("service", "table", "rows", "what", "why"), rows)
    for file in told.get("files", ()):
        typer.echo(f"file {file['application_id']}: {file['fate']}. {file['why']}", err=apart)
    for duty in told.get("duties", ()):
        typer.echo(duty, err=apart)
    for hold in told.get("holds", ()):
        typer.echo(f"{hold['ground']} keeps {', '.join(hold['keeps'])} until {hold['until']}", err=apart)
    if told.get("already"):
        typer.echo("It had been forgotten before: nothing was left to do.", err=True)


def _lines(told: dict[str, Any]) -> list[tuple[object, ...]]:
    erased = [(table, rows, "erased", "") for table, rows in told.get("erased", {}).items()]
    return erased + [(each["table"], each["rows"], "kept", each["why"]) for each in told.get("kept", ())]


def _files_in(held: list[dict[str, Any]]) -> set[str]:
    """The person's applications, as applications gave them out."""
    return {
        piece["row"]["id"]
        for service in held
        if service["service"] == "applications"
        for piece in service["pieces"]
        if piece["table"] == "application"
    }


async def _in_topics(kafka: str, person: str, files: set[str]) -> dict[str, list[dict[str, Any]]]:
    """The records of the compacted topics that are about it, whole; of events, which ones name its id."""
    from infra.local.eventreader import latest_records
    from shared.events import FORGETTABLES

    records, _ = await latest_records(kafka, [], limit=None)
    forgettable = [
        {"topic": each.topic, "partition": each.partition, "offset": each.offset, "key": each.key, "says": each.data}
        for each in records
        if each.topic in FORGETTABLES and each.key and each.key.partition("/")[0] in {person, *files}
    ]
    events = [_named(each) for each in records if each.topic not in FORGETTABLES and _names(each, person)]
    return {"records": forgettable, "events_that_name_the_id": events}


def _named(record: "Record") -> dict[str, Any]:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": record.time,
        "id": record.headers.get("ce_id"),
        "type": record.headers.get("ce_type"),
        "as_actor": record.headers.get("ce_actor"),
    }


def _names(record: "Record", person: str) -> bool:
    return person in json.dumps(record.data) or person in record.headers.values()


def _kafka() -> str:
    from infra.local.problems import LocalProblem
    from infra.local.stack import Stack

    if url := os.environ.get("DATACITY_KAFKA") or Stack.open().urls.get("kafka"):
        return url
    message = "Set DATACITY_KAFKA, or start the local stack with `datacity up`."
    raise LocalProblem(message)
