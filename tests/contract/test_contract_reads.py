"""Who reads which field of which event is followed through the code, and what can't be followed is refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import pytest

from infra.contracts import reading
from infra.contracts.examples import example_of
from infra.contracts.pages import events_page
from infra.contracts.reading import Reading, Unreadable, Value, reads
from infra.contracts.schemas import carried
from infra.contracts.sources import PARTNERS, in_the_log, sent_to_partners
from services.notifications.domain import timeline, webhooks
from shared.events import Envelope, Event, applications, selection
from shared.work import Work

SUBMITTED, FORMED = applications.ApplicationSubmitted, applications.TeamFormed
BOTH = frozenset({SUBMITTED, FORMED})


def read_by(function: Callable[..., Any], *classes: type[Event]) -> dict[str, set[str]]:
    """Class name → fields, of a function that is given an event of these classes and the work."""
    followed, given = Reading(), frozenset(classes or BOTH)
    followed.follow(function, (Value(given), Value(given, "work")))
    return {carries.__name__: fields for carries, fields in followed.found.items() if fields}


def take(*values: object) -> None:
    """What gathers its arguments can't be followed."""


@dataclass
class Command:
    team_id: UUID
    by: UUID

    @classmethod
    def after(cls, told: applications.TeamFormed) -> Self:
        return cls(team_id=told.team_id, by=told.lead_id)


async def keep(*, named: applications.ApplicationSubmitted, work: Work) -> None:
    del work
    again = named
    take(f"{again.revision}", *(each.hex for each in again.challenge_ids))


async def by_match(event: applications.AnyEvent, work: Work) -> None:
    match event:
        case applications.ApplicationSubmitted(deadline=deadline):
            take(deadline.instant)
            await keep(named=event, work=work)
        case applications.TeamFormed():
            Command.after(event)
        case _:
            take(event.city)  # type: ignore[union-attr]


async def by_what_it_is_made_of(event: selection.ConflictDeclared, work: Work) -> None:
    del work
    take(event.key, event.subject, event.TYPE, getattr(event, "kind"))  # noqa: B009


async def whole(event: applications.TeamFormed, work: Work) -> None:
    del work
    take(event.model_dump_json())


async def by_a_name_that_changes(event: applications.TeamFormed, work: Work) -> None:
    for name in ("a", "b"):
        take(getattr(event, name, work))


async def to_somebody(event: applications.TeamFormed, work: Work) -> None:
    del work
    take(event)


async def to_a_library(event: applications.TeamFormed, work: Work) -> None:
    del work
    json.dumps([str(event.team_id)])
    json.loads(event)  # type: ignore[arg-type]


async def spread_out(event: applications.TeamFormed, work: Work) -> None:
    del work
    Command.after(*[], event)


async def into_a_list(event: applications.TeamFormed, work: Work) -> None:
    del work
    take([event])


async def from_the_bytes(event: applications.TeamFormed, work: Work) -> None:
    del event
    await of_envelope(work.cause)


async def of_envelope(cause: Envelope | None) -> None:
    assert cause
    take(cause.id, cause.value)


async def from_the_headers(event: applications.TeamFormed, work: Work) -> None:
    del event
    assert work.cause
    take(work.cause.subject, work.cause.time)


def test_reads_are_followed_through_cases_calls_and_names() -> None:
    assert read_by(by_match) == {
        "ApplicationSubmitted": {"deadline", "revision", "challenge_ids"},
        "TeamFormed": {"team_id", "lead_id"},
    }


def test_a_key_stands_for_the_field_that_it_is() -> None:
    found = read_by(by_what_it_is_made_of, selection.ConflictDeclared)

    assert found == {"ConflictDeclared": {"application_id", "conflict_id", "kind"}}


def test_who_takes_an_event_whole_reads_all_of_it() -> None:
    assert read_by(whole, FORMED) == {"TeamFormed": set(FORMED.model_fields)}


def test_headers_are_no_fields() -> None:
    assert read_by(from_the_headers, FORMED) == {}


@pytest.mark.parametrize(
    "function", [by_a_name_that_changes, to_somebody, to_a_library, spread_out, into_a_list, from_the_bytes]
)
def test_what_cannot_be_followed_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(Unreadable, match="Read fields by name"):
        read_by(function, FORMED)


def test_a_reader_of_what_no_event_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "reads", lambda: {FORMED.TYPE: {"selection": ["lead_id", "motto"]}})

    assert list(reading.missing()) == [f"selection reads motto of {FORMED.TYPE}, which does not have it"]


# What is read by a table.


@pytest.mark.parametrize("type_", webhooks.TYPES)
def test_partners_are_sent_what_the_map_says(type_: str) -> None:
    event = carried()[type_]
    payload = webhooks.payload(
        type_=type_, happened_at=datetime(2017, 3, 1, tzinfo=UTC), data=json.loads(example_of(event))
    )

    assert reads()[type_][PARTNERS] == sorted(json.loads(payload)["data"])


@pytest.mark.parametrize("type_", timeline.SHOWN_TO_APPLICANT)
def test_applicants_are_shown_what_the_map_says(type_: str) -> None:
    event: Any = carried()[type_]
    shown = timeline.for_applicant(json.loads(example_of(event)), type_)

    assert set(shown or ()) <= in_the_log(event) <= set(reads()[type_]["notifications"])


def test_only_what_partners_may_subscribe_to_is_sent_to_them() -> None:
    assert {type_ for type_, readers in reads().items() if PARTNERS in readers} == set(webhooks.TYPES)
    assert sent_to_partners(FORMED) == set()


def test_the_catalogue_says_who_reads_and_what_nobody_reads() -> None:
    page = events_page({})

    for type_, readers in reads().items():
        entry = page.split(f"### {carried()[type_].__name__}\n")[1].split("```json")[0]
        unread = set(carried()[type_].model_fields)
        for reader, fields in readers.items():
            assert f"| {reader} | {', '.join(f'`{name}`' for name in fields)} |" in entry
            unread -= set(fields)
        assert ("| *nobody* |" in entry) is bool(unread), type_
