"""A journal that somebody tampered with is not verified, and the fault is named; a clean one is never suspected."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.verify.checking import Asked, check
from infra.verify.earlier import State
from infra.verify.outcome import Outcome
from infra.verify.sources import Folder
from infra.verify.trust import Trust
from shared import journal
from shared.tlog import bundles
from shared.tlog.checkpoint import Checkpoint
from shared.tlog.keys import SigningKey
from tests.support.journals import KEY, NEXT_KEY, WITNESS, Journal, entries, entry, event, put

TRUST = Trust((KEY.verifier,), "given")
CLEAN = entries(600, sealed=3)
OPEN = entries(600)


async def verified(folder: Path, **asked: Any) -> Outcome:
    return await check(Folder(folder), Asked(**{"trust": TRUST, **asked}))


def named(outcome: Outcome, *facts: str) -> list[tuple[Any, ...]]:
    """The faults, as slug and the facts asked for."""
    return [(fault.SLUG, *(getattr(fault, fact, None) for fact in facts)) for fault in outcome.faults]


def rebundled(folder: Path, changed: Sequence[bytes]) -> None:
    """Other entries under the tiles and the checkpoint that are there."""
    for index in range(0, max(len(changed), 600), 256):
        place = f"tile/entries/{index // 256:03}"
        path = folder / (place if index + 256 <= 600 else f"{place}.p/{600 - index}")
        path.write_bytes(bundles.pack(changed[index : index + 256] if index < 512 else changed[index:]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Journal(CLEAN).write(tmp_path / "log")


async def test_a_clean_log_is_verified(folder: Path) -> None:
    outcome = await verified(folder)

    assert outcome.verified, named(outcome)
    assert (outcome.size, outcome.origin, outcome.trust) == (600, KEY.name, "given")
    assert (outcome.opened, outcome.sealed) == (400, 200)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, 512, 599])
async def test_an_edited_entry_is_named(folder: Path, index: int) -> None:
    rebundled(folder, [*CLEAN[:index], entry(index, text="edited"), *CLEAN[index + 1 :]])

    assert named(await verified(folder), "entry") == [("edited-entry", index)]


async def test_one_byte_of_a_sealed_entry_is_named(folder: Path) -> None:
    changed = CLEAN[300].replace(CLEAN[300][15:16], b"0" if CLEAN[300][15:16] != b"0" else b"1", 1)
    rebundled(folder, [*CLEAN[:300], changed, *CLEAN[301:]])

    assert ("edited-entry", 300) in named(await verified(folder), "entry")


async def test_a_time_with_other_digits_is_an_edit(tmp_path: Path) -> None:
    folder = Journal(OPEN).write(tmp_path)
    changed = OPEN[0].replace(b"10:00:00.000000Z", b"10:00:00Z", 1)
    assert changed != OPEN[0]
    rebundled(folder, [changed, *OPEN[1:]])

    assert named(await verified(folder), "entry") == [("edited-entry", 0)]


@pytest.mark.parametrize("index", [0, 100, 255, 256, 598])
async def test_a_missing_entry_is_named(folder: Path, index: int) -> None:
    rebundled(folder, [*CLEAN[:index], *CLEAN[index + 1 :]])

    assert named(await verified(folder), "entry") == [("missing-entry", index)]


async def test_an_inserted_entry_is_named(folder: Path) -> None:
    rebundled(folder, [*CLEAN[:300], entry(9_999), *CLEAN[300:]])

    assert named(await verified(folder), "entry") == [("inserted-entry", 300)]


@pytest.mark.parametrize(("one", "other"), [(3, 4), (3, 590), (0, 599)])
async def test_swapped_entries_are_named(folder: Path, one: int, other: int) -> None:
    changed = list(CLEAN)
    changed[one], changed[other] = changed[other], changed[one]
    rebundled(folder, changed)

    assert named(await verified(folder), "entry", "other") == [("reordered-entries", one, other)]


async def test_a_moved_entry_is_named(folder: Path) -> None:
    rebundled(folder, [*CLEAN[:10], *CLEAN[11:200], CLEAN[10], *CLEAN[200:]])

    assert named(await verified(folder), "entry", "other") == [("reordered-entries", 10, 199)]


async def test_a_tail_that_was_cut_off_is_named(folder: Path) -> None:
    rebundled(folder, CLEAN[:550])

    assert named(await verified(folder), "size", "expected") == [("truncated", 550, 600)]


async def test_a_tail_whose_files_are_gone_is_named(folder: Path) -> None:
    (folder / "tile/entries/002.p/88").unlink()
    (folder / "tile/0/002.p/88").unlink()

    assert named(await verified(folder), "size", "expected") == [("truncated", 512, 600)]


@pytest.mark.parametrize("size", [10**7, 2**62])
async def test_a_size_that_nobody_could_read_is_a_fault_at_once(folder: Path, tmp_path: Path, size: int) -> None:
    """Signed by the true key, over a root that nobody has: whoever reads on until the end never comes back."""
    shutil.copytree(folder, older := tmp_path / "older")
    absurd = Checkpoint(origin=KEY.name, size=size, root=bytes(32)).signed(KEY)
    put(folder / "checkpoint", absurd.encode())

    outcome = await verified(folder)
    beside = await verified(older, against=[Folder(folder)])

    assert named(outcome, "size", "expected") == [("truncated", 512, size)]
    assert "forked" in {slug for (slug,) in named(beside)} or "truncated" in {slug for (slug,) in named(beside)}


async def test_a_bundle_that_is_gone_is_named(folder: Path) -> None:
    (folder / "tile/entries/001").unlink()

    assert named(await verified(folder), "entry", "count") == [("missing-entry", 256, 256)]


async def test_a_bundle_that_can_not_be_taken_apart_is_named_with_its_first_wrong_entry(folder: Path) -> None:
    path = folder / "tile/entries/001"
    at = sum(2 + len(each) for each in CLEAN[256:300])
    content = path.read_bytes()
    path.write_bytes(content[:at] + b"\xff\xff" + content[at + 2 :])

    assert ("damaged-bundle", "tile/entries/001") in named(await verified(folder), "path")


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"])
async def test_a_damaged_tile_is_named(folder: Path, path: str) -> None:
    content = (folder / path).read_bytes()
    (folder / path).write_bytes(bytes([content[0] ^ 1]) + content[1:])

    assert named(await verified(folder), "path") == [("damaged-tile", path)]


async def test_an_entry_edited_with_its_tile_is_found_in_its_bundle_and_named_by_an_older_copy(tmp_path: Path) -> None:
    clean, edited = Journal(CLEAN), Journal([*CLEAN[:300], entry(300, text="edited"), *CLEAN[301:]])
    folder, older = clean.write(tmp_path / "log"), clean.write(tmp_path / "older")
    for path in ("tile/entries/001", "tile/0/001"):
        edited.write(tmp_path / "edited")
        put(folder / path, (tmp_path / "edited" / path).read_bytes())

    alone, beside = await verified(folder), await verified(folder, against=[Folder(older)])

    assert named(alone, "first", "last") == [("altered-within", 256, 511)]
    assert ("edited-entry", 300) in named(beside, "entry")


async def test_a_new_tree_that_nobody_signed_is_named(tmp_path: Path) -> None:
    folder = Journal(CLEAN).write(tmp_path / "log")
    checkpoint = (folder / "checkpoint").read_bytes()
    Journal([*CLEAN[:7], entry(7, text="edited"), *CLEAN[8:]]).write(folder)
    (folder / "checkpoint").write_bytes(checkpoint)

    assert named(await verified(folder), "signed") == [("rewritten", False)]


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        (lambda note: note.replace(b"\n600\n", b"\n599\n"), "forged-signature"),
        (lambda note: note[:-10] + (b"A" if note[-10:-9] != b"A" else b"B") + note[-9:], "forged-signature"),
        (lambda note: note[:-3], "malformed-checkpoint"),
        (lambda note: note.replace(b"datacity.test/log", b"datacity.else/log", 1), "forged-signature"),
    ],
)
async def test_a_forged_checkpoint_is_named(folder: Path, change: Callable[[bytes], bytes], slug: str) -> None:
    note = (folder / "checkpoint").read_bytes()
    (folder / "checkpoint").write_bytes(change(note))

    assert named(await verified(folder))[0] == (slug,)


async def test_a_checkpoint_signed_by_another_key_is_named(tmp_path: Path) -> None:
    folder = Journal(CLEAN, keys=[SigningKey.generate(KEY.name)]).write(tmp_path)

    assert ("unknown-signature",) in named(await verified(folder))


async def test_a_key_is_followed_by_the_next_one_while_both_sign(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    steps: list[tuple[list[SigningKey], SigningKey]] = [
        ([KEY], KEY),
        ([NEXT_KEY, KEY], KEY),
        ([NEXT_KEY, KEY], NEXT_KEY),
        ([NEXT_KEY], NEXT_KEY),
    ]

    for nth, (keys, trusted) in enumerate(steps, start=1):
        folder = Journal(CLEAN[: 100 * nth], keys=keys).write(tmp_path / f"log-{nth}")
        outcome = await verified(folder, trust=Trust((trusted.verifier,), "given"), state=state)
        assert outcome.verified, named(outcome)
        others = [key.verifier.vkey for key in keys if key is not trusted]
        assert outcome.not_trusted == others

    assert (await verified(folder, trust=Trust(), state=state)).trust == "pinned"
    assert ("unknown-signature",) in named(await verified(tmp_path / "log-1", trust=Trust(), state=state))


async def test_the_first_use_trusts_the_logs_own_key_and_says_so(folder: Path, tmp_path: Path) -> None:
    first = await verified(folder, trust=Trust(), state=State(tmp_path / "state"))
    second = await verified(folder, trust=Trust(), state=State(tmp_path / "state"))

    assert first.verified
    assert (first.trust, second.trust) == ("first use", "pinned")
    assert "taken from the log itself" in first.undecided[0]


# Against what was seen before.


async def test_a_log_that_grew_continues_the_one_that_was_verified(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    for size in (1, 256, 257, 300, 512, 600):
        outcome = await verified(Journal(CLEAN[:size]).write(tmp_path / str(size)), state=state)
        assert outcome.verified, named(outcome)

    kept = sorted(str(path.relative_to(state.folder)) for path in state.folder.rglob("*") if path.is_file())
    assert kept == ["checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "trusted"]
    assert outcome.compared_with == [{"with": f"an earlier run ({state.folder})", "size": 512, "entries_known": True}]


REWRITES = [
    ("edited-entry", 5, lambda old: [*old[:5], entry(5, text="edited"), *old[6:]]),
    ("missing-entry", 5, lambda old: [*old[:5], *old[6:], entry(9_000)]),
    ("inserted-entry", 5, lambda old: [*old[:5], entry(9_000), *old[5:]]),
    ("reordered-entries", 5, lambda old: [*old[:5], old[40], *old[6:40], old[5], *old[41:]]),
]


@pytest.mark.parametrize("more", [0, 50])
@pytest.mark.parametrize(("slug", "index", "rewrite"), REWRITES)
async def test_history_rewritten_with_a_new_tree_and_the_true_key_is_named(
    tmp_path: Path, slug: str, index: int, rewrite: Callable[[list[bytes]], list[bytes]], more: int
) -> None:
    state = State(tmp_path / "state")
    assert (await verified(Journal(CLEAN).write(tmp_path / "log"), state=state)).verified
    folder = Journal([*rewrite(CLEAN), *entries(700)[650 : 650 + more]]).write(tmp_path / "new")

    alone, beside = await verified(folder), await verified(folder, state=state)

    assert not [fault for fault in alone.faults if fault.SLUG in {"forked", "rewritten"}]
    assert "nothing older" in " ".join(alone.undecided)
    found = named(beside, "entry")
    assert {("forked", None), ("rewritten", None), (slug, index)} <= set(found)
    assert list((tmp_path / "state").glob("contradicting-*"))
    assert (await verified(tmp_path / "log", state=state)).verified, "what was verified stays what is compared with"


async def test_everything_rewritten_is_named(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    await verified(Journal(CLEAN).write(tmp_path / "log"), state=state)
    folder = Journal([entry(nth, text="other") for nth in range(600)]).write(tmp_path / "new")

    assert {("forked",), ("rewritten",)} <= set(named(await verified(folder, state=state)))


async def test_two_logs_from_one_are_a_fork_from_where_they_part(tmp_path: Path) -> None:
    one = Journal([*CLEAN[:400], *(entry(1_000 + nth) for nth in range(100))]).write(tmp_path / "one")
    other = Journal([*CLEAN[:400], *(entry(2_000 + nth) for nth in range(200))]).write(tmp_path / "other")

    for here, there in ((one, other), (other, one), (one, one)):
        outcome = await verified(here, against=[Folder(there)])
        assert named(outcome, "common") == ([] if here == there else [("forked", 400)])


async def test_a_fork_is_seen_by_the_checkpoint_alone(tmp_path: Path) -> None:
    one = Journal(CLEAN[:400]).write(tmp_path / "one")
    other = Journal([*CLEAN[:399], entry(2_000), *CLEAN[400:]]).write(tmp_path / "other")
    for path in (one / "tile").rglob("*"):
        if path.is_file():
            path.unlink()

    outcome = await verified(other, against=[Folder(one)])

    assert named(outcome, "common") == [("forked", None)]
    assert "no copy of its tree" in str(next(iter(outcome.faults)))


async def test_a_log_that_shrank_is_truncated(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    await verified(Journal(CLEAN).write(tmp_path / "log"), state=state)

    outcome = await verified(Journal(CLEAN[:500]).write(tmp_path / "new"), state=state)

    assert named(outcome, "size", "expected") == [("truncated", 500, 600)]


# Witnesses and numbers.


async def test_a_witness_that_did_not_cosign_is_missed(tmp_path: Path) -> None:
    with_it = Journal(CLEAN).write(tmp_path / "with", WITNESS)
    without = Journal(CLEAN).write(tmp_path / "without")
    asked = {"witnesses": (WITNESS.verifier,), "witnesses_needed": 1}

    assert (await verified(with_it, **asked)).cosigned
    assert named(await verified(without, **asked)) == [("witness-missing",)]
    content = (with_it / "checkpoint").read_bytes()
    (with_it / "checkpoint").write_bytes(
        content[:-20] + (b"AA" if content[-20:-18] != b"AA" else b"BB") + content[-18:]
    )
    assert ("forged-signature",) in named(await verified(with_it, **asked))


async def test_numbers_within_an_aggregate_are_checked_where_all_is_open(tmp_path: Path) -> None:
    def told(*numbers: int) -> list[bytes]:
        return [journal.framed(event(7 * nth, sequence=number)) for nth, number in enumerate(numbers)]

    cases: list[tuple[list[bytes], list[str]]] = [
        (told(1, 2, 3), []),
        (told(1, 2, 5), ["gap"]),
        (told(2), ["gap"]),
        (told(1, 2, 2), ["repeated-number"]),
        (told(1, 3, 2), ["out-of-order"]),
        ([*told(1, 5), entry(1, is_sealed=True)], []),
    ]
    for nth, (given_, slugs) in enumerate(cases):
        outcome = await verified(Journal(given_).write(tmp_path / str(nth)))
        assert [slug for (slug,) in named(outcome)] == slugs


async def test_an_entry_in_none_of_the_forms_is_named(tmp_path: Path) -> None:
    folder = Journal([*OPEN[:3], b"anything"]).write(tmp_path)

    assert named(await verified(folder), "entry") == [("malformed-entry", 3)]


# Whatever else one may think of.


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=6))
async def test_a_clean_log_of_any_history_never_alarms(steps: list[int]) -> None:
    with tempfile.TemporaryDirectory() as place:
        state = State(Path(place) / "state")
        older: list[Folder] = []
        size = 0
        for nth, step in enumerate(steps):
            size = min(len(CLEAN), size + step)
            folder = Journal(CLEAN[:size]).write(Path(place) / str(nth))
            outcome = await verified(folder, state=state, against=older)
            assert outcome.verified, named(outcome)
            older.append(Folder(folder))


MUTATIONS = st.one_of(
    st.tuples(st.just("flip"), st.integers(0, 2**30), st.integers(1, 255)),
    st.tuples(st.just("cut"), st.integers(0, 2**30), st.just(0)),
    st.tuples(st.just("add"), st.integers(0, 2**30), st.integers(0, 255)),
    st.tuples(st.just("remove"), st.just(0), st.just(0)),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([1, 2, 255, 256, 257, 300]), st.integers(0, 100), MUTATIONS)
async def test_any_mutation_of_any_file_is_noticed(size: int, which: int, mutation: tuple[str, int, int]) -> None:
    kind, at, bits = mutation
    with tempfile.TemporaryDirectory() as place:
        folder = Journal(CLEAN[:size]).write(Path(place))
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        path = files[which % len(files)]
        content = path.read_bytes()
        at %= len(content)
        if kind == "flip":
            path.write_bytes(content[:at] + bytes([content[at] ^ bits]) + content[at + 1 :])
        elif kind == "cut":
            path.write_bytes(content[:at])
        elif kind == "add":
            path.write_bytes(content[:at] + bytes([bits]) + content[at:])
        elif path.parent != folder:
            path.unlink()
        else:
            return

        assert not (await verified(folder)).verified
