"""Who can read a file, by any route, before and after its call's files are opened."""

import io
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest_asyncio
from pypdf import PdfReader

from shared.events.selection import (
    ApplicationNotSelected,
    ApplicationReserved,
    ApplicationSelected,
    ConflictConfirmed,
    ConflictDeclared,
    ConflictDismissed,
    ConflictInferred,
    ReviewAssigned,
    ReviewCancelled,
    ReviewRecused,
)
from tests.support.applications import Applicant, Applications, Caller, Season, applications, pdf, record_of
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


async def with_a_deck(service: Applications, season: Season) -> tuple[Applicant, str]:
    """A file handed in with a deck, and the deck's address."""
    applicant = await service.drafted(season)
    uploaded = await applicant.lead.upload(applicant.path, pdf())
    assert uploaded.status_code == 201, uploaded.text
    assert (await applicant.lead.post(f"{applicant.path}/submit")).status_code == 200
    return applicant, f"{applicant.path}/attachments/{uploaded.json()['id']}"


async def routes_to(who: Caller, applicant: Applicant, deck: str) -> list[int | bool]:
    """What each way to a file answers; of lists, whether it is in them."""
    listed = await who.get("/applications", limit=200)
    items = listed.json().get("items", [])
    return [
        (await who.get(applicant.path)).status_code,
        (await who.get(f"{applicant.path}/versions")).status_code,
        (await who.get(deck)).status_code,
        (await who.get(f"/teams/{applicant.team_id}")).status_code,
        applicant.application_id in {item["id"] for item in items},
    ]


def decided(applicant: Applicant, season: Season, partner: str) -> ApplicationSelected:
    return ApplicationSelected(
        decision_id=uuid4(),
        application_id=UUID(applicant.application_id),
        edition_id=UUID(season.edition_id),
        challenge_id=UUID(season.challenge_ids[0]),
        partner=partner,
        lead_id=uuid4(),
        member_ids=[],
    )


def assigned(applicant: Applicant, season: Season, juror: Caller, *, blind: bool = False) -> ReviewAssigned:
    assert juror.person_id
    return ReviewAssigned(
        review_id=uuid4(),
        application_id=UUID(applicant.application_id),
        challenge_id=UUID(season.challenge_ids[0]),
        juror_id=juror.person_id,
        blind=blind,
    )


def conflict(applicant: Applicant, juror: Caller) -> ConflictDeclared:
    assert juror.person_id
    return ConflictDeclared(
        conflict_id=uuid4(),
        juror_id=juror.person_id,
        application_id=UUID(applicant.application_id),
        kind="employer",
    )


async def test_a_file_is_sealed_until_its_call_is_closed_and_opened(service: Applications) -> None:
    season = await service.season()
    applicant, deck = await with_a_deck(service, season)
    staff, other = service.staff, await service.registered()
    partner = service.caller("partner", organisation="inwi")

    while_open = await routes_to(staff, applicant, deck)
    await service.close()
    once_closed = await routes_to(staff, applicant, deck)
    await service.open_files(season)
    once_opened = await routes_to(staff, applicant, deck)

    assert while_open == once_closed == [403, 403, 403, 403, False]
    assert once_opened == [200, 200, 200, 200, True]
    assert await routes_to(applicant.lead, applicant, deck) == [200, 200, 200, 200, True]
    assert await routes_to(other, applicant, deck) == [404, 404, 404, 404, False]
    assert await routes_to(partner, applicant, deck) == [404, 404, 404, 403, False]
    assert await routes_to(service.caller("juror"), applicant, deck) == [403, 403, 404, 403, False]
    assert await routes_to(service.anybody, applicant, deck) == [401, 401, 401, 401, False]


async def test_staff_never_read_what_was_not_handed_in(service: Applications) -> None:
    season = await service.season()
    drafted = await service.drafted(season)
    withdrawn, its_deck = await with_a_deck(service, season)
    await withdrawn.lead.post(f"{withdrawn.path}/withdraw")
    revised, first_deck = await with_a_deck(service, season)
    await revised.lead.delete(first_deck)
    second = (await revised.lead.upload(revised.path, pdf(pages=2))).json()["id"]
    await revised.lead.patch(revised.path, {"title": "Not handed in"})
    await service.open_files(season)
    staff = service.staff

    shown = (await staff.get(revised.path)).json()

    assert (await staff.get(drafted.path)).status_code == 404
    assert await routes_to(staff, withdrawn, its_deck) == [404, 404, 404, 403, False]
    assert (shown["title"], shown["unsubmitted_changes"]) == ("Ears on the pipes", False)
    assert [each["id"] for each in shown["attachments"]] == [first_deck.rpartition("/")[2]]
    assert (await staff.get(first_deck)).status_code == 200
    assert (await staff.get(f"{revised.path}/attachments/{second}")).status_code == 404
    own = (await revised.lead.get(revised.path)).json()
    assert (own["title"], own["unsubmitted_changes"]) == ("Not handed in", True)
    assert [each["id"] for each in own["attachments"]] == [second]


async def test_a_juror_reads_the_decks_of_what_is_assigned_and_nothing_in_conflict(service: Applications) -> None:
    season = await service.season()
    applicant, deck = await with_a_deck(service, season)
    juror, second, third = (service.caller("juror") for _ in range(3))
    review, other, cancelled = (assigned(applicant, season, who) for who in (juror, second, third))
    await service.hear(record_of(review))
    while_sealed = (await juror.get(deck)).status_code
    await service.open_files(season)

    await service.hear(record_of(other), record_of(cancelled))
    reading = [(await who.get(deck)).status_code for who in (juror, second, third)]
    await service.hear(record_of(ReviewRecused.model_validate(review.model_dump(exclude={"blind"})), sequence=2))
    await service.hear(record_of(conflict(applicant, second)))
    await service.hear(record_of(ReviewCancelled.model_validate(cancelled.model_dump(exclude={"blind"})), sequence=2))
    after = [(await who.get(deck)).status_code for who in (juror, second, third)]
    await service.hear(record_of(assigned(applicant, season, second)))

    assert while_sealed == 403
    assert reading == [200, 200, 200]
    assert after == [404, 404, 404]
    assert (await second.get(deck)).status_code == 404


async def test_a_juror_of_a_blind_round_gets_pages_without_a_name(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)
    content = pdf(pages=3, by="Zellige Zehra")
    deck = (await applicant.lead.upload(applicant.path, content, name="Zellige Zehra.pdf")).json()
    await applicant.lead.post(f"{applicant.path}/submit")
    path = f"{applicant.path}/attachments/{deck['id']}"
    blind, seeing = service.caller("juror", "staff"), service.caller("juror")
    await service.hear(record_of(assigned(applicant, season, blind, blind=True)))
    await service.hear(record_of(assigned(applicant, season, seeing)))
    await service.open_files(season)

    neutral, whole = await blind.get(path), await seeing.get(path)

    assert whole.content == content
    assert b"Zellige" in content
    assert "Zellige" in whole.headers["Content-Disposition"]
    assert neutral.headers["Content-Disposition"] == 'attachment; filename="pitch-deck.pdf"'
    read = PdfReader(io.BytesIO(neutral.content))
    assert len(read.pages) == 3
    said = [str(each.get_object()) for each in read.resolved_objects.values()] + [
        str(read.metadata),
        str(read.xmp_metadata),
    ]
    assert "Zellige" not in " ".join(said)
    assert b"Zellige" not in neutral.content


async def test_a_conflict_bars_by_every_role(service: Applications) -> None:
    season = await service.season()
    applicant, deck = await with_a_deck(service, season)
    await service.open_files(season)
    person = service.caller("juror", "staff", "partner", organisation="inwi")
    before = await routes_to(person, applicant, deck)

    await service.hear(record_of(conflict(applicant, person)))

    assert before == [200, 200, 200, 200, True]
    assert await routes_to(person, applicant, deck) == [404, 404, 404, 403, False]
    assert (await person.post(f"{applicant.path}/admit")).status_code == 404


async def test_what_ties_show_bars_until_a_person_dismisses_it_and_again_when_it_is_confirmed(
    service: Applications,
) -> None:
    season = await service.season()
    applicant, deck = await with_a_deck(service, season)
    await service.open_files(season)
    juror = service.caller("juror")
    assert juror.person_id
    of = {"conflict_id": uuid4(), "juror_id": juror.person_id, "application_id": UUID(applicant.application_id)}
    await service.hear(record_of(assigned(applicant, season, juror)))
    told = [
        ConflictInferred(**of, path=["employer", "shareholder"]),
        ConflictDismissed(**of, pinned=False),
        ConflictInferred(**of, path=["mentor", "startup"]),
        ConflictConfirmed(**of, pinned=False),
        ConflictDismissed(**of, pinned=True),
        ConflictDeclared(**of, kind="mentor"),
    ]

    reading = []
    for sequence, event in enumerate(told, start=1):
        await service.hear(record_of(event, sequence=sequence))
        reading.append((await juror.get(deck)).status_code)

    assert reading == [404, 200, 404, 404, 200, 404]


async def test_who_belongs_to_the_team_never_screens_its_file(service: Applications) -> None:
    season = await service.season()
    applicant, _ = await with_a_deck(service, season)
    await service.open_files(season)
    for roles in (("applicant", "staff"), ("staff",)):
        member = service.caller(*roles, person_id=applicant.lead.person_id)

        admitted = await member.post(f"{applicant.path}/admit")
        declined = await member.post(f"{applicant.path}/decline", {"reasons": ["off-topic"], "words": "Not ours."})

        assert (admitted.status_code, declined.status_code) == (404, 404)
    assert (await applicant.lead.get(applicant.path)).json()["status"] == "submitted"


async def test_outcomes_reach_the_applicant_and_the_matched_partner(service: Applications) -> None:
    season = await service.season()
    chosen, deck = await with_a_deck(service, season)
    await chosen.lead.patch(chosen.path, {"challenge_ids": season.challenge_ids})
    await chosen.lead.post(f"{chosen.path}/submit")
    reserve, unlucky, gone = [await service.submitted(season) for _ in range(3)]
    await service.open_files(season)
    for each in (chosen, reserve, unlucky, gone):
        await service.staff.post(f"{each.path}/admit")
    await gone.lead.post(f"{gone.path}/withdraw")
    edition = {"edition_id": UUID(season.edition_id), "lead_id": uuid4()}

    await service.hear(
        record_of(decided(chosen, season, "inwi")),
        record_of(ApplicationReserved(decision_id=uuid4(), application_id=UUID(reserve.application_id), **edition)),
        record_of(ApplicationNotSelected(decision_id=uuid4(), application_id=UUID(unlucky.application_id), **edition)),
        record_of(decided(gone, season, "inwi")),
    )

    statuses = [(await each.lead.get(each.path)).json()["status"] for each in (chosen, reserve, unlucky, gone)]
    assert statuses == ["selected", "reserved", "not-selected", "withdrawn"]
    inwi, lydec = (service.caller("partner", organisation=name) for name in ("inwi", "lydec"))
    assert (await routes_to(inwi, chosen, deck))[:3] == [200, 200, 200]
    [listed] = (await inwi.get("/applications")).json()["items"]
    assert listed["id"] == chosen.application_id
    own = season.challenge_ids[:1]
    assert listed["challenge_ids"] == (await inwi.get(chosen.path)).json()["challenge_ids"] == own
    assert (await service.staff.get(chosen.path)).json()["challenge_ids"] == season.challenge_ids
    assert (await routes_to(lydec, chosen, deck))[:3] == [404, 404, 404]
    assert (await lydec.get("/applications")).json()["items"] == []
    assert (await chosen.lead.post(f"{chosen.path}/withdraw")).status_code == 200


async def test_an_outcome_of_an_application_that_nobody_knows_changes_nothing(service: Applications) -> None:
    season = await service.season()
    stranger = Applicant(lead=service.anybody, team_id="", path=f"/applications/{uuid4()}")

    await service.hear(record_of(decided(stranger, season, "inwi")))
