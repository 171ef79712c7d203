"""An entry's bytes say one thing in one way, and a sealed one says nothing to whoever has no opening."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import journal
from shared.events import Envelope
from shared.journal import NotAnEntry, Opened, WrongOpening

EVENT = Envelope(
    id=UUID("01900000-0000-7000-8000-000000000001"),
    source="/services/selection",
    type="io.datacity.review.submitted.v1",
    subject="01900000-0000-7000-8000-000000000002",
    time=datetime(2017, 2, 28, 23, 59, 0, 120, tzinfo=UTC),
    key="01900000-0000-7000-8000-000000000003",
    sequence=7,
    correlation_id="c",
    causation_id=None,
    actor="01900000-0000-7000-8000-000000000004",
    value=b'{"score":4}',
    topic="selection.events.v1",
)
SALT = bytes(range(32))


def test_an_open_entry_is_a_line_of_json_and_the_exact_value() -> None:
    line, value = journal.framed(EVENT).split(b"\n", 1)

    assert value == EVENT.value
    assert json.loads(line) == {
        "format": "datacity-entry/1",
        "headers": dict(EVENT.headers()),
        "topic": "selection.events.v1",
        "value_bytes": 11,
    }


def test_a_tombstone_has_no_length() -> None:
    opened = Opened.parse(journal.framed(replace(EVENT, value=None)))

    assert opened.value is None
    assert Opened.parse(journal.framed(replace(EVENT, value=b""))).value == b""


def test_what_was_framed_is_read_back() -> None:
    opened = journal.check_entry(journal.framed(EVENT))

    assert opened is not None
    assert opened.value == EVENT.value
    assert (opened.event_id, opened.type, opened.sequence) == (str(EVENT.id), EVENT.type, 7)
    assert opened.headers["ce_time"] == "2017-02-28T23:59:00.000120Z"


def test_a_sealed_entry_shows_nothing_of_the_event() -> None:
    found = journal.sealed(journal.framed(EVENT), SALT)

    assert journal.is_sealed(found)
    assert journal.check_entry(found) is None
    assert set(json.loads(found)) == {"commitment", "format"}
    assert found != journal.sealed(journal.framed(EVENT), bytes(32))


def test_its_opening_shows_what_was_entered() -> None:
    opened = journal.framed(EVENT)

    assert journal.open_with(journal.sealed(opened, SALT), journal.opening(opened, SALT)).value == EVENT.value
    assert journal.open_with(opened, journal.opening(opened, None)).value == EVENT.value


def test_another_events_opening_does_not_fit() -> None:
    found = journal.sealed(journal.framed(EVENT), SALT)
    other = journal.framed(replace(EVENT, value=b'{"score":5}'))

    with pytest.raises(WrongOpening):
        journal.open_with(found, journal.opening(other, SALT))
    with pytest.raises(WrongOpening):
        journal.open_with(found, journal.framed(EVENT))


@given(st.binary(max_size=400), st.text(max_size=40), st.text(max_size=40))
def test_any_value_and_any_text_comes_back_as_it_was(value: bytes, subject: str, actor: str) -> None:
    written = journal.framed(replace(EVENT, value=value, subject=subject, actor=actor))

    opened = journal.check_entry(written)

    assert opened is not None
    assert (opened.value, opened.subject, opened.headers["ce_actor"]) == (value, subject, actor)


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=1))
def test_a_byte_more_in_the_first_line_is_another_entry_or_none(place: int, byte: bytes) -> None:
    written = journal.framed(EVENT)
    at = place % written.index(b"\n")
    changed = written[:at] + byte + written[at:]

    try:
        opened = journal.check_entry(changed)
    except NotAnEntry:
        return
    assert opened != journal.check_entry(written)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\n",
        b"[]\n",
        b"nothing\n",
        b'{"format":"datacity-entry/2"}\n',
        journal.framed(EVENT)[:-1],
        journal.framed(EVENT) + b" ",
        journal.framed(EVENT).replace(b":", b": ", 1),
        journal.framed(replace(EVENT, value=None)) + b"{}",
        journal.sealed(journal.framed(EVENT), SALT)[:-1],
        journal.sealed(journal.framed(EVENT), SALT) + b"more",
        b'{"commitment":"xy","format":"datacity-sealed-entry/1"}\n',
        b'{"format":"datacity-sealed-entry/1"}\n',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_no_entry(wrong: bytes) -> None:
    with pytest.raises(NotAnEntry):
        journal.check_entry(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        journal.opening(journal.framed(EVENT), SALT[:31]),
        journal.opening(journal.framed(EVENT), SALT).replace(SALT.hex().encode(), SALT.hex().upper().encode()),
        b'{"format":"datacity-opening/1"}\n' + journal.framed(EVENT),
        b'{"format":"datacity-opening/1","salt":5}\n' + journal.framed(EVENT),
    ],
)
def test_an_opening_is_spelled_in_one_way(wrong: bytes) -> None:
    with pytest.raises(NotAnEntry):
        journal.entry_of(wrong)
