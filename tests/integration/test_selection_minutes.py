"""Minutes tell what was recorded, in three languages, with the same bytes each time, and never too early."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import pytest_asyncio

from shared.database import new_id
from shared.events import Forgotten
from tests.support.selection import Applied, Season, Selection, decided, people, selection_on, submission
from tests.support.stack import Backbone

LANGUAGES = ("fr", "ar", "en")
TITLES = {"fr": "Procès-verbal du jury", "ar": "محضر لجنة التحكيم", "en": "Minutes of the jury"}


@dataclass
class Told:
    """A season with something of everything that minutes tell of."""

    season: Season
    decisions: dict[str, Any]
    files: list[Applied]
    jurors: list[UUID]
    dissenting: UUID

    @property
    def path(self) -> str:
        return f"/decisions/{self.decisions['id']}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(selection: Selection) -> Told:
    return await season_told(selection)


async def test_minutes_are_frozen_with_the_publication_and_its_event_tells_their_digest(
    selection: Selection, told: Told
) -> None:
    minutes = (await selection.as_("auditor").get(f"{told.path}/minutes")).json()

    canonical = json.dumps(minutes["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == minutes["digest"]
    kind, published = (await selection.events(UUID(told.decisions["id"])))[-1]
    assert (kind, published["minutes_digest"]) == ("results.published", minutes["digest"])
    # What comes later, such as a conflict that is declared now, changes nothing.
    juror = selection.juror(told.jurors[1])
    late = await juror.post("/conflicts", {"application_id": str(told.files[1].application_id), "kind": "mentor"})
    assert late.status_code == 201
    assert (await selection.as_("auditor").get(f"{told.path}/minutes")).json() == minutes
    with pytest.raises(Exception, match="minutes"):
        await selection.sql("UPDATE minutes SET digest = 'x'")


async def test_minutes_tell_who_sat_who_stepped_back_and_who_approved_what(selection: Selection, told: Told) -> None:
    facts = (await selection.staff.get(f"{told.path}/minutes")).json()["facts"]

    jury = facts["juries"][0]
    assert set(jury["jurors"]) == {str(juror) for juror in told.jurors}
    assert [one["kind"] for one in jury["conflicts"]] == ["family"]
    assert [one["juror_id"] for one in jury["conflicts"]] == [str(told.jurors[0])]
    assert (len(jury["ranking"]["files"]), jury["ranking"]["method"]) == (5, "severity-corrected/1")
    assert all({"rank_low", "rank_high", "coin_toss"} <= line.keys() for line in jury["ranking"]["files"])
    first, second = facts["drafts"]
    assert (first["state"], second["state"]) == ("superseded", "published")
    assert [one["voided_because"] for one in second["approvals"]] == ["outcome-changed"] * 2 + [None] * 2
    assert [one["changed_by"] is not None for one in facts["outcomes"]].count(True) == 1
    assert facts["dissent"][0]["juror_id"] == str(told.dissenting)
    assert facts["matching"]["as_computed"] is False
    assert {one["type"].split(".")[-2] for one in facts["events"]} >= {"frozen", "proposed", "approved", "signed"}
    words = ("Nour", "Atlas", "Closed down", "Too early", "A clear plan")
    assert not any(word in json.dumps(facts) for word in words)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_document_is_tagged_titled_and_the_same_bytes_each_time(
    selection: Selection, told: Told, language: str
) -> None:
    first = await selection.staff.get(f"{told.path}/minutes.pdf", language=language)
    again = await selection.as_("auditor").get(f"{told.path}/minutes.pdf", language=language)

    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert first.content == again.content
    document = pypdfium2.PdfDocument(first.content)
    assert document.get_metadata_value("Title") == TITLES[language]
    assert pdfium.FPDFCatalog_IsTagged(document)
    said = words_of(first.content)
    assert "Nour" in said
    if language != "ar":  # there, who extracts text has to put it into the order of reading
        assert "Too early." in said
        assert str(told.jurors[0]) in said


async def test_arabic_is_joined_and_runs_from_right_to_left(selection: Selection, told: Told) -> None:
    answer = await selection.staff.get(f"{told.path}/minutes.pdf", language="ar")

    page = pypdfium2.PdfDocument(answer.content)[0]
    places = [place for place in glyphs(page) if "\u0600" <= place[0] <= "\u06ff" or "\ufb50" <= place[0] <= "\ufeff"]
    heading = places[: len("محضر")]
    assert [x for _, x in heading] == sorted((x for _, x in heading), reverse=True)  # read on to the left
    assert max(x for _, x in places) > page.get_width() / 2


async def test_nobody_reads_minutes_before_the_publication_nor_with_a_file_in_conflict(
    selection: Selection, told: Told
) -> None:
    _, draft, _ = await decided(selection)
    another = f"/decisions/{draft['id']}"
    lead = selection.as_("applicant", "staff", person=told.files[0].lead_id)

    early = [await selection.staff.get(f"{another}/{what}") for what in ("minutes", "minutes.pdf")]
    torn = [await lead.get(f"{told.path}/{what}") for what in ("minutes", "minutes.pdf")]
    juror = await selection.juror(told.jurors[0]).get(f"{told.path}/minutes")

    assert [answer.status_code for answer in (*early, *torn, juror)] == [404, 404, 403, 403, 403]


async def test_minutes_call_people_by_the_names_that_staff_typed_and_their_digest_stays(
    selection: Selection, told: Told
) -> None:
    staff, path = selection.staff, f"{told.path}/minutes"
    before = (await staff.get(path)).json()
    unnamed = await staff.get(f"{path}.pdf", language="en")
    people = await staff.items(f"/editions/{told.season.edition_id}/names-in-minutes", limit=200)
    juror, approver = str(told.jurors[1]), next(each["person_id"] for each in people if not each["juror"])
    for person, name in ((juror, "Salma Sigillée"), (approver, "سعاد التجريبية")):
        named = await staff.put(f"/people/{person}/name-in-minutes", {"name": name}, version=0)
        assert (named.status_code, named.json()["name"], named.headers["etag"]) == (200, name, '"1"')
    stale = await staff.put(f"/people/{juror}/name-in-minutes", {"name": "Another"}, version=0)
    nobody = await staff.put(f"/people/{new_id()}/name-in-minutes", {"name": "Nobody"}, version=0)
    drawn = {language: await staff.get(f"{path}.pdf", language=language) for language in LANGUAGES}

    assert (stale.status_code, nobody.status_code) == (412, 404)
    assert (await staff.get(path)).json() == before
    said = words_of(drawn["en"].content)
    assert all(word in said for word in ("Salma Sigillée", juror, approver, before["digest"]))
    assert "سعاد" in words_of(drawn["ar"].content) + "".join(reversed(words_of(drawn["ar"].content)))
    assert drawn["en"].content != unnamed.content
    gone = await staff.put(f"/people/{juror}/name-in-minutes", {"name": None}, version=1)
    assert gone.json() == {"person_id": juror, "version": 0, "name": None}
    assert "Salma" not in words_of((await staff.get(f"{path}.pdf", language="en")).content)


async def test_a_name_is_given_with_the_appointment_and_told_to_nobody_but_staff_and_its_person(
    selection: Selection,
) -> None:
    season = Season(selection)
    challenge, (juror, other) = await season.challenge(), people(2)
    stranger = {"challenge_id": str(challenge), "juror_ids": [str(other)], "names": {str(juror): "Kenza Secrète"}}
    refused = await selection.staff.post("/juries", stranger)
    jury = await season.jury(challenge, [juror, other], names={str(juror): "Kenza Secrète"})
    change = {"names": {str(other): "Driss Discret"}}
    changed = await selection.staff.patch(f"/juries/{jury['id']}", change, version=jury["version"])
    reads = [await selection.juror(other).get(f"/juries/{jury['id']}"), await selection.staff.get("/juries")]
    reads.append(await selection.juror(juror).get(f"/people/{juror}/name-in-minutes"))
    given = await selection.staff.post(f"/operations/people/{juror}/export")

    assert refused.json()["type"].endswith("name-of-nobody")
    assert (changed.status_code, reads[-1].status_code) == (200, 403)
    told = [json.dumps(jury), changed.text, *(read.text for read in reads), str(await selection.events())]
    assert not any(name in each for each in told for name in ("Kenza", "Driss"))
    kept = str(await selection.sql("SELECT convert_from(body, 'UTF8') FROM idempotency_keys"))
    assert "Kenza" not in kept
    assert "Kenza Secrète" in given.text


async def test_who_moved_up_has_minutes_and_erased_words_leave_while_the_digest_stays(
    selection: Selection,
) -> None:
    told = await season_told(selection)
    before = (await selection.staff.get(f"{told.path}/minutes")).json()
    place = {str(file.application_id): file for file in told.files}
    await selection.hear(*(place[file].withdrawn() for file in before["facts"]["matching"]["matched"]))
    promotion = (await selection.staff.post(f"/editions/{told.season.edition_id}/promotions", {})).json()
    await told.season.publish(promotion)

    moved = (await selection.staff.get(f"/decisions/{promotion['id']}/minutes")).json()
    await selection.hear(*(file.forgotten() for file in told.files))
    paths = (told.path, f"/decisions/{promotion['id']}")
    drawn = [await selection.staff.get(f"{path}/minutes.pdf", language="en") for path in paths]

    assert (moved["facts"]["kind"], moved["facts"]["amends"]) == ("promotion", told.decisions["id"])
    assert (await selection.staff.get(f"{told.path}/minutes")).json() == before
    said, also = (words_of(one.content) for one in drawn)
    assert "Nour" not in said + also
    assert "Closed down" not in said
    assert "(erased)" in said
    assert also.startswith("Minutes: moving up after a withdrawal")


async def test_a_forgotten_jurors_name_is_erased_and_minutes_say_so(selection: Selection, told: Told) -> None:
    juror, before = told.jurors[2], (await selection.staff.get(f"{told.path}/minutes")).json()
    await selection.staff.put(f"/people/{juror}/name-in-minutes", {"name": "Oumaïma Oubliée"}, version=0)

    await selection.hear(Forgotten("people.v1", str(juror)))
    drawn = words_of((await selection.staff.get(f"{told.path}/minutes.pdf", language="en")).content)
    again = await selection.staff.put(f"/people/{juror}/name-in-minutes", {"name": "Oumaïma"}, version=0)

    assert await selection.sql("SELECT id FROM name_in_minutes WHERE id = :id", id=juror) == []
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "person-forgotten")
    assert "Oumaïma" not in drawn
    assert f"(name erased)\r\n{juror}" in drawn or f"(name erased)\n{juror}" in drawn
    assert (await selection.staff.get(f"{told.path}/minutes")).json() == before


async def season_told(selection: Selection) -> Told:
    season = Season(selection)
    water, waste = await season.challenge(partner="lydec"), await season.challenge(partner="holcim")
    jurors = people(4)
    files = [
        await season.application(water, waste, startup=name)
        for name in ("Nour", "Ville Claire شركة", "Atlas", "Robinet Rêvé", "Souss")
    ]
    juries = [await season.jury(challenge, jurors, k=2) for challenge in (water, waste)]
    family = {"application_id": str(files[0].application_id), "kind": "family", "note": "A cousin."}
    await selection.juror(jurors[0]).post("/conflicts", family)
    for number, jury in enumerate(juries):
        await season.assign(jury)
        for review in await selection.staff.items("/reviews", jury=jury["id"], state="assigned", limit=200):
            place = [file.application_id for file in files].index(UUID(review["application_id"]))
            score = 3 + (place * 2 + number + UUID(review["juror_id"]).int) % 7
            juror = selection.juror(UUID(review["juror_id"]))
            await juror.post(f"/reviews/{review['id']}/submit", submission(score=score))
        await season.rank(jury, "severity-corrected/1", accept_groups=True)
    await season.propose()
    draft = (await season.propose(reserves=2, minimum=1)).json()
    path, staff = f"/decisions/{draft['id']}", selection.as_("staff", person=new_id())
    await staff.post(f"{path}/remarks", {"kind": "dissent", "words": "Too early.", "juror_id": str(jurors[3])})
    await season.approve(draft)
    selected = next(one for one in draft["outcomes"] if one["outcome"] == "selected")
    change = {"application_id": selected["application_id"], "outcome": "reserve", "reason": "Closed down."}
    version = (await staff.get(path)).json()["version"]
    assert (await staff.patch(path, change, version=version)).status_code == 200
    answer = await season.publish(draft)
    assert answer.status_code == 200, answer.text
    return Told(season=season, decisions=draft, files=files, jurors=jurors, dissenting=jurors[3])


def words_of(drawn: bytes) -> str:
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(drawn))


def glyphs(page: Any) -> list[tuple[str, float]]:
    """Each letter in the order of the text, and where it stands."""
    text = page.get_textpage()
    said = text.get_text_range()
    return [(letter, text.get_charbox(index)[0]) for index, letter in enumerate(said[:400])]
