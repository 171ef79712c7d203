"""What is wrong with events: within an aggregate, beside the services' own logs, in a proof, and as they are stored."""

from dataclasses import dataclass

from infra.verify.faults.fault import Fault


@dataclass(frozen=True)
class Gap(Fault):
    SLUG = "gap"
    source: str
    subject: str
    before: int
    after: int
    entry: int

    def __str__(self) -> str:
        of = f"{self.subject} ({self.source})"
        return f"Events of {of} are missing between its numbers {self.before} and {self.after} (entry {self.entry})."


@dataclass(frozen=True)
class RepeatedNumber(Fault):
    SLUG = "repeated-number"
    source: str
    subject: str
    sequence: int
    entry: int

    def __str__(self) -> str:
        return f"Number {self.sequence} of {self.subject} ({self.source}) is given again in entry {self.entry}."


@dataclass(frozen=True)
class OutOfOrder(Fault):
    SLUG = "out-of-order"
    source: str
    subject: str
    before: int
    after: int
    entry: int

    def __str__(self) -> str:
        of = f"{self.subject} ({self.source})"
        return f"Number {self.after} of {of} comes after its number {self.before}, in entry {self.entry}."


@dataclass(frozen=True)
class EventLost(Fault):
    SLUG = "event-lost"
    source: str
    subject: str
    sequence: int
    event_id: str

    def __str__(self) -> str:
        return f"Event {self.event_id} (number {self.sequence} of {self.subject}, {self.source}) is not in the journal."


@dataclass(frozen=True)
class EventExtra(Fault):
    SLUG = "event-extra"
    source: str
    subject: str
    sequence: int
    entry: int

    def __str__(self) -> str:
        return f"Entry {self.entry} tells number {self.sequence} of {self.subject}, which {self.source} never wrote."


@dataclass(frozen=True)
class EventDiffers(Fault):
    SLUG = "event-differs"
    source: str
    subject: str
    sequence: int
    entry: int

    def __str__(self) -> str:
        return f"Entry {self.entry} does not say what {self.source} wrote as number {self.sequence} of {self.subject}."


# A proof of one event.


@dataclass(frozen=True)
class MalformedProof(Fault):
    SLUG = "malformed-proof"
    reason: str

    def __str__(self) -> str:
        return f"The proof can't be read: {self.reason}"


@dataclass(frozen=True)
class NotProven(Fault):
    SLUG = "not-proven"
    reason: str

    def __str__(self) -> str:
        return f"The proof does not show that this event is in the log: {self.reason}"


@dataclass(frozen=True)
class MalformedReceipt(Fault):
    SLUG = "malformed-receipt"
    reason: str

    def __str__(self) -> str:
        return f"The receipt can't be read: {self.reason}"


@dataclass(frozen=True)
class ReceiptDiffers(Fault):
    """Receipt and proof are both signed and say two things."""

    SLUG = "receipt-differs"
    receipt: str
    proof: str

    def __str__(self) -> str:
        if self.receipt != self.proof:
            return f"The proof is of another event: {self.proof}, and the receipt is of {self.receipt}."
        return f"The journal holds event {self.proof} with other bytes than those that the receipt was signed over."


# What notifications stores.


@dataclass(frozen=True)
class MissingSalt(Fault):
    SLUG = "missing-salt"
    entry: int

    def __str__(self) -> str:
        return f"Entry {self.entry} was sealed, and its salt is not there: nobody can show any more what it says."


@dataclass(frozen=True)
class TablesDisagree(Fault):
    SLUG = "tables-disagree"
    table: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.table} at {self.place} does not agree with the rest of the database: {self.reason}."
