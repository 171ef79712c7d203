"""The last proof: the journal is read as anybody may read it, and a startup's receipt is held against it."""

from infra.demo.client import Platform, Refused
from infra.demo.story import Check, NeverHappened, Story
from shared import journal
from shared.receipts import read_receipt
from shared.tlog import bundles, proof_file
from shared.tlog.checkpoint import Checkpoint, verified
from shared.tlog.growing import Edge, grow
from shared.tlog.keys import VerifierKey
from shared.tlog.merkle import leaf_hash, leaf_hashes
from shared.tlog.tiles import new_bundles


async def the_journal_holds_every_event(story: Story, events: int) -> Check:
    """All entries, hashed from their published bytes, have the root that is signed."""
    promise = "The journal is sealed over every event, and its entries have the root that is signed"
    platform = story.platform

    async def sealed() -> Checkpoint | None:
        try:
            return await published()
        except Refused as refusal:
            if refusal.slug != "nothing-sealed-yet":
                raise
            return None

    async def published() -> Checkpoint | None:
        key = await log_key(platform)
        note = (await platform.request(None, "GET", "/log/checkpoint")).content
        checkpoint, _ = verified(note, origin=key.name, keys=[key])
        return checkpoint if checkpoint.size >= events else None

    try:
        checkpoint = await story.until("the journal to be sealed", sealed)
    except NeverHappened as never:
        return Check(promise, kept=False, found=str(never))
    edge, in_clear = Edge(), 0
    for bundle in new_bundles(0, checkpoint.size):
        content = (await platform.request(None, "GET", f"/log/{bundle.path}")).content
        entries = bundles.unpack(content, width=bundle.width)
        in_clear += sum(journal.check_entry(entry) is not None for entry in entries)
        edge, _ = grow(edge, leaf_hashes(entries))
    found = f"{edge.size} entries, {in_clear} of them in clear, root {edge.root.hex()[:16]}…"
    return Check(promise, kept=edge.root == checkpoint.root, found=found)


async def a_receipt_is_proven(story: Story) -> Check:
    """What a startup was told when it submitted is what the journal holds; checked with two keys and no service."""
    promise = "A startup's receipt is proven to be in the journal, offline"
    if not story.receipts:
        return Check(promise, kept=False, found="nobody got a receipt: set DATACITY_RECEIPT_KEY for applications")
    startup, text = next(iter(story.receipts.items()))
    lead = story.cast.startup(startup).lead
    vkey = (await story.platform.request(None, "GET", "/api/applications/v1/receipt-key")).text
    receipt = read_receipt(text.encode(), [VerifierKey.parse(vkey.strip())])
    path = f"/api/notifications/v1/journal/events/{receipt.event}/proof"
    proof = proof_file.Proof.parse((await story.platform.request(lead, "GET", path)).content)
    entry, opened = journal.entry_of(proof.extra or b"")
    proven = proof_file.verify(proof, leaf_hash(entry), logs=[await log_key(story.platform)])
    return Check(
        promise,
        kept=opened.value == receipt.value,
        found=f"“{startup}”, received {receipt.time}: entry {proven.index} of {proven.checkpoint.size}",
    )


async def log_key(platform: Platform) -> VerifierKey:
    return VerifierKey.parse((await platform.request(None, "GET", "/log/vkey")).text.strip())
