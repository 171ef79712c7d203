"""The outcome of a verification as a person reads it."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.console import Console

from infra.verify.faults import NAMED, Faults
from infra.verify.outcome import Outcome
from infra.verify.proofs import ProofOutcome
from infra.verify.receipts import ReceiptOutcome


def show(outcome: Outcome) -> None:
    _print([*_log(outcome), *_faults(outcome.faults), *_undecided(outcome), *_verdict(outcome)])


def show_proof(outcome: ProofOutcome) -> None:
    _print([*_proof(outcome), *_faults(outcome.faults)])


def show_receipt(outcome: ReceiptOutcome) -> None:
    proof = [*_proof(outcome.proof), *_faults(outcome.proof.faults)] if outcome.proof else []
    _print([*_receipt(outcome), *proof, *_faults(outcome.faults)])


def _log(outcome: Outcome) -> Iterator[str]:
    yield f"{outcome.source}"
    if outcome.size is None:
        return
    said = f"{outcome.opened:,} of them read, {outcome.sealed:,} sealed"
    yield f"  log         {outcome.origin}, {outcome.size:,} entries, {said}"
    yield f"  root        {outcome.root}"
    for vkey in outcome.signed_by:
        yield f"  signed by   {vkey} ({outcome.trust})"
    for vkey in outcome.not_trusted:
        yield f"  also by     {vkey}, which the log lists and nobody vouched for: give it with --vkey if somebody does"
    for name, seen in outcome.cosigned.items():
        yield f"  cosigned by {name}, {_moment(seen.at)}, up to entry {seen.size:,}"
    for older in outcome.compared_with:
        known = "" if older["entries_known"] else ", of which only the checkpoint is there"
        yield f"  compared    with {older['with']}, {older['size']:,} entries{known}"
    for one in outcome.event_logs:
        counted = f"{one.events:,} events, {one.under_way:,} under way, {len(one.faults):,} faults"
        yield f"  event log   of {one.source}: {counted}"


def _proof(outcome: ProofOutcome) -> Iterator[str]:
    yield outcome.source
    proven, event = outcome.proven, outcome.event
    if proven is None or event is None:
        return
    yield f"  log         {proven.checkpoint.origin}, entry {proven.index:,} of {proven.checkpoint.size:,}"
    for each in proven.signed:
        yield f"  signed by   {each.key.name}+{each.key.key_id.hex()}"
    for key, at in proven.witnessed.items():
        yield f"  cosigned by {key.name}, {_moment(at)}"
    yield f"  event       {event.type}, number {event.sequence} of {event.subject}"
    yield f"  when        {event.headers.get('ce_time', '')}, by {event.headers.get('ce_actor', '')}"
    yield f"  id          {event.event_id}, from {event.source}"
    for line in _value(event.value).splitlines():
        yield f"  {line}"
    yield "Proven."


def _receipt(outcome: ReceiptOutcome) -> Iterator[str]:
    yield outcome.source
    said = outcome.receipt
    if said is None:
        return
    yield f"  received    {said.time}"
    yield f"  event       {said.type} of {said.subject}"
    yield f"  id          {said.event}"
    for line in _value(said.value).splitlines():
        yield f"  {line}"
    yield "Signed."


def _value(value: bytes | None) -> str:
    if value is None:
        return "(a tombstone)"
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except ValueError:
        return value.decode("utf-8", "replace")


def _faults(faults: Faults) -> Iterator[str]:
    if faults:
        yield ""
    for fault in faults:
        yield f"✘ {fault.SLUG}: {fault}"
    for slug, count in faults.counts.items():
        if count > NAMED:
            yield f"✘ {slug}: and {count - NAMED:,} more"


def _undecided(outcome: Outcome) -> Iterator[str]:
    if outcome.undecided:
        yield ""
        yield "What this can't tell:"
    for each in outcome.undecided:
        yield f"  {each}"


def _verdict(outcome: Outcome) -> Iterator[str]:
    yield ""
    count = sum(outcome.faults.counts.values())
    verdict = "Verified" if outcome.verified else f"Not verified: {count:,} fault{'' if count == 1 else 's'}"
    yield f"{verdict}, in {outcome.seconds:.1f} s."


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _print(lines: Iterable[str]) -> None:
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
    for line in lines:
        console.print(line, markup=False)
