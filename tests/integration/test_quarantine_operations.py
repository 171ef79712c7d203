"""Operators and quarantine on a real database: what waits and why, released in order, or discarded with a reason."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from shared.events import encode_headers
from shared.events.operations import QuarantinedEventDiscarded, QuarantinedEventReleased
from shared.messaging import Outcome
from tests.support.backbone import rig
from tests.support.issuer import PERSON
from tests.support.operators import PREFIX, Bitter, Desk, Sour
from tests.support.stack import Backbone


@pytest.fixture
async def desk(backbone: Backbone) -> AsyncIterator[Desk]:
    async with rig(backbone) as made:
        yield Desk(made)


# Looking.


async def test_what_failed_alike_is_one_group(desk: Desk) -> None:
    first, second = await desk.bad_key("sour 1", "behind"), await desk.bad_key("sour 2")
    await desk.bad_key("bitter", fault=Bitter)

    groups = (await desk.get("/quarantine/groups", role="auditor"))["items"]

    by_error = {group["error"].split(" at ")[0].rsplit(".")[-1]: group for group in groups}
    sour = by_error["Sour"]
    assert by_error.keys() == {"Sour", "Bitter"}
    assert (sour["keys"], sour["events"], sour["parked"], sour["retrying"]) == (2, 3, 2, 0)
    assert sour["types"] == ["io.datacity.test.note-written.v1"]
    assert sour["first_at"] < sour["last_at"]
    heads = await desk.waiting(fingerprint=sour["fingerprint"])
    assert {event["key"] for event in heads} == {str(first), str(second)}


async def test_groups_and_events_come_in_pages(desk: Desk) -> None:
    for number in range(3):
        await desk.bad_key(f"sour {number}", "behind")
    await desk.bad_key("bitter", fault=Bitter)

    for path, count in (("/quarantine/groups", 2), ("/quarantine/events", 7)):
        found: list[Any] = []
        page = await desk.get(path, limit=1)
        while page["next"]:
            found += page["items"]
            page = await desk.get(path, limit=1, cursor=page["next"])
        found += page["items"]
        assert len({json.dumps(each, sort_keys=True) for each in found}) == len(found) == count


async def test_events_are_found_by_key_topic_and_state(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one", "two")
    await desk.bad_key("sour again")

    assert [event["state"] for event in await desk.waiting(key=str(subject))] == ["parked", "behind", "behind"]
    assert len(await desk.waiting(state="parked")) == 2
    assert len(await desk.waiting(state="behind")) == 2
    assert await desk.waiting(state="retrying") == []
    assert await desk.waiting(topic="another.topic") == []


@pytest.mark.parametrize(
    "params", [{"state": "asleep"}, {"cursor": "x"}, {"limit": "0"}, {"limit": "201"}, {"key": "\x00"}, {"topic": ""}]
)
async def test_what_can_not_be_asked_is_refused(desk: Desk, params: dict[str, str]) -> None:
    async with desk.caller("staff") as client:
        answer = await client.get(f"{PREFIX}/quarantine/events", params=params)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_one_event_shows_its_envelope_and_what_waits_behind_it(desk: Desk) -> None:
    await desk.bad_key("sour", "one", "two")
    head, one, two = await desk.waiting()

    shown = await desk.get(f"/quarantine/events/{head['id']}")
    later = await desk.get(f"/quarantine/events/{one['id']}")

    assert shown["headers"]["ce_type"] == shown["type"] == "io.datacity.test.note-written.v1"
    assert shown["headers"]["ce_id"] == shown["event_id"]
    assert (shown["head"], later["head"]) == (head["id"], head["id"])
    assert [event["id"] for event in shown["behind"]] == [one["id"], two["id"]]
    assert [event["id"] for event in later["behind"]] == [two["id"]]
    assert shown["key_waits"] == 3
    # Not a topic of events, as far as this code knows: it may hold anything.
    assert (shown["value"], shown["value_hidden"]) == (None, "forgettable")


async def test_an_event_that_never_was_is_not_found(desk: Desk) -> None:
    await desk.get("/quarantine/events/12345", status=404)
    await desk.post("/quarantine/events/12345/release", status=404)
    await desk.post("/quarantine/events/12345/discard", {"reason": "obsolete"}, status=404)
    await desk.post("/quarantine/groups/0123456789abcdef/release", status=404)
    await desk.post("/quarantine/release", {"topic": "t", "key": "k"}, status=404)


@pytest.mark.parametrize("role", ["auditor", "applicant"])
async def test_only_staff_may_change_anything(desk: Desk, role: str) -> None:
    subject = await desk.bad_key("sour")
    (event,) = await desk.waiting()
    desk.bad.clear()

    for path, body in (
        ("/quarantine/release", {"topic": desk.rig.topic, "key": str(subject)}),
        (f"/quarantine/groups/{event['fingerprint']}/release", {}),
        (f"/quarantine/events/{event['id']}/release", {"dry_run": True}),
        (f"/quarantine/events/{event['id']}/discard", {"reason": "obsolete"}),
        ("/outbox/release", {"topic": "t", "key": "k"}),
    ):
        refusal = await desk.post(path, body, role=role, status=403)
        assert refusal["type"].endswith("role-not-permitted")

    assert await desk.notes(subject) == []
    assert len(await desk.waiting()) == 1


# Releasing.


async def test_a_key_is_released_in_order_and_each_release_is_an_event_of_who_did_it(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one", "two")
    head = (await desk.waiting())[0]
    desk.bad.clear()

    answer = await desk.post("/quarantine/release", {"topic": desk.rig.topic, "key": str(subject)})

    assert (answer["released"], answer["failed"], answer["more"]) == (3, 0, False)
    assert [event["outcome"] for event in answer["events"]] == ["handled"] * 3
    assert await desk.notes(subject) == ["sour", "one", "two"]
    told = await desk.told(QuarantinedEventReleased.TYPE)
    assert [(event.actor, event.sequence, event.causation_id) for event in told] == [(PERSON, 1, None)] * 3
    assert len({event.subject for event in told}) == 3
    assert told[0].value["about_event_id"] == head["event_id"]
    assert told[0].value["offset"] == head["offset"]
    assert {event.correlation_id for event in told} != {"story-1"}
    # What the event itself brings about is told in the service's name, as ever.
    caused = [event for event in await desk.told("io.datacity.test.note-written.v1") if event.causation_id]
    assert {(event.actor, event.correlation_id) for event in caused} == {(f"system:{desk.rig.name}", "story-1")}
    (released, *_) = await desk.waiting(state="released")
    assert (released["ended_by"], released["state"]) == (PERSON, "released")
    assert await desk.rig.scalar("SELECT count(*) FROM quarantine WHERE value IS NOT NULL") == 0


async def test_a_key_stops_at_its_first_that_still_fails(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "worse", "last")
    desk.bad = {"worse": Bitter}

    answer = await desk.post("/quarantine/release", {"topic": desk.rig.topic, "key": str(subject)})

    assert (answer["released"], answer["failed"], answer["more"]) == (1, 1, False)
    assert [event["outcome"] for event in answer["events"]] == ["handled", "failed"]
    assert await desk.notes(subject) == ["sour"]
    worse, last = await desk.waiting()
    assert "Bitter" in worse["error"]
    assert (worse["state"], worse["attempts"], last["state"]) == ("retrying", 1, "behind")  # by itself
    assert worse["fingerprint"] == answer["events"][1]["fingerprint"]


async def test_a_rehearsal_tells_what_would_happen_and_leaves_nothing(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one", "worse", "last")
    before = await desk.waiting()
    desk.bad = {"worse": Bitter}
    order = {"topic": desk.rig.topic, "key": str(subject), "dry_run": True}

    of_key = await desk.post("/quarantine/release", order)
    of_group = await desk.post(f"/quarantine/groups/{before[0]['fingerprint']}/release", {"dry_run": True})
    of_one = await desk.post(f"/quarantine/events/{before[0]['id']}/release", {"dry_run": True})

    assert [event["outcome"] for event in of_key["events"]] == ["handled", "handled", "failed"]
    assert of_key["dry_run"] is True
    assert of_group["events"] == of_key["events"]
    assert of_one["events"] == of_key["events"][:1]
    assert await desk.waiting() == before
    assert await desk.notes(subject) == []
    assert await desk.rig.scalar("SELECT count(*) FROM event_log") == 0
    assert await desk.rig.scalar("SELECT count(*) FROM outbox_pending") == 0


async def test_one_event_is_released_and_those_behind_it_become_due(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one", "two")
    head, one, _ = await desk.waiting()
    desk.bad.clear()

    answer = await desk.post(f"/quarantine/events/{head['id']}/release")

    assert (answer["released"], [event["id"] for event in answer["events"]]) == (1, [head["id"]])
    assert await desk.notes(subject) == ["sour"]
    next_one, last = await desk.waiting()
    assert (next_one["id"], next_one["state"], last["state"]) == (one["id"], "retrying", "behind")
    assert next_one["give_up_at"] >= next_one["next_attempt_at"]
    assert len(await desk.told(QuarantinedEventReleased.TYPE)) == 1


async def test_one_that_still_fails_says_so_and_stays(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one")
    head, _ = await desk.waiting()

    answer = await desk.post(f"/quarantine/events/{head['id']}/release")

    assert (answer["released"], answer["failed"]) == (0, 1)
    assert "Sour" in answer["events"][0]["error"]
    after, behind = await desk.waiting()
    assert (after["attempts"], after["state"], behind["state"]) == (head["attempts"] + 1, "parked", "behind")
    assert await desk.notes(subject) == []
    assert await desk.told(QuarantinedEventReleased.TYPE) == []


async def test_what_is_not_the_head_of_its_key_names_what_is(desk: Desk) -> None:
    await desk.bad_key("sour", "one")
    head, one = await desk.waiting()
    desk.bad.clear()

    for act, body in (("release", {}), ("release", {"dry_run": True}), ("discard", {"reason": "obsolete"})):
        refusal = await desk.post(f"/quarantine/events/{one['id']}/{act}", body, status=409)
        assert refusal["type"].endswith("not-the-head-of-its-key")
        assert refusal["head"] == head["id"]
        assert f"Release or discard {head['id']} first" in refusal["detail"]


async def test_what_has_ended_is_not_released_again(desk: Desk) -> None:
    await desk.bad_key("sour")
    (head,) = await desk.waiting()
    desk.bad.clear()
    await desk.post(f"/quarantine/events/{head['id']}/release")

    refusal = await desk.post(f"/quarantine/events/{head['id']}/release", status=409)

    assert (refusal["ended_as"], refusal["ended_by"]) == ("released", PERSON)
    assert len(await desk.told(QuarantinedEventReleased.TYPE)) == 1


async def test_the_same_order_sent_twice_has_one_effect_and_one_answer(desk: Desk) -> None:
    await desk.bad_key("sour")
    (head,) = await desk.waiting()
    desk.bad.clear()
    path, key = f"/quarantine/events/{head['id']}/release", str(uuid4())

    first = await desk.post(path, {}, Idempotency_Key=key)
    second = await desk.post(path, {}, Idempotency_Key=key)

    assert first == second
    assert len(await desk.told(QuarantinedEventReleased.TYPE)) == 1


async def test_a_group_is_released_key_by_key_and_one_that_fails_stops_its_key_only(desk: Desk) -> None:
    well, ill = await desk.bad_key("sour 1", "one"), await desk.bad_key("sour 2", "two")
    other = await desk.bad_key("bitter", fault=Bitter)
    fingerprint = (await desk.waiting(key=str(well)))[0]["fingerprint"]
    del desk.bad["sour 1"]

    answer = await desk.post(f"/quarantine/groups/{fingerprint}/release")

    assert (answer["released"], answer["failed"], answer["more"]) == (2, 1, False)
    assert await desk.notes(well) == ["sour 1", "one"]
    assert await desk.notes(ill) == await desk.notes(other) == []
    assert {event["key"] for event in await desk.waiting()} == {str(ill), str(other)}


async def test_a_large_group_is_got_through_by_repeating_the_order(desk: Desk) -> None:
    subjects = [await desk.bad_key(f"sour {number}") for number in range(5)]
    fingerprint = (await desk.waiting())[0]["fingerprint"]
    desk.bad = {"sour 0": Sour}

    answers = [await desk.post(f"/quarantine/groups/{fingerprint}/release", {"limit": 2}) for _ in range(3)]

    assert [answer["more"] for answer in answers] == [True, True, False]
    assert sum(answer["released"] for answer in answers) == 4
    assert [await desk.notes(subject) for subject in subjects] == [[], *([f"sour {n}"] for n in range(1, 5))]


async def test_what_an_order_left_for_its_limit_goes_on_by_itself(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one", "two")
    desk.bad.clear()

    answer = await desk.post("/quarantine/release", {"topic": desk.rig.topic, "key": str(subject), "limit": 2})

    assert (answer["released"], answer["more"]) == (2, True)
    assert [event["state"] for event in await desk.waiting()] == ["retrying"]


@pytest.mark.parametrize("body", [{"limit": 0}, {"limit": 501}, {"dry_run": "yes"}, {"limit": "2"}, {"force": True}])
async def test_an_order_that_is_not_understood_changes_nothing(desk: Desk, body: dict[str, Any]) -> None:
    subject = await desk.bad_key("sour")
    desk.bad.clear()

    refusal = await desk.post("/quarantine/release", {"topic": desk.rig.topic, "key": str(subject), **body}, status=422)

    assert refusal["errors"]
    assert len(await desk.waiting()) == 1


async def test_two_operators_who_release_one_key_at_once_have_each_effect_once_and_in_order(desk: Desk) -> None:
    notes = ["sour", *(f"note {number}" for number in range(20))]
    subject = await desk.bad_key(*notes)
    desk.bad.clear()
    order = {"topic": desk.rig.topic, "key": str(subject)}

    async def release() -> int:
        async with desk.caller("staff") as client:
            answer = await client.post(f"{PREFIX}/quarantine/release", json=order)
        return int(answer.json()["released"]) if answer.status_code == 200 else 0

    released = await asyncio.gather(*(release() for _ in range(4)))

    assert sum(released) == len(notes)
    assert await desk.notes(subject) == notes
    assert len(await desk.told(QuarantinedEventReleased.TYPE)) == len(notes)


async def test_two_operators_who_release_one_event_at_once_release_it_once(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one")
    (head, _) = await desk.waiting()
    desk.bad.clear()

    async def end(act: str, body: Any) -> int:
        async with desk.caller("staff") as client:
            path = f"{PREFIX}/quarantine/events/{head['id']}/{act}"
            return (await client.post(path, json=body)).status_code

    orders = (("release", {}), ("release", {}), ("discard", {"reason": "obsolete"}), ("release", {}))
    answers = await asyncio.gather(*(end(act, body) for act, body in orders))

    assert sorted(answers) == [200, 409, 409, 409]
    ended = [*await desk.told(QuarantinedEventReleased.TYPE), *await desk.told(QuarantinedEventDiscarded.TYPE)]
    assert len(ended) == 1
    assert await desk.notes(subject) in (["sour"], [])


async def test_an_event_that_was_handled_meanwhile_is_released_without_a_second_effect(desk: Desk) -> None:
    subject = uuid4()
    record = desk.record(subject, "sour")
    desk.bad = {"sour": Sour}
    await desk.handling.handle(record)
    (head,) = await desk.waiting()
    desk.bad.clear()
    async with desk.rig.works.begin() as work:
        connection = await work.session.connection()
        await connection.exec_driver_sql("INSERT INTO inbox (event_id) VALUES ($1)", (head["event_id"],))

    answer = await desk.post(f"/quarantine/events/{head['id']}/release")

    assert answer["events"][0]["outcome"] == "duplicate"
    assert await desk.notes(subject) == []
    assert (await desk.told(QuarantinedEventReleased.TYPE))[0].value["outcome"] == "duplicate"


async def test_a_record_that_is_not_ours_can_only_be_discarded(desk: Desk) -> None:
    stranger = desk.record(uuid4(), "hello", headers=encode_headers([("ce_id", "no"), ("x-name", "Somebody")]), key=b"")
    await desk.handling.handle(stranger)
    (event,) = await desk.waiting()

    shown = await desk.get(f"/quarantine/events/{event['id']}")
    release = await desk.post(f"/quarantine/events/{event['id']}/release")
    await desk.post(f"/quarantine/events/{event['id']}/discard", {"reason": "not-ours"})

    assert shown["event_id"] is None
    assert shown["headers"] == {"ce_id": "no"}
    assert release["failed"] == 1
    assert await desk.waiting() == []
    assert (await desk.told(QuarantinedEventDiscarded.TYPE))[0].value["about_event_id"] is None


# Discarding.


async def test_a_discarded_event_has_no_effect_and_those_behind_it_become_due(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one", "two")
    head, one, two = await desk.waiting()
    body = {"reason": "superseded", "note": "Amina corrected it by hand,\nsee the minutes."}

    rehearsal = await desk.post(f"/quarantine/events/{head['id']}/discard", {**body, "dry_run": True})
    assert len(await desk.waiting()) == 3
    answer = await desk.post(f"/quarantine/events/{head['id']}/discard", body)

    assert (rehearsal["waiting"], [event["id"] for event in rehearsal["next"]]) == (2, [one["id"], two["id"]])
    assert answer["waiting"] == 2
    assert [event["state"] for event in await desk.waiting()] == ["retrying", "behind"]
    (told,) = await desk.told(QuarantinedEventDiscarded.TYPE)
    assert (told.actor, told.value["reason"], told.value["about_event_id"]) == (PERSON, "superseded", head["event_id"])
    assert "Amina" not in str(told.value)
    (kept,) = await desk.waiting(state="discarded")
    shown = await desk.get(f"/quarantine/events/{kept['id']}", role="auditor")
    assert (shown["reason"], shown["note"], shown["ended_by"]) == ("superseded", body["note"], PERSON)
    assert shown["value_hidden"] == "ended"
    released = await desk.post("/quarantine/release", {"topic": desk.rig.topic, "key": str(subject)})
    assert released["released"] == 2
    assert await desk.notes(subject) == ["one", "two"]


async def test_a_copy_of_a_discarded_event_has_no_effect_either(desk: Desk) -> None:
    subject = uuid4()
    record = desk.record(subject, "sour")
    desk.bad = {"sour": Sour}
    await desk.handling.handle(record)
    (event,) = await desk.waiting()
    await desk.post(f"/quarantine/events/{event['id']}/discard", {"reason": "obsolete"})
    desk.bad.clear()

    assert await desk.handling.handle(record) is Outcome.DUPLICATE

    assert await desk.notes(subject) == []


async def test_a_strangers_record_that_was_discarded_stays_discarded_when_it_comes_again(desk: Desk) -> None:
    stranger = desk.record(uuid4(), "hello", headers=encode_headers([("ce_id", "no")]))
    await desk.handling.handle(stranger)
    (event,) = await desk.waiting()
    await desk.post(f"/quarantine/events/{event['id']}/discard", {"reason": "not-ours"})

    await desk.handling.handle(stranger)

    assert await desk.waiting() == []


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": "because"}, {"reason": "obsolete", "note": ""}, {"reason": "obsolete", "note": "x" * 1001},
     {"reason": "obsolete", "note": "\x00"}, {"reason": "obsolete", "who": "me"}],
)  # fmt: skip
async def test_a_discard_needs_a_reason_that_can_be_counted(desk: Desk, body: dict[str, Any]) -> None:
    await desk.bad_key("sour")
    (event,) = await desk.waiting()

    await desk.post(f"/quarantine/events/{event['id']}/discard", body, status=422)

    assert len(await desk.waiting()) == 1


# The routes that were there before.


async def test_the_first_releases_list_still_answers(desk: Desk) -> None:
    subject = await desk.bad_key("sour", "one")

    events = (await desk.get("/quarantine", role="auditor"))["events"]

    assert [event["key"] for event in events] == [str(subject)] * 2
    assert events[0]["attempts"] > 0
    assert events[1]["attempts"] == 0
