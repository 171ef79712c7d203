"""What was asked of whom, and which answers a page may write in its own language."""

from decimal import Decimal

import pytest

from services.selection.domain.questions import as_day, as_number, asked, section_from


def question(id_: str, kind: str = "text", **more: object) -> dict[str, object]:
    return {"id": id_, "kind": kind, "label": {"en": id_}, "options": [], "asked_if": None, **more}


def test_what_is_not_asked_decides_nothing() -> None:
    section = section_from(
        {
            "id": "all",
            "title": {"en": "All"},
            "questions": [
                question("registered", "yes-no"),
                question("where", "choices", asked_if={"field_id": "registered", "among": ["yes"]}),
                question("which", asked_if={"field_id": "where", "among": ["elsewhere"]}),
            ],
        }
    )

    assert asked([section], {"registered": "yes", "where": "here, elsewhere"}) == {"registered", "where", "which"}
    assert asked([section], {"registered": "no", "where": "elsewhere"}) == {"registered"}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1 200,50", Decimal("1200.50")),
        ("١٢٫٥", Decimal("12.5")),
        ("3.14159", None),
        ("1e999999", None),
        ("many", None),
        ("NaN", None),
    ],
)
def test_a_number_is_written_anew_only_if_nothing_of_it_is_lost(typed: str, number: Decimal | None) -> None:
    assert as_number(typed) == number


def test_a_day_is_one_or_stays_as_it_was_typed() -> None:
    assert str(as_day("2025-03-05")) == "2025-03-05"
    assert as_day("last spring") is None
