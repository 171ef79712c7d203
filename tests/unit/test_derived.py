"""Each table of each service says whether Kafka can bring it back; a new one can't be forgotten."""

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table, UniqueConstraint

from infra.provision import SERVICES
from shared.database import id_after, new_id
from shared.derived import Derivation


def derivation_of(service: str) -> Derivation:
    found: Derivation = importlib.import_module(f"services.{service}.derived").TABLES
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_each_table_is_either_derived_or_the_services_own(service: str) -> None:
    declared = derivation_of(service)
    derived = [each.table.__tablename__ for each in declared.derived]
    own = [table.__tablename__ for table in declared.own]

    everything: Any = importlib.import_module(f"services.{service}.models").Table.metadata.tables

    assert sorted([*derived, *own]) == sorted(everything)


@pytest.mark.parametrize("service", SERVICES)
def test_what_does_not_count_says_why(service: str) -> None:
    declared = derivation_of(service)

    assert all(reason.strip() for reason in declared.own.values())
    for each in declared.derived:
        assert all(reason.strip() for reason in each.except_.values())
        assert set(each.except_) <= set(each.table.__table__.columns.keys()), each.name
        assert each.columns, each.name


@pytest.mark.parametrize("service", SERVICES)
def test_the_key_of_a_derived_table_counts_and_names_one_row(service: str) -> None:
    for each in derivation_of(service).derived:
        table: Table = each.table.__table__
        unique = [{column.name for column in table.primary_key}]
        unique += [{*one.columns.keys()} for one in table.constraints if isinstance(one, UniqueConstraint)]
        unique += [{column.name} for column in table.columns if column.unique]

        assert set(each.key) in unique, each.name
        assert set(each.key) <= set(each.columns), each.name


def test_the_id_of_what_an_event_makes_is_always_the_same_and_sorts_as_the_events_do() -> None:
    events = [new_id() for _ in range(100)]

    made = [id_after(event) for event in events]

    assert made == [id_after(event) for event in events]
    assert len({*made, *events}) == 200
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}
    assert [each.int >> 80 for each in made] == [each.int >> 80 for each in events]


def test_an_id_after_an_event_tells_when_the_event_was() -> None:
    made = id_after(new_id())

    told = datetime.fromtimestamp((made.int >> 80) / 1000, UTC)

    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)
    assert id_after(uuid4()).version == 7
