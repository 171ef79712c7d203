"""Reasons are compiled so that nothing tells whose words they are, and a machine points at what might."""

from uuid import UUID

import pytest

from services.selection.domain.leaks import Found, Hint, leaks_in, prints_of
from services.selection.domain.reasons import (
    LeaksSuspected,
    Passage,
    ReasonsEmpty,
    Written,
    check_signable,
    commitment,
    compile_reasons,
)
from services.selection.domain.tongues import language_of

JUROR, OTHER = UUID(int=1), UUID(int=2)
PRINTS = {JUROR: prints_of(JUROR, "Amina Bérrada-El Fassi"), OTHER: prints_of(OTHER, "أمينة العلوي")}


@pytest.mark.parametrize(
    ("text", "hint", "said"),
    [
        ("Cordialement, Amina B.", Hint.NAME, "Amina"),
        ("signé BERRADA", Hint.NAME, "BERRADA"),
        ("مع تحيات أَمِينة", Hint.NAME, "أَمِينة"),
        ("Write to a.b+jury@example.org.", Hint.MAIL, "a.b+jury@example.org"),
        ("Appelez le +212 6 12 34 56 78", Hint.PHONE, "+212 6 12 34 56 78"),
        ("اتصلوا بي على ٠٦١٢٣٤٥٦٧٨", Hint.PHONE, "٠٦١٢٣٤٥٦٧٨"),
        ("See https://example.org/me", Hint.LINK, "https://example.org/me"),
        ("find me as @example", Hint.LINK, "@example"),
        (f"I am {JUROR}", Hint.ID, str(JUROR)),
        ("Nous l'avons essayé dans mon laboratoire.", Hint.SPEAKER, "mon laboratoire"),
        ("As I told you at the fair, scale first.", Hint.SPEAKER, "As I told"),
        ("Comme je vous l'ai dit, mesurez d'abord.", Hint.SPEAKER, "Comme je vous l'ai dit"),
        ("جربناه في شركتي", Hint.SPEAKER, "شركتي"),
        ("Les autres jurés ont aimé.", Hint.OTHERS, "autres jurés"),
    ],
)
def test_what_may_tell_the_writer_is_pointed_at(text: str, hint: Hint, said: str) -> None:
    found = leaks_in(text, prints=PRINTS)

    assert [(text[one.start : one.end], one.hint) for one in found] == [(said, hint)]


@pytest.mark.parametrize(
    "text",
    [
        "A clear plan; say more about the data that you need, by 2026-11-27 at 18:00.",
        "Le budget de 1 200 000 dirhams paraît trop court pour 3 quartiers.",
        "خطة واضحة، لكن التكلفة غير محسوبة.",
        "El is no word to look for, nor is al.",
    ],
)
def test_plain_reasons_are_left_alone(text: str) -> None:
    assert leaks_in(text, prints=PRINTS) == []


def test_a_fingerprint_says_nothing_of_the_name_and_differs_between_people() -> None:
    assert not any("amina" in word for word in PRINTS[JUROR])
    assert not set(prints_of(JUROR, "Amina")) & set(prints_of(OTHER, "Amina"))
    assert len(PRINTS[JUROR]) == 3  # of two letters, a word is none to look for


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Le plan est clair mais les données manquent.", "fr"),
        ("The plan is clear but the data is missing.", "en"),
        ("الخطة واضحة لكن البيانات ناقصة IoT.", "ar"),
        ("IoT", "fr"),
    ],
)
def test_the_language_of_a_comment_is_guessed_by_its_letters_and_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_reasons_come_in_an_order_that_follows_neither_time_nor_juror() -> None:
    given = [
        Written(review_id=UUID(int=number), comment=f"Comment {number}.", remarks={"fit": f"Fit {number}."})
        for number in range(1, 9)
    ]

    passages = compile_reasons(given)

    assert passages == compile_reasons(reversed(given))
    comments = [passage.text.split()[1] for passage in passages if passage.criterion is None]
    remarks = [passage.text.split()[1] for passage in passages if passage.criterion == "fit"]
    assert sorted(comments) == sorted(remarks) == [f"{number}." for number in range(1, 9)]
    assert comments not in (sorted(comments), remarks)


def test_two_who_write_the_same_are_heard_once_and_who_writes_nothing_not_at_all() -> None:
    silent = Written(review_id=UUID(int=3), comment=None, remarks={})
    twice = [Written(review_id=UUID(int=number), comment=" Too early. ", remarks={}) for number in (1, 2)]

    assert [passage.text for passage in compile_reasons([silent, *twice])] == ["Too early."]


def test_nothing_is_signed_that_is_empty_or_that_somebody_has_not_looked_at() -> None:
    said = [Passage(text="Write to a@example.org.", language="en")]
    found = leaks_in(said[0].text, prints={})

    with pytest.raises(ReasonsEmpty):
        check_signable([], [], despite_hints=True)
    with pytest.raises(LeaksSuspected) as refused:
        check_signable(said, found, despite_hints=False)
    check_signable(said, found, despite_hints=True)

    assert refused.value.extra == {"hints": ["mail"]}
    assert found == [Found(start=9, end=22, hint=Hint.MAIL)]


def test_a_digest_of_words_can_not_be_guessed_without_their_salt() -> None:
    said = [Passage(text="Too early.", language="en")]

    assert commitment(said, salt="a" * 32) == commitment(said, salt="a" * 32)
    assert commitment(said, salt="a" * 32) != commitment(said, salt="b" * 32)
