"""Who signed, and who should have."""

from dataclasses import dataclass

from infra.verify.faults.fault import Fault


@dataclass(frozen=True)
class MalformedCheckpoint(Fault):
    SLUG = "malformed-checkpoint"
    reason: str

    def __str__(self) -> str:
        return f"The checkpoint can't be read: {self.reason}"


@dataclass(frozen=True)
class ForgedSignature(Fault):
    SLUG = "forged-signature"
    key: str
    of: str = "the checkpoint"

    def __str__(self) -> str:
        return f"A signature under {self.of} claims to be of {self.key} and is not: text or signature was changed."


@dataclass(frozen=True)
class UnknownSignature(Fault):
    SLUG = "unknown-signature"
    signed_by: tuple[str, ...]
    trusted: tuple[str, ...]
    of: str = "the checkpoint"

    def __str__(self) -> str:
        signed, trusted = ", ".join(self.signed_by) or "nobody", ", ".join(self.trusted) or "nobody"
        return f"No trusted key signed {self.of}: it is signed by {signed}, and trusted are {trusted}."


@dataclass(frozen=True)
class AnotherLog(Fault):
    SLUG = "another-log"
    origin: str
    expected: str

    def __str__(self) -> str:
        return f"The checkpoint is of the log {self.origin}, not of {self.expected}."


@dataclass(frozen=True)
class MalformedKey(Fault):
    SLUG = "malformed-key"
    reason: str

    def __str__(self) -> str:
        return f"The log's own list of keys can't be read: {self.reason}"


@dataclass(frozen=True)
class UnlistedKey(Fault):
    SLUG = "unlisted-key"
    key: str

    def __str__(self) -> str:
        return f"{self.key} signed the checkpoint, and the log's own list of keys does not have it."


@dataclass(frozen=True)
class WitnessMissing(Fault):
    SLUG = "witness-missing"
    cosigned_by: tuple[str, ...]
    needed: int
    known: tuple[str, ...]

    def __str__(self) -> str:
        found, known = ", ".join(self.cosigned_by) or "nobody", ", ".join(self.known)
        return f"Too few witnesses cosigned the checkpoint: {found}, where {self.needed} of {known} are asked for."
