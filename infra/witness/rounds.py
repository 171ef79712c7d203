"""One look at the log: is it the one that was seen before, only longer? Then remember it, sign it, and hand that in."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from infra.verify.sources import Absent, Site, Unreadable
from infra.verify.trust import Trust, opened
from infra.witness.memory import Memory, MemoryFile
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.cosignature import CosigningKey, cosign
from shared.tlog.encoding import hashes_from_lines
from shared.tlog.fault import Fault
from shared.tlog.keys import VerifierKey
from shared.tlog.note import Note, format_signatures
from shared.tlog.witness import AddCheckpoint, check

log = structlog.get_logger(__name__)


class Refused(Exception):
    """The log contradicts what it said before, or somebody speaks in its name: nothing was signed."""

    def __init__(self, why: str, evidence: str) -> None:
        super().__init__(f"Tell the log's operator and the other witnesses: {why} Nothing was signed; see {evidence}.")
        self.why = why
        self.evidence = evidence


@dataclass(frozen=True)
class Witness:
    """A key, a memory, and the log that it looks at."""

    key: CosigningKey
    memory: MemoryFile
    site: Site
    given: tuple[VerifierKey, ...] = ()
    clock: Callable[[], float] = time.time

    @property
    def api(self) -> str:
        return f"{self.site.api}/journal"

    async def look(self) -> bool:
        """Whether there was something to cosign. Raises Refused, Unreadable."""
        memory = await self._trusting(self.memory.load())
        note = await self._signed(memory)
        if memory.note is not None and memory.posted and note.text == memory.note.text:
            return False
        await self._continues(memory, note)
        # On the disk before it is signed: if we are cut off now, we still know what we may have signed.
        memory = memory.seen(note)
        self.memory.save(memory)
        await self._hand_in(note)
        self.memory.save(replace(memory, posted=True))
        return True

    async def _trusting(self, memory: Memory) -> Memory:
        """With the keys that were given, else those of the first look, else, said plainly, the log's own."""
        if self.given:
            return replace(memory, keys=self.given)
        if memory.keys:
            return memory
        keys = tuple(VerifierKey.parse(line) for line in (await self._file("vkey")).decode().split())
        log.warning("log_key_trusted_on_first_use", vkeys=[key.vkey for key in keys])
        return replace(memory, keys=keys)

    async def _signed(self, memory: Memory) -> Note:
        """The log's checkpoint. Raises Refused if no trusted key signed it."""
        data = await self._file("checkpoint")
        head, faults = opened(data, Trust(memory.keys, "pinned"))
        if head is None or faults:
            raise self._refused(str(faults[0]), memory, data.decode("utf-8", "replace"), proof=())
        return head.note

    async def _continues(self, memory: Memory, note: Note) -> None:
        known = memory.latest.size if memory.latest else 0
        request = AddCheckpoint(old_size=known, proof=(), checkpoint=note)
        try:
            # A log that shrank, or has another root at the same size, is known without asking for a proof.
            size = Checkpoint.parse(note.text).size
            if 0 < known < size:
                request = replace(request, proof=await self._proof(known, size))
            check(request, logs=memory.keys, latest=memory.latest)
        except Fault as fault:
            raise self._refused(str(fault), memory, note.encode().decode(), proof=request.proof) from fault

    async def _proof(self, old_size: int, size: int) -> tuple[bytes, ...]:
        answer = await self.site.ask(f"{self.api}/consistency", params={"old_size": old_size, "size": size})
        told = answer.json() if answer.status_code == 200 else {}
        hashes = hashes_from_lines(told.get("hashes", ())) if answer.status_code == 200 else None
        if hashes is None:
            message = f"Look at {answer.url}: it answers {answer.status_code} instead of a proof."
            raise Unreadable(message)
        return hashes

    async def _hand_in(self, note: Note) -> None:
        size = Checkpoint.parse(note.text).size
        signature = cosign(note, self.key, at=int(self.clock()))
        answer = await self.site.ask(
            f"{self.api}/checkpoints/{size}/cosignatures",
            method="POST",
            content=format_signatures([signature]),
            headers={"Content-Type": "text/plain"},
        )
        if answer.status_code != 201:
            message = (
                f"Ask the log's operator whether {self.key.verifier.vkey} is among its witnesses: the signature of "
                f"{size} was answered by {answer.status_code} {answer.text[:200]}"
            )
            raise Unreadable(message)
        log.info("checkpoint_cosigned", size=size)

    async def _file(self, path: str) -> bytes:
        try:
            return await self.site.read(path)
        except Absent:
            message = f"Look at {self.site.name}/{path}: it is not there, so this is no log's address."
            raise Unreadable(message) from None

    def _refused(self, why: str, memory: Memory, told: str, *, proof: tuple[bytes, ...]) -> Refused:
        """Keep both notes: together, two signed ones that contradict each other prove it to anybody."""
        before = "" if memory.note is None else memory.note.encode().decode()
        hashes = "".join(f"{each.hex()}\n" for each in proof)
        content = f"{why}\n\n== seen before\n{before}\n== told now\n{told}\n== proof\n{hashes}"
        name = f"evidence-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
        path = str(self.memory.keep_evidence(name, content))
        log.error("witness_refuses", why=why, evidence=path)
        return Refused(why, path)
