"""Teams over HTTP, on a real database: who may write, who reads only, who leads, and whom they invite."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from services.applications.domain.invitations import MOST_OPEN, OPEN_FOR
from services.applications.jobs import expire_next
from shared.events import Person
from tests.support.applications import Applicant, Applications, Caller, Season, applications, pdf
from tests.support.stack import Backbone

ADDRESS = "Invented.Guest@people.example"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def season(service: Applications) -> Season:
    return await service.season()


@pytest_asyncio.fixture(loop_scope="session")
async def applicant(service: Applications, season: Season) -> Applicant:
    service.clock.moment = service.clock.moment.replace(month=12, day=2)
    return await service.drafted(season)


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def invite(applicant: Applicant, **body: Any) -> dict[str, Any]:
    answer = await applicant.lead.post(f"/teams/{applicant.team_id}/invitations", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def joined(service: Applications, applicant: Applicant, role: str = "editor") -> Caller:
    code = (await invite(applicant, role=role))["code"]
    member = await service.registered()
    assert (await member.post(f"/invitations/{code}/accept")).status_code == 200
    return member


async def team(applicant: Applicant) -> dict[str, Any]:
    found: dict[str, Any] = (await applicant.lead.get(f"/teams/{applicant.team_id}")).json()
    return found


def of(applicant: Applicant, who: Caller) -> str:
    return f"/teams/{applicant.team_id}/members/{who.person_id}"


async def carried(service: Applications, key: str) -> list[dict[str, Any] | None]:
    """What is on its way to people.v1 under a key."""
    rows = await service.fetch(
        "SELECT value FROM outbox_pending WHERE topic = 'people.v1' AND key = :key ORDER BY position", key=key
    )
    return [json.loads(row.value) if row.value is not None else None for row in rows]


async def test_a_reader_reads_everything_and_writes_nothing(service: Applications, applicant: Applicant) -> None:
    reader = await joined(service, applicant, "reader")
    version = (await reader.get(applicant.path)).json()["version"]

    answers = [
        await reader.post(f"{applicant.path}/saves", {"base": version, "title": "Mine"}),
        await reader.patch(applicant.path, {"title": "Mine"}),
        await reader.post(f"{applicant.path}/submit"),
        await reader.post(f"{applicant.path}/withdraw"),
        await reader.upload(applicant.path, pdf()),
        await reader.post(f"/teams/{applicant.team_id}/invitations", {}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert (await reader.get(f"{applicant.path}/versions/{version}")).status_code == 200
    assert [(m["role"], m["lead"]) for m in (await team(applicant))["members"]] == [("editor", True), ("reader", False)]


async def test_the_lead_lets_a_reader_write_and_an_editor_read_only(
    service: Applications, applicant: Applicant
) -> None:
    member = await joined(service, applicant, "reader")
    etag = f'"{(await team(applicant))["version"]}"'

    given = await applicant.lead.patch(of(applicant, member), {"role": "editor"}, match=etag)
    wrote = await member.patch(applicant.path, {"title": "Ours"})
    stale = await applicant.lead.patch(of(applicant, member), {"role": "reader"}, match=etag)
    alone = await member.patch(of(applicant, member), {"role": "reader"}, match=given.headers["ETag"])

    assert (given.status_code, wrote.status_code, stale.status_code, alone.status_code) == (200, 200, 412, 403)
    assert "team.role-given" in await service.told(applicant.team_id)


async def test_the_lead_removes_a_member_and_a_member_leaves_before_handing_in(
    service: Applications, applicant: Applicant
) -> None:
    removed, leaving, staying = [await joined(service, applicant) for _ in range(3)]

    async def remove(who: Caller, whom: Caller) -> int:
        etag = f'"{(await team(applicant))["version"]}"'
        return (await who.delete(of(applicant, whom), match=etag)).status_code

    assert await remove(staying, removed) == 403
    assert await remove(applicant.lead, removed) == 204
    assert await remove(leaving, leaving) == 204
    assert await remove(applicant.lead, applicant.lead) == 409
    assert (await removed.get(applicant.path)).status_code == 404
    assert (await applicant.lead.post(f"{applicant.path}/submit")).status_code == 200
    assert await remove(applicant.lead, staying) == 409
    assert (await service.told(applicant.team_id)).count("team.member-removed") == 2


async def test_the_lead_passes_the_team_and_its_files_on(service: Applications, applicant: Applicant) -> None:
    member = await joined(service, applicant, "reader")

    by_member = await member.post(f"/teams/{applicant.team_id}/lead", {"person_id": str(member.person_id)})
    passed = await applicant.lead.post(f"/teams/{applicant.team_id}/lead", {"person_id": str(member.person_id)})
    handed_in = await member.post(f"{applicant.path}/submit")
    by_former = await applicant.lead.post(f"{applicant.path}/withdraw")
    withdrawn = await member.post(f"{applicant.path}/withdraw")

    assert (by_member.status_code, passed.status_code) == (403, 200)
    assert (handed_in.status_code, by_former.status_code, withdrawn.status_code) == (200, 403, 200)
    assert "team.lead-passed" in await service.told(applicant.team_id)
    assert "application.lead-passed" in await service.told(applicant.application_id)


async def test_a_link_invites_one_person_once(service: Applications, applicant: Applicant) -> None:
    made = await invite(applicant, role="reader")
    code, (guest, other) = made["code"], [await service.registered() for _ in range(2)]

    seen = await service.anybody.get(f"/invitations/{code}")
    unregistered = await service.caller("applicant").post(f"/invitations/{code}/accept")
    accepted = await guest.post(f"/invitations/{code}/accept")
    again = await other.post(f"/invitations/{code}/accept")
    by_member = await guest.post(f"/invitations/{(await invite(applicant))['code']}/accept")

    assert (seen.json()["team"], seen.json()["role"]) == ("Invented Sensors", "reader")
    assert (unregistered.status_code, slug(unregistered)) == (409, "not-registered")
    assert str(guest.person_id) in {member["person_id"] for member in accepted.json()["members"]}
    assert (again.status_code, slug(again)) == (409, "invitation-over")
    assert (by_member.status_code, slug(by_member)) == (409, "already-in-team")
    assert (await service.anybody.get("/invitations/guessed")).status_code == 404


async def test_the_code_is_told_once_and_only_a_digest_is_kept(service: Applications, applicant: Applicant) -> None:
    code = (await invite(applicant))["code"]

    listed = (await applicant.lead.get(f"/teams/{applicant.team_id}/invitations")).text
    rows = await service.fetch(
        "SELECT row_to_json(i)::text || encode(code_digest, 'escape') AS said FROM team_invitation i"
    )

    assert code not in listed
    assert not any(code in row.said for row in rows)


async def test_a_mailed_invitation_travels_apart_from_events_and_is_forgotten_once_answered(
    service: Applications, applicant: Applicant
) -> None:
    made = await invite(applicant, email=ADDRESS, language="ar")
    guest = await service.registered()

    [sent] = await carried(service, made["id"])
    assert sent is not None
    person = Person.from_bytes(json.dumps(sent).encode())
    assert (made["code"], person.email, person.language) == (None, ADDRESS, "ar")
    assert person.invited is not None
    assert person.invited.team == "Invented Sensors"
    assert (await guest.post(f"/invitations/{person.invited.code}/accept")).status_code == 200

    assert (await carried(service, made["id"]))[-1] is None
    kept = await service.fetch("SELECT email, state FROM team_invitation WHERE id = :id", id=made["id"])
    assert [(row.email, row.state) for row in kept] == [(None, "accepted")]
    told = await service.fetch("SELECT convert_from(value, 'UTF8') AS value FROM event_log")
    assert not any(ADDRESS in row.value or person.invited.code in row.value for row in told)


async def test_an_invitation_is_declined_without_an_account(service: Applications, applicant: Applicant) -> None:
    code = (await invite(applicant))["code"]

    declined = await service.anybody.post(f"/invitations/{code}/decline")
    accepted = await (await service.registered()).post(f"/invitations/{code}/accept")

    assert (declined.status_code, accepted.status_code) == (204, 409)
    assert (await service.anybody.get(f"/invitations/{code}")).json()["state"] == "declined"


async def test_an_invitation_that_is_taken_back_or_over_opens_nothing(
    service: Applications, applicant: Applicant
) -> None:
    revoked, forgotten = await invite(applicant), await invite(applicant, email=ADDRESS)
    path = f"/teams/{applicant.team_id}/invitations"
    guest = await service.registered()

    assert (await guest.delete(f"{path}/{revoked['id']}")).status_code == 404
    assert (await applicant.lead.delete(f"{path}/{revoked['id']}")).status_code == 204
    taken_back = await guest.post(f"/invitations/{revoked['code']}/accept")
    service.clock.moment += OPEN_FOR + timedelta(seconds=1)
    while await expire_next(service.app.state.works):
        pass

    assert slug(taken_back) == "invitation-over"
    assert (await carried(service, forgotten["id"]))[-1] is None
    assert "team.invitation-expired" in await service.told(applicant.team_id)
    assert await service.fetch("SELECT 1 FROM team_invitation WHERE email IS NOT NULL") == []


async def test_invitations_are_bounded_and_one_address_is_written_to_once(applicant: Applicant) -> None:
    await invite(applicant, email=ADDRESS)
    again = await applicant.lead.post(f"/teams/{applicant.team_id}/invitations", {"email": ADDRESS.lower()})
    for _ in range(MOST_OPEN - 1):
        await invite(applicant)

    too_many = await applicant.lead.post(f"/teams/{applicant.team_id}/invitations", {})

    assert (again.status_code, slug(again)) == (409, "already-invited")
    assert (too_many.status_code, slug(too_many)) == (409, "too-many-invitations")


async def test_who_is_forgotten_is_forgotten_as_somebody_invited_too(
    service: Applications, applicant: Applicant
) -> None:
    guest = await service.registered()
    address = (await guest.get("/people/me")).json()["email"]
    to_guest = await invite(applicant, email=address.upper())
    alone = await service.registered()
    team_id = (await alone.post("/teams", {"name": "Alone"})).json()["id"]
    by_alone = (await alone.post(f"/teams/{team_id}/invitations", {"email": ADDRESS})).json()

    for who in (guest, alone):
        erased = await service.staff.post(f"/people/{who.person_id}/erasure", {})
        assert erased.json()["erased"]["team_invitation"] == 1, erased.text

    ids = {"guest": to_guest["id"], "alone": by_alone["id"]}
    ended = await service.fetch("SELECT email, state FROM team_invitation WHERE id IN (:guest, :alone)", **ids)
    assert [(row.email, row.state) for row in ended] == [(None, "revoked")] * 2
    assert (await carried(service, to_guest["id"]))[-1] is None
    assert (await carried(service, by_alone["id"]))[-1] is None


async def test_nobody_joins_a_team_that_has_handed_in(service: Applications, applicant: Applicant) -> None:
    code = (await invite(applicant))["code"]
    await applicant.lead.post(f"{applicant.path}/submit")

    late = await (await service.registered()).post(f"/invitations/{code}/accept")
    made = await applicant.lead.post(f"/teams/{applicant.team_id}/invitations", {})

    assert [(answer.status_code, slug(answer)) for answer in (late, made)] == [(409, "team-settled")] * 2
