"""One event's proof, checked offline: that it is in the log, who signed for that, and what the event says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.verify.faults import (
    Fault,
    Faults,
    ForgedSignature,
    MalformedProof,
    NotProven,
    UnknownSignature,
    WitnessMissing,
)
from infra.verify.sources import Unreadable
from infra.verify.trust import NoKey, Trust
from shared.journal import NotAnEntry, Opened, entry_of
from shared.tlog import proof_file
from shared.tlog.checkpoint import UnknownLog
from shared.tlog.fault import Fault as Refusal
from shared.tlog.fault import Malformed
from shared.tlog.merkle import leaf_hash
from shared.tlog.note import BadSignature, NoKnownSignature
from shared.tlog.policy import Quorum, TooFewWitnesses
from shared.tlog.proof_file import Proof, Proven


@dataclass
class ProofOutcome:
    """What a proof proves, or why it does not."""

    source: str
    faults: Faults
    proven: Proven | None = None
    event: Opened | None = None

    @property
    def verified(self) -> bool:
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"verified": self.verified, "source": self.source}
        if self.proven:
            checkpoint = self.proven.checkpoint
            facts |= {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
            facts |= {"entry": self.proven.index, "signed_by": [each.key.name for each in self.proven.signed]}
            facts["cosigned"] = {key.name: at for key, at in self.proven.witnessed.items()}
        if self.event:
            value = self.event.value
            facts["event"] = {"topic": self.event.topic, "headers": dict(self.event.headers)}
            facts["event"]["value"] = None if value is None else value.decode("utf-8", "replace")
        return facts | {"faults": [fault.as_dict() for fault in self.faults]}


def check_proof(path: Path, trust: Trust, witnesses: Quorum) -> ProofOutcome:
    """Raises Unreadable, NoKey."""
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"Look whether {path} can be read: {error.strerror}."
        raise Unreadable(message) from error
    outcome = ProofOutcome(str(path), Faults())
    if not trust.keys:
        raise NoKey
    try:
        proof = Proof.parse(data)
        entry, outcome.event = entry_of(proof.extra or b"")
        outcome.proven = proof_file.verify(proof, leaf_hash(entry), logs=trust.keys, witnesses=witnesses)
    except (Refusal, NotAnEntry) as refusal:
        # What is not proven is not shown, or somebody would believe it.
        outcome.event = None
        outcome.faults.add(_named(refusal, trust, witnesses))
    return outcome


def _named(refusal: Exception, trust: Trust, witnesses: Quorum) -> Fault:
    match refusal:
        case BadSignature():
            return ForgedSignature(f"{refusal.name}+{refusal.key_id.hex()}", "the proof's checkpoint")
        case NoKnownSignature():
            return UnknownSignature(tuple(refusal.signed_by), tuple(refusal.known), "the proof's checkpoint")
        case UnknownLog():
            return UnknownSignature((refusal.origin,), tuple(key.vkey for key in trust.keys), "the proof's checkpoint")
        case TooFewWitnesses():
            return WitnessMissing(tuple(refusal.cosigned_by), witnesses.needed, tuple(refusal.known))
        case Malformed() | NotAnEntry():
            return MalformedProof(str(refusal))
        case _:
            return NotProven(str(refusal))
