"""How a draft's saves meet, and which of them are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from services.applications.domain.drafts import Outcome, Settled, Value, settle
from services.applications.domain.versions import EXACT_FOR, MOST_KEPT, Version, content_at, sittings, thinned
from shared.differences import merged

BEGAN = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
LATER = BEGAN + timedelta(days=1)
AMAL, BADR = uuid4(), uuid4()


def met(base: Value, mine: Value, theirs: Value) -> Settled:
    return settle(
        "summary",
        base=base,
        mine=mine,
        theirs=theirs,
        merge=lambda base, mine, theirs: merged(base, mine=mine, theirs=theirs),
    )


def test_what_one_of_two_changed_is_taken() -> None:
    assert (met("a", "b", "a").outcome, met("a", "b", "a").value) == (Outcome.SAVED, "b")
    assert (met("a", "a", "b").outcome, met("a", "a", "b").value) == (Outcome.MERGED, "b")
    assert (met("a", "b", "b").outcome, met("a", "b", "b").value) == (Outcome.SAVED, "b")


def test_two_changes_of_one_text_are_merged_and_what_was_sent_is_kept_beside() -> None:
    settled = met("one two three", "ONE two three", "one two THREE")

    assert (settled.outcome, settled.value, settled.is_apart) == (Outcome.MERGED, "ONE two THREE", True)


def test_words_that_meet_leave_the_draft_as_it_is_and_are_kept_aside() -> None:
    settled = met(None, "my own words", "their own words")

    assert (settled.outcome, settled.value, settled.yours) == (Outcome.KEPT_ASIDE, "their own words", "my own words")


def test_of_two_dates_or_lists_none_is_made_up_from_both() -> None:
    assert met("2026-01-01", "2026-01-02", "2026-03-01").outcome is Outcome.KEPT_ASIDE
    assert met(["a"], ["a", "b"], ["c", "a"]).outcome is Outcome.KEPT_ASIDE


def test_emptied_and_written_on_meet() -> None:
    assert met("some words", None, "some more words").outcome is Outcome.KEPT_ASIDE
    assert met("some words", None, "some words").value is None


def save(number: int, author: UUID, *, minute: float, aside: dict[str, Value] | None = None, **changes: Any) -> Version:
    at = BEGAN + timedelta(minutes=minute)
    return Version(number=number, author_id=author, pen=None, since=at, saved_at=at, changes=changes, aside=aside or {})


def test_what_one_member_saved_in_one_sitting_is_one_version() -> None:
    saves = [save(n, AMAL, minute=n, title=f"title {n}") for n in range(1, 15)]

    groups = sittings(saves)

    assert [[each.number for each in group] for group in groups] == [list(range(1, 11)), list(range(11, 15))]


def test_two_who_write_different_fields_at_once_make_two_versions() -> None:
    both = [(AMAL, "title"), (BADR, "summary")]
    saves = [save(n, both[n % 2][0], minute=n / 10, **{both[n % 2][1]: f"{n}"}) for n in range(1, 9)]

    assert [group[-1].number for group in sittings(saves)] == [7, 8]


def test_who_writes_after_another_in_the_same_field_makes_a_version_of_its_own() -> None:
    saves = [save(n, AMAL if n % 2 else BADR, minute=n / 10, title=f"title {n}") for n in range(1, 5)]

    assert [group[-1].number for group in sittings(saves)] == [1, 2, 3, 4]


def test_words_that_were_kept_aside_stay() -> None:
    saves = [
        save(1, AMAL, minute=0, title="a"),
        save(2, AMAL, minute=1, aside={"summary": "words that met"}),
        save(3, AMAL, minute=2, title="b"),
    ]

    assert [version.aside for version in thinned(saves, now=LATER)] == [{"summary": "words that met"}, {}]


def test_single_saves_are_kept_for_a_while() -> None:
    saves = [save(n, AMAL, minute=n / 60, title=f"title {n}") for n in range(1, 60)]
    soon = saves[-1].saved_at + EXACT_FOR / 2

    assert thinned(saves, now=soon) == saves
    assert [version.number for version in thinned(saves, now=LATER)] == [59]


written = st.lists(
    st.tuples(
        st.sampled_from([AMAL, BADR]),
        st.integers(0, 400),
        st.dictionaries(
            st.sampled_from(["title", "summary", "answers/problem"]), st.text("ab", max_size=2), min_size=1
        ),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(written, st.integers(0, 20_000))
def test_thinning_changes_nothing_of_what_the_draft_says(
    rows: list[tuple[UUID, int, dict[str, Value]]], minutes: int
) -> None:
    saves, minute = [], 0.0
    for number, (author, waited, changes) in enumerate(rows, start=1):
        minute += waited / 60
        saves.append(save(number, author, minute=minute, **changes))

    kept = thinned(saves, now=BEGAN + timedelta(minutes=minutes))

    assert content_at(kept) == content_at(saves)
    assert content_at(thinned(kept, now=LATER)) == content_at(saves)


def test_versions_are_bounded_and_the_oldest_are_joined() -> None:
    saves = [save(n, AMAL, minute=20.0 * n, title=f"title {n}") for n in range(1, MOST_KEPT + 50)]
    saves[0] = save(1, AMAL, minute=20, summary="said once")

    kept = thinned(saves, now=LATER + timedelta(days=30))

    assert len(kept) == MOST_KEPT
    assert content_at(kept[:1])["summary"] == "said once"
