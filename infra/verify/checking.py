"""A journal checked from its signature down to its entries, and against all that there is to compare it with."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from infra.verify.aggregates import Sequences
from infra.verify.databases import JournalDatabase
from infra.verify.earlier import Earlier, State, compare, read_earlier
from infra.verify.event_logs import Told, grace, reconcile
from infra.verify.faults import EditedEntry, Fault, ForgedSignature, Forked, MissingSalt, Truncated, WitnessMissing
from infra.verify.judging import judge
from infra.verify.openings import Nobody, Openings, open_form, read
from infra.verify.outcome import Cosigned, Outcome
from infra.verify.reading import Progress, Published, far_end, read_all
from infra.verify.saving import Saving
from infra.verify.sources import Absent, Source, Unreadable
from infra.verify.trust import Head, Trust, opened, read_head
from shared.tlog.cosignature import CosignerKey, cosigned_at
from shared.tlog.note import AmbiguousKey, BadSignature
from shared.tlog.tiles import TILE_WIDTH, Bundle


def quiet(doing: str, done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to check beside the log itself."""

    trust: Trust = field(default_factory=Trust)
    state: State | None = None
    against: Sequence[Source] = ()
    witnesses: tuple[CosignerKey, ...] = ()
    witnesses_needed: int = 0
    event_logs: Sequence[str] = ()
    openings: Openings = field(default_factory=Nobody)
    save: Path | None = None
    grace_seconds: float = 60.0
    progress: Progress = quiet


async def check(source: Source, asked: Asked) -> Outcome:
    """Raises Unreadable, NoKey."""
    began, outcome = time.monotonic(), Outcome(source.name)
    trust = _trust(asked)
    outcome.trust = trust.how
    try:
        head, faults = await read_head(source, trust)
    except Absent:
        message = f"Look at {source.name}: it has no checkpoint (yet, or it is not a log's address)."
        raise Unreadable(message) from None
    outcome.faults.extend(faults)
    if head is not None:
        await _check_under(head, trust, source, asked, outcome)
    outcome.seconds = round(time.monotonic() - began, 3)
    return outcome


async def _check_under(head: Head, trust: Trust, source: Source, asked: Asked, outcome: Outcome) -> None:
    """All that a signed checkpoint lets one check."""
    _say_who_signed(head, outcome)
    witnessed, unwitnessed = await _witnessed(head, source, asked, outcome)
    outcome.faults.extend(unwitnessed)
    pinned = asked.state.pinned() if asked.state else ()
    earlier = [*await _earlier(Trust((*head.signed_by, *trust.keys, *pinned)), asked), *witnessed]
    sequences, told = Sequences(), Told()
    listening = _Listening(asked, outcome, sequences, told, Saving(asked.save) if asked.save else None)
    if isinstance(source, JournalDatabase):
        listening.openings = source
    if (end := await far_end(source, head.checkpoint.size)) is not None:
        outcome.faults.extend([Truncated(end, head.checkpoint.size, "the checkpoint")])
        outcome.undecided.append("Whether what is there is true: too much is missing to hold it against the root.")
        return
    found = await read_all(source, head.checkpoint.size, keeps=listening, progress=asked.progress)
    named, true = judge(head.checkpoint.root, found)
    contradictions = _compared(head, earlier, found, true, asked, outcome)
    if isinstance(source, JournalDatabase):
        stored = await source.agreement(head, true, asked.witnesses, progress=asked.progress)
        without_salt = {fault.entry for fault in stored if isinstance(fault, MissingSalt)}
        named = [fault for fault in named if not (isinstance(fault, EditedEntry) and fault.entry in without_salt)]
        contradictions += stored
    outcome.faults.extend([*named, *contradictions, *sequences.found()])
    await _reconciled(source, told, asked, outcome)
    _say_what_is_undecided(earlier, sequences, asked, outcome)
    if listening.saving:
        await listening.saving.end(head, found)
    if asked.state and outcome.verified and true is not None:
        await asked.state.keep(head, true)


@dataclass
class _Listening:
    """Hears each bundle as it is read."""

    asked: Asked
    outcome: Outcome
    sequences: Sequences
    told: Told
    saving: Saving | None
    openings: Openings | None = None

    async def __call__(self, bundle: Bundle, content: bytes, entries: list[bytes]) -> None:
        first = bundle.index * TILE_WIDTH
        shown = await (self.openings or self.asked.openings).of(first, entries)
        said, faults = read(first, entries, shown)
        self.outcome.faults.extend(faults)
        for index, (each, opening, entry) in enumerate(zip(said, shown, entries, strict=True), start=first):
            self.sequences.note(index, each)
            self.outcome.opened += each is not None
            self.outcome.sealed += each is None
            if self.asked.event_logs:
                self.told.note(index, each, open_form(opening or entry))
        if self.saving:
            self.saving.bundle(bundle, content)


def _trust(asked: Asked) -> Trust:
    if asked.trust.keys:
        return asked.trust
    pinned = asked.state.pinned() if asked.state else ()
    return Trust(pinned, "pinned") if pinned else Trust()


def _say_who_signed(head: Head, outcome: Outcome) -> None:
    checkpoint = head.checkpoint
    outcome.origin, outcome.size, outcome.root = checkpoint.origin, checkpoint.size, checkpoint.root.hex()
    outcome.signed_by = [key.vkey for key in head.signed_by]
    outcome.not_trusted = [key.vkey for key in head.also]


async def _witnessed(head: Head, source: Source, asked: Asked, outcome: Outcome) -> tuple[list[Earlier], list[Fault]]:
    """Older checkpoints that witnesses cosigned, which this one must continue, and what is wrong with any of them.

    They look at the log from time to time, and it grows: the newest checkpoint is seldom the one that they saw.
    """
    faults = _note_cosignatures(head, asked, outcome)
    seen: list[Earlier] = []
    if len(outcome.cosigned) < asked.witnesses_needed:
        # Older checkpoints are signed by older keys; that this one continues them is checked in any case.
        trust = Trust(tuple(dict.fromkeys((*head.signed_by, *head.listed))))
        for data in await source.cosigned():
            older, wrong = opened(data, trust)
            faults += wrong
            if older is not None:
                faults += _note_cosignatures(older, asked, outcome)
                seen.append(Earlier("its witnesses", older, None))
    if len(outcome.cosigned) < asked.witnesses_needed:
        names = tuple(key.name for key in asked.witnesses)
        faults.append(WitnessMissing(tuple(outcome.cosigned), asked.witnesses_needed, names))
    return seen, faults


def _note_cosignatures(head: Head, asked: Asked, outcome: Outcome) -> list[Fault]:
    faults: list[Fault] = []
    for key in asked.witnesses:
        try:
            for signed in head.note.signatures_by([key]):
                said = Cosigned(cosigned_at(signed.signature), head.checkpoint.size)
                outcome.cosigned[key.name] = max(said, outcome.cosigned.get(key.name, said), key=lambda one: one.size)
        except (BadSignature, AmbiguousKey):
            faults.append(ForgedSignature(f"{key.name}+{key.key_id.hex()}"))
    return faults


async def _earlier(trust: Trust, asked: Asked) -> list[Earlier]:
    """Older keys count for older checkpoints."""
    pinned = await asked.state.earlier(trust) if asked.state else None
    found = [] if pinned is None else [pinned]
    for source in asked.against:
        try:
            found.append(await read_earlier(source, trust, source.name))
        except Absent as absent:
            message = f"Name an older copy of the log with --against: {source.name} has no {absent.path}."
            raise Unreadable(message) from None
    return found


def _compared(
    head: Head, earlier: Sequence[Earlier], found: Published, true: list[bytes] | None, asked: Asked, outcome: Outcome
) -> list[Fault]:
    leaves: list[bytes | None] = []
    for each in found.bundles:
        leaves += each.leaves if each.leaves is not None else [None] * each.place.width
    faults: list[Fault] = []
    for older in earlier:
        contradicting = compare(older, head, leaves, true, evidence=None)
        if asked.state and any(isinstance(fault, Forked) for fault in contradicting):
            kept = asked.state.keep_evidence(head)
            contradicting = compare(older, head, leaves, true, evidence=kept)
        faults += contradicting
        outcome.compared_with.append(
            {"with": older.name, "size": older.size, "entries_known": older.leaves is not None}
        )
    return faults


async def _reconciled(source: Source, told: Told, asked: Asked, outcome: Outcome) -> None:
    if not asked.event_logs:
        return
    young = grace(datetime.now(UTC), asked.grace_seconds)
    recorded = await source.waiting() if isinstance(source, JournalDatabase) else set()
    if told.sealed:
        outcome.undecided.append(
            f"Whether the services' events are all there: {told.sealed} entries are sealed, and nobody showed what "
            "they say. Give notifications' database, or a token in DATACITY_TOKEN."
        )
        return
    for url in asked.event_logs:
        one = await reconcile(url, told, recorded=recorded, young=young, progress=asked.progress)
        outcome.event_logs.append(one)
        outcome.faults.extend(one.faults)


def _say_what_is_undecided(earlier: Sequence[Earlier], sequences: Sequences, asked: Asked, outcome: Outcome) -> None:
    if outcome.trust == "first use":
        outcome.undecided.append(
            "Whether the key is the log's: it was taken from the log itself, on first use. Compare it with one that "
            "reached you another way, and give it with --vkey."
        )
    if not earlier:
        outcome.undecided.append(
            "Whether the log was rewritten by whoever holds its key, or shown to others differently: there is nothing "
            "older to compare with (--state, --against) and that is what witnesses are for (--witness)."
            if not outcome.cosigned
            else "Whether the log was rewritten before its witnesses saw it: there is nothing older to compare with."
        )
    if sequences.sealed:
        outcome.undecided.append(
            f"Whether events are missing within an aggregate: what {sequences.sealed} sealed entries say is not known."
        )
