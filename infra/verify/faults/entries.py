"""What became of the entries and of their tree; `by` says what they were compared with."""

from dataclasses import dataclass

from infra.verify.faults.fault import Fault


@dataclass(frozen=True)
class DamagedTile(Fault):
    SLUG = "damaged-tile"
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path} is damaged: {self.reason}."


@dataclass(frozen=True)
class DamagedBundle(Fault):
    SLUG = "damaged-bundle"
    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path} is damaged: {self.reason}."


@dataclass(frozen=True)
class AlteredWithin(Fault):
    SLUG = "altered-within"
    first: int
    last: int

    def __str__(self) -> str:
        return (
            f"Something was changed within entries {self.first} to {self.last}, and with it the tiles "
            "that would tell what: an older copy (--against, or the --state of an earlier run) can name it."
        )


@dataclass(frozen=True)
class RewrittenTree(Fault):
    SLUG = "rewritten"
    size: int
    signed: bool
    by: str

    def __str__(self) -> str:
        if self.signed:
            return (
                f"History was rewritten: {self.size} entries have a new tree, duly signed, that contradicts {self.by}."
            )
        return (
            f"The {self.size} entries were given a new tree that nobody signed: nothing that is published gives the "
            "signed root. An older copy (--against, or the --state of an earlier run) can name what was changed."
        )


@dataclass(frozen=True)
class EditedEntry(Fault):
    SLUG = "edited-entry"
    entry: int
    by: str

    def __str__(self) -> str:
        return f"Entry {self.entry} was edited: it is not the one of {self.by}."


@dataclass(frozen=True)
class MissingEntry(Fault):
    SLUG = "missing-entry"
    entry: int
    by: str
    count: int = 1

    def __str__(self) -> str:
        last = self.entry + self.count - 1
        what = f"Entry {self.entry} is" if self.count == 1 else f"Entries {self.entry} to {last} are"
        return f"{what} missing, though {self.by} has them and what follows."


@dataclass(frozen=True)
class InsertedEntry(Fault):
    SLUG = "inserted-entry"
    entry: int
    by: str

    def __str__(self) -> str:
        return f"Entry {self.entry} was inserted: {self.by} does not have it there."


@dataclass(frozen=True)
class ReorderedEntries(Fault):
    SLUG = "reordered-entries"
    entry: int
    other: int
    by: str
    swapped: bool = True

    def __str__(self) -> str:
        if self.swapped:
            return f"Entries {self.entry} and {self.other} were swapped: {self.by} has them the other way round."
        return f"Entry {self.entry} was moved to {self.other}: {self.by} has it at {self.entry}."


@dataclass(frozen=True)
class Truncated(Fault):
    SLUG = "truncated"
    size: int
    expected: int
    by: str

    def __str__(self) -> str:
        return f"The log was truncated: it ends after {self.size} entries, where {self.by} has {self.expected}."


@dataclass(frozen=True)
class Forked(Fault):
    SLUG = "forked"
    size: int
    root: str
    other_size: int
    other_root: str
    by: str
    common: int | None = None
    evidence: str | None = None

    def __str__(self) -> str:
        shared = "" if self.common is None else f" They share the first {self.common} entries."
        unknown = (
            "" if self.common is not None else " Which entries differ can't be said: there is no copy of its tree."
        )
        kept = f" This one is kept as {self.evidence}." if self.evidence else ""
        return (
            f"The log is forked: its signed checkpoints over {self.other_size} ({self.by}) and over {self.size} "
            f"entries contradict each other.{shared}{unknown}{kept}"
        )


@dataclass(frozen=True)
class MalformedEntry(Fault):
    SLUG = "malformed-entry"
    entry: int
    reason: str

    def __str__(self) -> str:
        return f"Entry {self.entry} is in none of the journal's forms: {self.reason}."


@dataclass(frozen=True)
class WrongOpening(Fault):
    SLUG = "wrong-opening"
    entry: int

    def __str__(self) -> str:
        return f"What is shown of entry {self.entry} is not what was sealed in it."
