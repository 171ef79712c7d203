"""A receipt, checked offline: who signed it and what it says; and that a proof from the journal says the same."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.verify.faults import Fault, Faults, ForgedSignature, MalformedReceipt, ReceiptDiffers, UnknownSignature
from infra.verify.proofs import ProofOutcome, check_proof
from infra.verify.sources import Unreadable
from infra.verify.trust import NoKey, Trust
from shared.receipts import FORMAT, NotAReceipt, Receipt, read_receipt
from shared.tlog.fault import Fault as Refusal
from shared.tlog.note import BadSignature, NoKnownSignature
from shared.tlog.policy import Quorum


@dataclass
class ReceiptOutcome:
    """What a receipt says, or why it says nothing; with a proof, whether the journal holds the same."""

    source: str
    faults: Faults
    receipt: Receipt | None = None
    proof: ProofOutcome | None = None

    @property
    def verified(self) -> bool:
        return not self.faults and (self.proof is None or self.proof.verified)

    def as_dict(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"verified": self.verified, "source": self.source}
        if self.receipt:
            said = self.receipt
            facts["receipt"] = {"event": said.event, "type": said.type, "subject": said.subject, "time": said.time}
            facts["receipt"]["value"] = said.value.decode()
        if self.proof:
            facts["proof"] = self.proof.as_dict()
        return facts | {"faults": [fault.as_dict() for fault in self.faults]}


def is_receipt(path: Path) -> bool:
    """By its first line."""
    try:
        with path.open("rb") as opened:
            return opened.read(len(FORMAT) + 1) == f"{FORMAT}\n".encode()
    except OSError:
        return False


def check_receipt(path: Path, trust: Trust, *, proof: Path | None, witnesses: Quorum) -> ReceiptOutcome:
    """With a proof, `trust` holds the journal's key too: each is known by its name. Raises Unreadable, NoKey."""
    if not trust.keys:
        raise NoKey
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"Look whether {path} can be read: {error.strerror}."
        raise Unreadable(message) from error
    outcome = ReceiptOutcome(str(path), Faults())
    try:
        outcome.receipt = read_receipt(data, trust.keys)
    except (Refusal, NotAReceipt) as refusal:
        outcome.faults.add(_named(refusal))
        return outcome
    if proof is not None:
        outcome.proof = check_proof(proof, trust, witnesses)
        event = outcome.proof.event
        if event is not None and (event.event_id, event.value) != (outcome.receipt.event, outcome.receipt.value):
            outcome.faults.add(ReceiptDiffers(outcome.receipt.event, event.event_id))
    return outcome


def _named(refusal: Exception) -> Fault:
    match refusal:
        case BadSignature():
            return ForgedSignature(f"{refusal.name}+{refusal.key_id.hex()}", "the receipt")
        case NoKnownSignature():
            return UnknownSignature(tuple(refusal.signed_by), tuple(refusal.known), "the receipt")
        case _:
            return MalformedReceipt(str(refusal))
