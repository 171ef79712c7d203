"""Tells people how a run went: what was done to the backbone, what became of the writes, how long it stood still."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.checker import Complaint
from tests.chaos.conductor import Done
from tests.chaos.evidence import Run
from tests.chaos.mending import LetGo
from tests.chaos.schedule import Kind


@dataclass(kw_only=True)
class Outcome:
    """A run that ended, and all that is known of it."""

    seed: int
    run: Run
    complaints: list[Complaint]
    done: list[Done]
    fell: list[str]
    copied: int
    mechanism: str
    effect_times: list[float]
    drained_after: float | None
    left: dict[str, int]
    let_go: LetGo | None = None
    mended: Run | None = None
    mended_after: float | None = None

    @property
    def is_good(self) -> bool:
        drained = self.drained_after is not None and self.mended_after is not None
        return drained and not self.complaints and not self.fell

    @property
    def killed(self) -> Counter[str]:
        """How often processes of each role were killed."""
        return Counter(done.target.partition("-")[0] for done in self.done if done.kind is Kind.KILL)


def summary(outcome: Outcome) -> str:
    run = outcome.run
    acknowledged = sum(write.acknowledged_at is not None for write in run.writes)
    refused = sum(write.refused for write in run.writes)
    repeated = sum(write.repeated for write in run.writes)
    logged = sum(len(ledger.log) for ledger in run.ledgers)
    records = sum(len(records) for records in run.topics.values())
    distinct = sum(len({record.event_id for record in records}) for records in run.topics.values())
    counts = Counter(done.kind for done in outcome.done)
    lines = [
        f"seed {outcome.seed}",
        f"writes: {acknowledged} acknowledged, {len(run.writes) - acknowledged - refused} unknown, {refused} refused",
        f"acknowledged to a later attempt than the one that did it: {repeated}",
        f"events: {logged} in the logs",
        f"records: {records} in the topics, {records - distinct} of them again ({outcome.copied} put there on purpose)",
        *(
            f"effects: {len(ledger.effects)} in {ledger.service}, {len(ledger.quarantine)} parked"
            for ledger in run.ledgers
            if ledger.hears
        ),
        f"drained {_seconds(outcome.drained_after)} after the last fault",
        f"faults: {sum(counts.values())} (disk full by {outcome.mechanism})",
        "killed: " + ", ".join(f"{role} {times}" for role, times in outcome.killed.most_common()),
        *(f"  {count:4} x {kind.value}" for kind, count in sorted(counts.items(), key=lambda item: item[0].name)),
        (
            f"effects at the end of the chain while faults were at work: {_meanwhile(outcome):.0%}; "
            f"longest time without one: {longest_stall(outcome.effect_times):.1f} s"
        ),
    ]
    if outcome.let_go and outcome.mended:
        done, effects = outcome.let_go, sum(len(ledger.effects) for ledger in outcome.mended.ledgers)
        lines.append(
            f"operators: {done.keys} keys of the outbox and {done.released} events released, {done.discarded} "
            f"discarded; {effects} effects after {_seconds(outcome.mended_after)} more"
        )
    if outcome.left:
        lines.append(f"left undone: {outcome.left}")
    if outcome.fell:
        lines.append(f"ended by themselves: {Counter(outcome.fell)}")
    lines.append(f"complaints: {len(outcome.complaints)}")
    by_breach = Counter((complaint.breach.value, complaint.where) for complaint in outcome.complaints)
    lines += [f"  {count:4} x {where}: {breach}" for (breach, where), count in by_breach.most_common()]
    lines += [f"  {complaint}" for complaint in outcome.complaints[:20]]
    return "\n".join(lines)


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s"


def _meanwhile(outcome: Outcome) -> float:
    last = max((done.ended for done in outcome.done), default=0.0)
    return sum(at < last for at in outcome.effect_times) / max(1, len(outcome.effect_times))


def longest_stall(effect_times: Sequence[float]) -> float:
    return max((after - before for before, after in pairwise(effect_times)), default=0.0)
