"""What changed between two texts, and what two changes come to together."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.differences import Piece, differences, merged, words

texts = st.lists(
    st.sampled_from(["leak", "pump", "l'eau", "تسرّب", "الماء", ",", ".", " ", " ", "\n"]), max_size=30
).map("".join)


def read(pieces: list[Piece], *kinds: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind in kinds)


@given(texts)
def test_words_are_the_whole_text(text: str) -> None:
    assert "".join(words(text)) == text


@settings(max_examples=60)
@given(texts, texts)
def test_what_stayed_and_went_is_the_old_text_and_what_stayed_and_came_the_new(before: str, after: str) -> None:
    pieces = differences(before, after)

    assert read(pieces, "same", "removed") == before
    assert read(pieces, "same", "added") == after
    assert all(piece.text for piece in pieces)


def test_a_difference_is_told_in_words_of_either_script() -> None:
    assert differences("Leaks are found late.", "Leaks are found early.") == [
        Piece("same", "Leaks are found "),
        Piece("removed", "late"),
        Piece("added", "early"),
        Piece("same", "."),
    ]
    assert differences("نكشف التسرّب متأخرا", "نكشف التسرّب مبكرا") == [
        Piece("same", "نكشف التسرّب "),
        Piece("removed", "متأخرا"),
        Piece("added", "مبكرا"),
    ]


def test_a_space_between_two_changed_words_is_no_news() -> None:
    assert differences("one two three", "one 2 3") == [
        Piece("same", "one "),
        Piece("removed", "two three"),
        Piece("added", "2 3"),
    ]


@settings(max_examples=60)
@given(texts, texts)
def test_what_one_side_alone_changed_is_taken(base: str, changed: str) -> None:
    assert merged(base, mine=changed, theirs=base) == changed
    assert merged(base, mine=base, theirs=changed) == changed
    assert merged(base, mine=changed, theirs=changed) == changed


@settings(max_examples=60)
@given(texts, texts, texts)
def test_it_is_the_same_whoever_comes_first(base: str, one: str, other: str) -> None:
    assert merged(base, mine=one, theirs=other) == merged(base, mine=other, theirs=one)


def test_changes_in_different_places_are_both_there() -> None:
    base = "Leaks are found late. The network loses water.\n\nWe listen to pipes."

    both = merged(
        base,
        mine=base.replace("late", "after months"),
        theirs=base + " At night, they are quiet.",
    )

    assert (
        both
        == "Leaks are found after months. The network loses water.\n\nWe listen to pipes. At night, they are quiet."
    )


def test_changes_that_meet_are_for_a_person_to_join() -> None:
    assert merged("It costs 100 dirhams.", mine="It costs 200 dirhams.", theirs="It costs 100 euros.") is None
    assert merged("", mine="We listen to pipes.", theirs="We look into pipes.") is None
    assert merged("a b c", mine="", theirs="a b c d") is None


def test_a_text_made_to_be_slow_is_compared_by_lines() -> None:
    slow = " ".join(f"w{n * 7 % 101}" for n in range(5_000))
    other = " ".join(f"w{n * 11 % 103}" for n in range(5_000))

    pieces = differences(f"same line\n{slow}", f"same line\n{other}")

    assert [piece.kind for piece in pieces] == ["same", "removed", "added"]
