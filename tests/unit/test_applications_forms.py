"""What a call may ask, how it may still change, and what an application has answered of it."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.applications.defaults import default_form
from services.applications.domain import counting, form_checks, forms, loosening
from services.applications.domain.applications import Content
from services.applications.domain.completeness import FieldFrozen, completeness, handed_in, require_unfrozen
from services.applications.domain.forms import Form
from shared import clock
from shared.events.applications import CallFormSet, Section
from shared.outbox.relay import LARGEST_RECORD

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)
ZONE = "Africa/Casablanca"
LATER, EARLIER = "2027-02-20T12:00:00", "2027-01-20T12:00:00"
DECK = uuid4()
OPENED = clock.resolve_deadline(datetime(2027, 1, 1, 8), ZONE)  # noqa: DTZ001  a wall time has no zone


def words(text: str = "Une question ?") -> dict[str, str]:
    return {"fr": text, "ar": "سؤال", "en": "A question"}


def asks(id_: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": id_, "kind": kind, "label": words(), **more}


def options(*ids: str) -> list[dict[str, Any]]:
    return [{"id": id_, "label": words()} for id_ in ids]


def wall(local: str) -> dict[str, str]:
    return {"local": local, "zone": ZONE}


def form(*fields: dict[str, Any]) -> Form:
    return forms.read({"sections": [{"id": "all", "title": words(), "fields": list(fields)}]})


def content(**answers: str) -> Content:
    return Content(
        title="A", summary="B", challenge_ids=(UUID(int=1),), answers=answers, attachment_ids=frozenset({DECK})
    )


def findings(asked: Form, at: datetime = NOW, /, **answers: str) -> list[tuple[str, str]]:
    found = completeness(asked, content(**answers), at)
    return [(each.field, each.code) for each in (*found.missing, *found.problems)]


def test_the_default_form_can_be_asked_and_asks_for_no_identity_card() -> None:
    found = forms.read(default_form())

    form_checks.check(found)

    assert [section.id for section in found.sections] == ["team", "experimentation", "growth", "fit", "data"]
    assert not any(field.national_id for field in found.fields)


def test_a_form_is_kept_and_read_again_as_it_was() -> None:
    asked = form(
        asks("a", "choices", options=options("x", "y"), required=True, required_from=wall(LATER)),
        asks("b", "long-text", limit={"unit": "words", "most": 9}, only_if={"field": "a", "is": ["x"]}),
        asks("c", "text", national_id=True, authorisation="A-12/2027", frozen_after=wall(LATER), help=words()),
    )

    kept = forms.written(asked)

    assert forms.read(kept) == asked
    assert forms.digest(kept) == forms.digest(forms.written(forms.read(copy.deepcopy(kept))))


def told(asked: Form) -> bytes:
    return CallFormSet(
        call_id=UUID(int=1),
        edition_id=UUID(int=2),
        form_version=1,
        form_digest="0" * 64,
        field_ids=[each.id for each in asked.fields],
        sections=[Section.model_validate(each) for each in forms.words_of(asked)],
    ).to_bytes()


def long_form(options_each: int) -> Form:
    """As many fields as there may be, in the longest words that there may be; quotes take two bytes in JSON."""
    label = {"fr": '"' * 200, "ar": "ش" * 200, "en": "\\" * 200}
    chosen = [{"id": f"o{n}", "label": label} for n in range(options_each)]
    return form(*(asks(f"{n:060}", "choice", label=label, options=chosen) for n in range(form_checks.MOST_FIELDS)))


def test_the_words_of_a_form_that_may_be_set_fit_into_one_record() -> None:
    usual = form(*(asks(f"f{n}", "choice", options=options(*map(str, range(50)))) for n in range(40)))
    greatest = long_form(10)

    form_checks.check(usual)
    form_checks.check(greatest)
    assert len(told(usual)) < 200_000
    assert form_checks.LONGEST_WORDS * 0.9 < len(told(greatest)) < LARGEST_RECORD * 0.8
    with pytest.raises(form_checks.FormNotUsable) as refused:
        form_checks.check(long_form(11))
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("#/sections", "too_long")]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ([], "#/sections", "too_short"),
        ([asks(f"f{n}") for n in range(41)], "#/sections", "too_long"),
        ([asks("a"), asks("a")], "#/sections/0/fields/1/id", "repeated"),
        ([asks("a", label={"fr": "Quoi ?", "en": "What?"})], "#/sections/0/fields/0/label/ar", "missing"),
        ([asks("a", help={"fr": "Ceci", "ar": "هذا"})], "#/sections/0/fields/0/help/en", "missing"),
        ([asks("a", "date", limit={"unit": "words", "most": 9})], "#/sections/0/fields/0/limit", "not_for_kind"),
        (
            [asks("a", limit={"unit": "words", "most": 9, "least": 10})],
            "#/sections/0/fields/0/limit/least",
            "contradicts",
        ),
        ([asks("a", "choice")], "#/sections/0/fields/0/options", "too_short"),
        ([asks("a", options=options("x"))], "#/sections/0/fields/0/options", "not_for_kind"),
        ([asks("a", "choice", options=options("x", "x"))], "#/sections/0/fields/0/options/1/id", "repeated"),
        ([asks("a", required_from=wall(LATER))], "#/sections/0/fields/0/required_from", "contradicts"),
        (
            [asks("a", required=True, required_from=wall(LATER), frozen_after=wall(EARLIER))],
            "#/sections/0/fields/0/frozen_after",
            "order",
        ),
        (
            [asks("a", only_if={"field": "b", "is": ["yes"]}), asks("b", "yes-no")],
            "#/sections/0/fields/0/only_if/field",
            "not_earlier",
        ),
        (
            [asks("a", only_if={"field": "a", "is": ["yes"]})],
            "#/sections/0/fields/0/only_if/field",
            "not_earlier",
        ),
        (
            [asks("a"), asks("b", only_if={"field": "a", "is": ["x"]})],
            "#/sections/0/fields/1/only_if/field",
            "not_for_kind",
        ),
        (
            [asks("a", "yes-no"), asks("b", only_if={"field": "a", "is": ["maybe"]})],
            "#/sections/0/fields/1/only_if/is",
            "not_an_option",
        ),
        ([asks("a", national_id=True)], "#/sections/0/fields/0/authorisation", "missing"),
        ([asks("cin")], "#/sections/0/fields/0/national_id", "undeclared"),
        ([asks("lead-cin-number")], "#/sections/0/fields/0/national_id", "undeclared"),
        ([asks("a", label=words("Votre C.I.N. ?"))], "#/sections/0/fields/0/national_id", "undeclared"),
        (
            [asks("a", label={**words(), "ar": "رقم البطاقة الوطنية"})],
            "#/sections/0/fields/0/national_id",
            "undeclared",
        ),
    ],
)
def test_a_definition_that_could_not_be_asked_is_refused(fields: list[dict[str, Any]], pointer: str, code: str) -> None:
    with pytest.raises(form_checks.FormNotUsable) as refused:
        form_checks.check(form(*fields))

    assert [(error.pointer, error.code) for error in refused.value.errors] == [(pointer, code)]


def test_an_identity_card_is_asked_for_with_an_authorisation_and_a_doctor_is_no_card() -> None:
    form_checks.check(
        form(asks("cin", national_id=True, authorisation="A-12/2027"), asks("doctor", label=words("Votre médecin ?")))
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda field: field.update(id="other"), "vanished"),
        (lambda field: field.update(kind="long-text", options=[]), "changed"),
        (lambda field: field.update(required=True), "tightened"),
        (lambda field: field.update(frozen_after=wall(LATER)), "tightened"),
        (lambda field: field.update(options=options("x")), "vanished"),
        (lambda field: field.update(only_if={"field": "first", "is": ["yes"]}), "changed"),
        (lambda field: field.update(national_id=True, authorisation="A-12/2027"), "changed"),
    ],
)
def test_an_open_calls_form_asks_nobody_for_more(change: Callable[[dict[str, Any]], None], code: str) -> None:
    first, field = asks("first", "yes-no"), asks("a", "choice", options=options("x", "y"))
    before = form(first, copy.deepcopy(field))
    change(field)

    with pytest.raises(loosening.FormTightened) as refused:
        loosening.require_loosened(before, form(first, field), opened=OPENED, now=NOW)

    assert code in {error.code for error in refused.value.errors}


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ({"most": 100}, {"most": 200}, True),
        ({"most": 100}, {"most": 99}, False),
        ({"most": 100, "least": 10}, {"most": 100, "least": 5}, True),
        ({"most": 100}, {"most": 100, "least": 1}, False),
    ],
)
def test_an_open_calls_limits_only_widen(before: dict[str, int], after: dict[str, int], allowed: bool) -> None:
    was, becomes = (form(asks("a", limit={"unit": "words", **limit})) for limit in (before, after))

    if allowed:
        loosening.require_loosened(was, becomes, opened=OPENED, now=NOW)
    else:
        with pytest.raises(loosening.FormTightened):
            loosening.require_loosened(was, becomes, opened=OPENED, now=NOW)


def test_an_open_calls_form_may_be_reworded_and_ask_for_less() -> None:
    before = form(
        asks("a", required=True, frozen_after=wall(EARLIER)), asks("b", limit={"unit": "characters", "most": 9})
    )
    after = form(
        asks("new", "file"),
        asks("b", label=words("Autrement ?")),
        asks("a", required=True, required_from=wall(LATER), frozen_after=wall(LATER)),
    )

    loosening.require_loosened(before, after, opened=OPENED, now=NOW)


@pytest.mark.parametrize(
    ("text", "words_", "characters"),
    [
        ("", 0, 0),
        ("Une ville, deux rues.", 4, 21),
        ("l’eau d'aujourd'hui", 2, 19),
        ("porte-monnaie — rendez‑vous", 2, 27),
        ("3,5 km et 1.000 pas", 5, 19),
        ("مدينة ذكية", 2, 10),
        ("كَتَبَ وَقَرَأَ", 2, 8),  # vowel marks are no letters of their own
        ("مـــدينة", 1, 8),  # tatweel
        ("می\u200cخواهم", 1, 8 - 1),  # a joiner parts no word
        ("\u200fمدينة\u200f", 1, 5),  # direction marks are invisible
        ("١٬٠٠٠ درهم، و٢٫٥ كلم", 4, 20),
        ("e\u0301te\u0301", 1, 3),
        ("a\r\nb", 2, 3),
        ("a\u200bb", 2, 2),
        ("C’est ☀️ !", 1, 9),
    ],
)
def test_words_and_characters_are_counted_as_people_would(text: str, words_: int, characters: int) -> None:
    assert (counting.words(text), counting.characters(text)) == (words_, characters)


@given(st.lists(st.text("abcéèمدينة٣4", min_size=1), max_size=20), st.sampled_from([" ", "\n", ", ", "، ", " – "]))
@settings(max_examples=60)
def test_what_parts_words_is_not_counted(given_words: list[str], between: str) -> None:
    assert counting.words(between.join(given_words)) == len(given_words)


@pytest.mark.parametrize(
    ("field", "good", "bad", "code"),
    [
        (asks("a", "choice", options=options("x", "y")), "x", "z", "not_an_option"),
        (asks("a", "choices", options=options("x", "y")), "x, y", "x,z", "not_an_option"),
        (asks("a", "choices", options=options("x", "y")), "y", "y,y", "not_an_option"),
        (asks("a", "yes-no"), "yes", "oui", "not_an_option"),
        (asks("a", "number"), "1 500,5", "many", "not_a_number"),
        (asks("a", "number"), "١٬٥٠٠٫٥", "NaN", "not_a_number"),
        (asks("a", "date"), "2027-02-28", "28/02/2027", "not_a_date"),
        (asks("a", "date"), "2028-02-29", "20270228", "not_a_date"),
        (asks("a", "link"), "https://startup.example/x", "startup.example", "not_a_link"),
        (asks("a", "link"), "http://[::1]/", "javascript:alert(1)", "not_a_link"),
        (asks("a", "file"), str(DECK), str(UUID(int=9)), "not_attached"),
        (asks("a", "long-text", limit={"unit": "words", "most": 2}), "deux mots", "trois mots font", "too_long"),
        (asks("a", "text", limit={"unit": "characters", "most": 5, "least": 3}), "trois", "ab", "too_short"),
    ],
)
def test_an_answer_is_checked_by_its_kind(field: dict[str, Any], good: str, bad: str, code: str) -> None:
    asked = form(field)

    assert findings(asked, a=good) == []
    assert findings(asked, a=bad) == [("a", code)]


def test_a_limit_is_told_with_its_numbers() -> None:
    asked = form(asks("a", limit={"unit": "words", "most": 2}))

    (problem,) = completeness(asked, content(a="un deux trois"), NOW).problems

    assert problem.facts == {"unit": "words", "counted": 3, "most": 2, "least": 0}


def test_progress_counts_what_is_required_now() -> None:
    asked = form(asks("a", required=True), asks("b", "number", required=True), asks("c"))

    begun = completeness(asked, Content(title="A", answers={"b": "many"}), NOW)
    done = completeness(asked, content(a="Yes.", b="2"), NOW)

    assert (begun.done, begun.of, begun.complete) == (1, 5, False)
    assert [each.pointer for each in begun.missing] == ["#/summary", "#/challenge_ids", "#/answers/a"]
    assert (done.done, done.of, done.complete) == (5, 5, True)


def test_a_field_is_asked_only_if_another_answer_says_so() -> None:
    asked = form(
        asks("registered", "yes-no"),
        asks("how", "choice", options=options("x"), required=True, only_if={"field": "registered", "is": ["yes"]}),
        asks("why", required=True, only_if={"field": "how", "is": ["x"]}),
    )

    assert findings(asked) == findings(asked, registered="no") == []
    assert findings(asked, registered="yes") == [("how", "missing")]
    assert findings(asked, registered="yes", how="x") == [("why", "missing")]


def test_an_answer_that_is_no_longer_asked_stays_in_the_draft_and_is_not_handed_in() -> None:
    asked = form(asks("registered", "yes-no"), asks("since", "date", only_if={"field": "registered", "is": ["yes"]}))
    draft = content(registered="no", since="a while")

    found = completeness(asked, draft, NOW)

    assert found.complete
    assert found.not_asked == ("since",)
    assert dict(handed_in(asked, draft).answers) == {"registered": "no"}


def test_an_answer_to_nothing_is_not_handed_in_silently() -> None:
    assert findings(form(asks("a")), b="?") == [("b", "not_in_form")]


def test_without_a_form_answers_are_free() -> None:
    found = completeness(None, content(anything="goes"), NOW)

    assert found.complete
    assert (found.done, found.of, found.not_asked) == (3, 3, ())


def test_a_field_is_required_from_its_time_on() -> None:
    asked = form(asks("a", required=True, required_from=wall(LATER)))
    from_then = datetime.fromisoformat(LATER).replace(tzinfo=UTC)

    assert findings(asked, from_then - timedelta(seconds=1)) == []
    assert findings(asked, from_then) == [("a", "missing")]


def test_a_frozen_answer_no_longer_changes_and_the_refusal_names_both_times() -> None:
    asked = form(asks("a", frozen_after=wall(EARLIER)), asks("b"))

    require_unfrozen(asked, before={"a": "x"}, after={"a": "x", "b": "new"}, now=NOW)
    require_unfrozen(asked, before={"a": "x"}, after={"a": "y"}, now=NOW - timedelta(days=20))
    with pytest.raises(FieldFrozen) as refused:
        require_unfrozen(asked, before={"a": "x"}, after={}, now=NOW)

    assert "2027-01-20 12:00 Africa/Casablanca" in refused.value.message
    assert "2027-02-01 12:00:00 UTC" in refused.value.message
    assert [error.pointer for error in refused.value.errors] == ["#/answers/a"]


def test_what_was_required_and_is_frozen_empty_says_that_it_is_too_late() -> None:
    assert findings(form(asks("a", required=True, frozen_after=wall(EARLIER)))) == [("a", "missing_and_frozen")]
