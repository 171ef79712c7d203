"""The register of personal data is whole: every column of text says whose it is, or that it is nobody's."""

import re
from typing import Any

import pytest
from sqlalchemy import ARRAY, Column, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from infra.contracts.hearing import topics_heard_by
from infra.contracts.register import register_of, register_page, tables_of
from infra.provision import SERVICES
from shared.events import FORGETTABLES
from shared.events.forgettable import HOLDERS
from shared.personal import Act, Held, Purpose, Register
from shared.personal.purposes import purpose_of
from shared.personal.register import is_text_like

OF_PERSONS = re.compile(r"(^|_)(person|lead|juror|coach|member|representative)_ids?$|_by$")
"""How columns are called that hold ids of persons."""


def unexplained(register: Register, tables: dict[str, Table]) -> list[str]:
    """Columns in which somebody's words, or the id of a person, could be, and that say nothing of it."""
    return [
        f"{name}.{column.name}"
        for name, table in tables.items()
        for column in table.columns
        if (is_text_like(column) or _names_persons(column))
        and purpose_of(column) is None
        and not register.excused(name, column.name)
    ]


def _names_persons(column: Column[Any]) -> bool:
    of_ids = isinstance(column.type.item_type if isinstance(column.type, ARRAY) else column.type, Uuid)
    return of_ids and OF_PERSONS.search(column.name) is not None


def purpose(**changes: Any) -> Purpose:
    given = {"name": "a", "whose": "b", "purpose": "C.", "basis": "D.", "until": "E."}
    return Purpose(**{**given, **changes})


@pytest.mark.parametrize("service", SERVICES)
def test_each_column_of_text_says_for_what_it_holds_personal_data_or_that_it_holds_none(service: str) -> None:
    assert not unexplained(register_of(service), dict(tables_of(service))), (
        "say in the model for what it is held (sa_column_kwargs=PURPOSE.column, services/NAME/purposes.py) and in "
        "personal.py whose rows they are; or in personal.py that it is about nobody"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_column_states_can_be_found_erased_and_given_to_its_person(service: str) -> None:
    held = {(each.name, column) for each in register_of(service).held for column in each.columns}
    stated = {
        (name, column.name)
        for name, table in tables_of(service).items()
        for column in table.columns
        if purpose_of(column)
    }

    assert held == stated


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_said_twice_or_of_what_is_not_there(service: str) -> None:
    tables = tables_of(service)

    for table, why in register_of(service).not_personal.items():
        columns = tables[str(table.__tablename__)].columns
        for name in [] if isinstance(why, str) else why:
            assert is_text_like(columns[name]), f"{table.__tablename__}.{name} needs no excuse"
            assert purpose_of(columns[name]) is None, f"{table.__tablename__}.{name} says both"


@pytest.mark.parametrize("service", SERVICES)
def test_what_ends_by_time_has_the_time_to_count_from(service: str) -> None:
    for held in register_of(service).held:
        for stated in held.purposes.values():
            if stated.keeps is not None:
                assert stated.since in held.sql.c, f"{held.name} has no {stated.since}"
                assert len(held.sql.primary_key.columns) == 1, held.name


@pytest.mark.parametrize("service", SERVICES)
def test_erasing_leaves_no_column_that_can_not_be_blank(service: str) -> None:
    for held in register_of(service).held:
        if held.act is Act.BLANK:
            assert all(is_text_like(held.sql.c[name]) for name in held.columns), held.name


def test_a_new_column_of_text_is_found() -> None:
    planted = Table("planted", MetaData(), Column("words", Text), Column("about", JSONB), Column("lead_id", Uuid))

    assert unexplained(Register(held=()), {"planted": planted}) == ["planted.words", "planted.about", "planted.lead_id"]


def test_a_column_that_says_so_is_not_found() -> None:
    planted = Table("planted", MetaData(), Column("words", Text, **purpose().column), Column("count", Uuid))

    assert not unexplained(Register(held=()), {"planted": planted})


def test_what_is_kept_says_why() -> None:
    table = next(each.table for each in register_of("applications").held)

    with pytest.raises(ValueError, match="says why"):
        Held(table=table, columns=("name",), of=lambda _: True, act=Act.KEEP)  # type: ignore[arg-type,return-value]


def test_who_answers_a_tombstone_is_who_hears_it_and_the_registrar_of_people() -> None:
    for topic in FORGETTABLES:
        hears = {service for service in SERVICES if topic in topics_heard_by(service)}
        registrar = {"applications"} if topic == "people.v1" else set()

        assert set(HOLDERS[topic]) == hears | registrar


def test_the_register_is_a_page_that_names_every_column() -> None:
    page = register_page("")

    for service in SERVICES:
        for held in register_of(service).held:
            assert all(f"| `{held.name}` | `{column}` |" in page for column in held.columns), held.name
