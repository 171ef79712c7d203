"""Under which letter somebody speaks of a file."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from services.selection.domain.discussions import letter, voices

THEN = datetime(2027, 3, 1, tzinfo=UTC)
ANY = UUID(int=1)


def of_file(file: int, jurors: list[UUID], *, at: datetime = THEN) -> list[tuple[UUID, datetime, UUID]]:
    return [(uuid5(ANY, f"{file} {juror}"), at, juror) for juror in jurors]


def test_letters_go_on_after_the_alphabet() -> None:
    assert [letter(place) for place in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


@given(st.integers(0, 1000), st.lists(st.uuids(), min_size=1, max_size=8, unique=True), st.randoms())
def test_a_letter_is_ones_own_in_a_file_whatever_order_reviews_are_read_in(
    file: int, jurors: list[UUID], random
) -> None:  # type: ignore[no-untyped-def]
    reviews = of_file(file, jurors)
    shuffled = random.sample(reviews, len(reviews))

    found = voices(reviews)

    assert sorted(found.values()) == sorted(letter(place) for place in range(len(jurors)))
    assert voices(shuffled) == found


@given(st.lists(st.uuids(), min_size=1, max_size=5, unique=True), st.uuids())
def test_who_joins_later_takes_no_letter_away(jurors: list[UUID], newcomer: UUID) -> None:
    first = of_file(1, [one for one in jurors if one != newcomer])
    later = of_file(1, [newcomer], at=THEN + timedelta(days=1))

    both = voices([*later, *first])

    assert {juror: both[juror] for juror in voices(first)} == voices(first)


def test_a_letter_in_one_file_says_nothing_of_another() -> None:
    """Over many files each of two jurors is as often A as B."""
    jurors = [UUID(int=1), UUID(int=2)]

    as_a = sum(voices(of_file(file, jurors))[jurors[0]] == "A" for file in range(400))

    assert 160 < as_a < 240
