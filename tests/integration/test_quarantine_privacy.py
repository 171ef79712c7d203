"""Quarantine in a whole service: what operators are shown of an event's words, and what the log tells of their acts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.database import new_id
from shared.events import Envelope, Event, Person
from shared.events import applications as a
from shared.events.forgettable import PEOPLE_TOPIC
from shared.events.operations import QuarantinedEventReleased
from shared.messaging import Outcome
from shared.work import Work
from tests.support.notifications import (
    APPLICATION,
    LEAD,
    WHEN,
    Service,
    drafted,
    notifications,
    person,
    record_of,
    submitted,
)
from tests.support.stack import Backbone

LOG = "/operations/quarantine"


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


async def broken(event: Any, work: Work) -> None:
    raise LookupError(f"quotes {event!r}")


async def fails(service: Service, envelope: Envelope, patch: pytest.MonkeyPatch) -> int:
    """Let the service have a bug while it hears this; its number in quarantine."""
    with patch.context() as bug:
        bug.setitem(service.handling.listener.functions, envelope.topic, broken)
        assert await service.handling.handle(record_of(envelope)) is Outcome.PARKED
    return int((await service.get(f"{LOG}/events", "staff"))["items"][-1]["id"])


def told_of(record: Person | None, key: str) -> Envelope:
    """people.v1 as it is sent: a person, or a tombstone."""
    return Envelope(
        id=new_id(),
        source="/services/applications",
        type=Person.TYPE,
        subject=key,
        time=WHEN,
        key=key,
        sequence=1,
        correlation_id=str(uuid4()),
        causation_id=None,
        actor="system:test",
        value=record.to_bytes() if record else None,
        topic=PEOPLE_TOPIC,
    )


async def test_staff_read_what_an_event_says_and_not_if_they_judge_as_well(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await fails(service, service.envelope(submitted()), monkeypatch)

    plain = await service.get(f"{LOG}/events/{number}", "auditor")
    judging = await service.get(f"{LOG}/events/{number}", "staff", "juror")

    assert (plain["value"]["application_id"], plain["value_hidden"]) == (str(APPLICATION), None)
    assert (judging["value"], judging["value_hidden"]) == (None, "reader")
    assert judging["error"] == plain["error"]


async def test_nobody_reads_a_person_in_quarantine(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = person()
    number = await fails(service, told_of(somebody, somebody.key), monkeypatch)

    answers = [
        await service.get(path, "staff") for path in (LOG, f"{LOG}/groups", f"{LOG}/events", f"{LOG}/events/{number}")
    ]

    assert answers[-1]["value_hidden"] == "forgettable"
    assert "LookupError" in answers[-1]["error"]
    assert somebody.name not in str(answers)
    assert somebody.email not in str(answers)


async def test_an_erasure_is_never_discarded(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await fails(service, told_of(None, str(LEAD)), monkeypatch)

    for dry_run in (True, False):
        body = {"reason": "obsolete", "dry_run": dry_run}
        refusal = await service.post(f"{LOG}/events/{number}/discard", body, "staff", status=409)
        assert refusal["type"].endswith("erasure-not-discarded")
    released = await service.post(f"{LOG}/events/{number}/release", {}, "staff", status=200)

    assert released["released"] == 1


async def test_a_rehearsal_leaves_no_entry_and_no_letter_and_the_release_leaves_one_of_each(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.hear_person(person())
    number = await fails(service, service.envelope(submitted()), monkeypatch)
    counts = "SELECT (SELECT count(*) FROM entry) AS entries, (SELECT count(*) FROM mail) AS mails"

    rehearsal = await service.post(f"{LOG}/events/{number}/release", {"dry_run": True}, "staff", status=200)
    before = (await service.rows(counts))[0]
    release = await service.post(f"{LOG}/events/{number}/release", {}, "staff", status=200)
    after = (await service.rows(counts))[0]

    assert rehearsal["events"][0]["outcome"] == release["events"][0]["outcome"] == "handled"
    assert (before.entries, before.mails) == (0, 0)
    assert after.entries == 1
    assert after.mails > 0


async def test_what_an_operator_did_is_in_the_files_story_for_staff_and_not_for_the_team(service: Service) -> None:
    await service.hear(drafted())
    handed_in = await service.hear(submitted())

    await service.hear(released_elsewhere(handed_in), actor=str(uuid4()), time=WHEN + timedelta(hours=1))

    of_staff = (await service.get(f"/files/{APPLICATION}/timeline", "staff"))["lines"]
    of_team = (await service.get(f"/files/{APPLICATION}/timeline", "applicant", person_id=str(LEAD)))["lines"]
    assert [line["type"] for line in of_staff][-1] == QuarantinedEventReleased.TYPE
    assert QuarantinedEventReleased.TYPE not in {line["type"] for line in of_team}
    assert len(of_team) == 2


def released_elsewhere(about: Envelope) -> Event:
    return QuarantinedEventReleased(
        release_id=new_id(),
        about_event_id=about.id,
        about_type=about.type,
        topic=a.TOPIC,
        partition=0,
        offset=7,
        fingerprint="0123456789abcdef",
        attempts=3,
        parked_at=WHEN,
        outcome="handled",
    )
