"""A witness says that it saw a checkpoint, and that it continues all that it saw before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from services.notifications.views import journal
from shared.errors import Forbidden, Invalid, NotFound
from shared.tlog.cosignature import CosignerKey, cosigned_at
from shared.tlog.fault import Fault
from shared.tlog.note import Note, parse_signatures
from shared.work import Work

KEEP = text(
    """
    INSERT INTO journal_cosignature (size, witness, key_id, signature, cosigned_at, received_at)
    VALUES (:size, :witness, :key_id, :signature, :cosigned_at, :received_at) ON CONFLICT DO NOTHING
    """
)


class NoSuchCheckpoint(NotFound):
    message = "No checkpoint was signed over exactly so many entries. Cosign the one that /log/checkpoint gives."


class NotASignature(Invalid):
    slug = "not-a-signature"


class UnknownWitness(Forbidden):
    slug = "unknown-witness"
    message = "The signature is of no witness that the operator knows. Ask for your key to be added, and send it again."


@dataclass(frozen=True, kw_only=True)
class Cosigned:
    """Whose signature was kept."""

    witness: str
    key_id: bytes
    cosigned_at: datetime


def witnesses_of(vkeys: str) -> list[CosignerKey]:
    """The known witnesses, as the setting lists them. Raises MalformedKey, UnknownKeyType."""
    return [CosignerKey.parse(vkey) for vkey in vkeys.split()]


async def cosign(size: int, lines: bytes, known: Sequence[CosignerKey], work: Work) -> Cosigned:
    """Keep a witness's signature under the checkpoint of this size; sent again, it is kept once.

    Raises NoSuchCheckpoint, NotASignature, UnknownWitness.
    """
    note = await journal.checkpoint_at(work.session, size)
    if note is None:
        raise NoSuchCheckpoint
    try:
        found = Note(note.text, parse_signatures(lines)).signatures_by(known)
    except Fault as wrong:
        raise NotASignature(f"{wrong} Send one line of c2sp.org/tlog-cosignature.") from wrong
    if not found:
        raise UnknownWitness
    key, signature = found[0]
    at = datetime.fromtimestamp(cosigned_at(signature), UTC)
    values = {"size": size, "witness": key.name, "key_id": key.key_id, "signature": signature.value}
    connection = await work.session.connection()
    await connection.execute(KEEP, {**values, "cosigned_at": at, "received_at": work.now})
    return Cosigned(witness=key.name, key_id=key.key_id, cosigned_at=at)
