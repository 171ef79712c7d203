"""The outcome of a replay as a person reads it."""

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from infra.replay.outcome import Outcome, Places, TableOutcome, Tally

VERDICTS = {True: "equal", False: "[bold red]differs[/bold red]", None: ""}


def show(outcome: Outcome, *, on_stderr: bool) -> None:
    console = Console(
        stderr=on_stderr, highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() and not on_stderr else 160
    )
    table = Table("table", "rows", "in the service", "digest", "", box=None)
    for each in outcome.tables:
        live_rows = "" if each.live is None else str(each.live.rows)
        table.add_row(each.rebuilt.table, str(each.rebuilt.rows), live_rows, each.rebuilt.digest, VERDICTS[each.equal])
    console.print(table)
    for line in (*_differences(outcome), *_events(outcome.events), *_verdict(outcome)):
        console.print(line, markup=False)


def _differences(outcome: Outcome) -> Iterator[str]:
    for each in outcome.tables:
        if each.difference and each.difference.count:
            yield ""
            yield f"{each.rebuilt.table}: {each.difference.count} rows differ"
            yield from _rows(each)


def _rows(each: TableOutcome) -> Iterator[str]:
    if each.difference is None:
        return
    for what, keys in (
        ("missing in the service", each.difference.missing),
        ("only in the service", each.difference.extra),
        ("not the same", each.difference.different),
    ):
        for key in keys:
            yield f"  {what}: {key}"


def _events(tally: Tally) -> Iterator[str]:
    yield ""
    yield (
        f"{tally.read} records read, {tally.handled} handled, {tally.duplicates} repeated, {tally.later} later, "
        f"{tally.in_flight} not handled by the service yet, {tally.gone} it handled that Kafka no longer has"
    )
    yield from _places("set aside by the service, and left out here", tally.left_out)
    yield from _places("refused by the handlers here", tally.failed)
    yield from _places("passed over by the service: set its place in Kafka back", tally.passed_over)


def _places(what: str, places: Places) -> Iterator[str]:
    if places.count:
        yield f"{places.count} {what}:"
    for one in places.first:
        yield f"  {one['topic']}/{one['partition']}@{one['offset']} key {one['key']} {one['type'] or ''}: {one['why']}"


def _verdict(outcome: Outcome) -> Iterator[str]:
    yield f"{outcome.seconds:.1f} s, {outcome.events.handled / outcome.seconds:.0f} events/s" if outcome.seconds else ""
    if outcome.until:
        yield f"As of {outcome.until.isoformat()}"
    yield f"Digest             {outcome.digest}"
    if outcome.live_digest:
        yield f"In the service     {outcome.live_digest}"
        yield "Equal" if outcome.equal else "Not equal"
    if outcome.caught_up is False:
        yield "The service still lagged behind Kafka, and what it had handled was compared: ask again later."
    if outcome.database:
        yield f"Kept at {outcome.database}"
