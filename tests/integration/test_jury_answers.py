"""What a team answered, as jurors read it: under the questions of the call, as applications told them."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.applications.defaults import default_form
from shared.events.applications import CallFormSet
from tests.support.applications import applications
from tests.support.desk import ALIA, BADR, STAFF, Desk, jury_desk
from tests.support.selection import Applied, Season
from tests.support.stack import Backbone

ANSWERS = {
    "team": "Deux ingénieures.",
    "registered": "yes",
    "since": "2025-03-05",
    "stage": "prototype",
    "wanted-data": "waste,water",
    "left-over": "Une réponse libre.",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def form_set(backbone: Backbone) -> CallFormSet:
    """The event that applications wrote when staff gave a call the default form."""
    async with applications(backbone) as service:
        season = await service.season(form=default_form())
        (told,) = await service.fetch(
            "SELECT value FROM event_log WHERE type = :type AND subject = :call",
            type=CallFormSet.TYPE,
            call=season.call_id,
        )
    return CallFormSet.from_bytes(told.value)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with jury_desk(backbone, tmp_path_factory.mktemp("issuer")) as opened:
        yield opened


async def judged(desk: Desk, *heard: CallFormSet, juror: UUID = ALIA, **jury: Any) -> tuple[Applied, dict[str, Any]]:
    """A file of a call that asks that, and the juror's review of it."""
    season = Season(desk.selection, **({"call_id": heard[0].call_id} if heard else {}))
    challenge = await season.challenge()
    file = Applied(season, (challenge,))
    await desk.selection.hear(file.dossier(answers=ANSWERS), file.submitted(), file.admitted(), *heard)
    made = await season.jury(challenge, [juror], **jury)
    await season.assign(made)
    (review,) = await desk.selection.juror(juror).items("/reviews", jury=made["id"])
    return file, review


async def page(desk: Desk, place: str, language: str, *, roles: str = "juror", person: UUID = ALIA) -> str:
    """The text of it, as one reads it."""
    async with desk.signed_in(roles, person=person) as client:
        answer = await client.get(desk.address(place, language))
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


async def test_a_juror_reads_answers_under_the_questions_in_its_own_language(desk: Desk, form_set: CallFormSet) -> None:
    _, review = await judged(desk, form_set)

    arabic = await page(desk, f"reviews/{review['id']}", "ar")
    french = await page(desk, f"reviews/{review['id']}", "fr")

    in_order = [
        "الفريق من أنتم، وماذا تجيدون معا؟ Deux ingénieures. هل أسستم شركتكم؟ نعم منذ متى؟ 5 مارس 2025",
        "إلى أي مرحلة وصلتم؟ نموذج أولي أين يمكن الاطلاع عليه؟ بلا جواب",
        "ما المعطيات التي تحتاجونها؟ النفايات · الماء",
        "Left over Une réponse libre.",
    ]
    places = [arabic.find(words) for words in in_order]
    assert places == sorted(places)
    assert -1 not in places
    assert "ما هي؟" not in arabic  # asked only of who named other data
    assert "Depuis quand ? 5 mar. 2025" in french
    assert not {"wanted-data", "prototype"} & set(arabic.split())


async def test_what_changed_is_told_in_the_words_of_the_form_and_in_its_order(
    desk: Desk, form_set: CallFormSet
) -> None:
    file, review = await judged(desk, form_set)
    saved = {"version": "1", "revision": "1", "comment": "Un prototype ?"}
    async with desk.signed_in("juror", person=ALIA) as client:
        await client.post(desk.address(f"reviews/{review['id']}"), data=saved)
    changed = {"team": "Trois ingénieures.", "stage": "in-use", "wanted-data": "water,other", "since": "2025-03-06"}
    await desk.selection.hear(file.revised(2), file.dossier(2, answers=ANSWERS | changed))

    async with desk.signed_in("juror", person=ALIA) as client:
        shown = (await client.get(desk.address(f"reviews/{review['id']}/changes"))).text
    told = (await desk.selection.juror(ALIA).get(f"/reviews/{review['id']}/changes")).json()

    assert re.findall(r"<h[23][^>]*>(?:<bdi>)?([^<]+)", shown) == [
        "The team", "Who are you, and what can you do together?", "Since when?",
        "The experimentation in the city", "How far are you?",
        "Data", "Which data would you need?",
    ]  # fmt: skip
    assert "<del>Deux</del><ins>Trois</ins> ingénieures." in shown
    assert "<del><bdi>A prototype</bdi></del> · <ins><bdi>In use somewhere</bdi></ins>" in shown
    assert "<bdi>Water</bdi> · <del><bdi>Waste</bdi></del> · <ins><bdi>Others</bdi></ins>" in shown
    assert [each["field"] for each in told["fields"]] == [
        "answers/team", "answers/since", "answers/stage", "answers/wanted-data",
    ]  # fmt: skip


async def test_the_interface_gives_the_questions_beside_the_answers_and_the_same_in_a_blind_round(
    desk: Desk, form_set: CallFormSet
) -> None:
    _, open_ = await judged(desk, form_set)
    _, blind = await judged(desk, form_set, juror=BADR, blind="both")

    read = (await desk.selection.juror(ALIA).get(f"/reviews/{open_['id']}")).json()["file"]
    unseen = (await desk.selection.juror(BADR).get(f"/reviews/{blind['id']}")).json()["file"]

    assert (read["startup"], unseen["startup"]) == ("Ville Claire", "")
    assert form_set.sections
    assert read["sections"] == unseen["sections"] == [section.model_dump() for section in form_set.sections]
    assert read["answers"].items() >= ANSWERS.items()


async def test_words_that_were_mended_replace_those_before_and_never_the_other_way_round(
    desk: Desk, form_set: CallFormSet
) -> None:
    assert form_set.sections
    mended = form_set.sections[0].model_copy(update={"title": dict.fromkeys(("fr", "ar", "en"), "Qui ?")})
    _, review = await judged(desk, form_set)

    newer = form_set.model_copy(update={"form_version": 2, "sections": [mended, *form_set.sections[1:]]})
    await desk.selection.hear(newer, form_set)

    assert "Qui ?" in await page(desk, f"reviews/{review['id']}", "fr")
    await desk.selection.hear(form_set.model_copy(update={"form_version": 3}))


async def test_a_form_whose_words_were_never_told_is_read_by_the_ids_of_its_fields(
    desk: Desk, form_set: CallFormSet
) -> None:
    before = CallFormSet.from_bytes(form_set.model_copy(update={"sections": None, "call_id": UUID(int=7)}).to_bytes())
    _, review = await judged(desk, before)

    shown = await page(desk, f"reviews/{review['id']}", "en")

    assert "Wanted data waste,water" in shown
    assert "Stage prototype" in shown


async def test_staff_who_deliberate_read_the_file_and_neither_in_conflict_nor_blind(
    desk: Desk, form_set: CallFormSet
) -> None:
    file, review = await judged(desk, form_set)
    hidden, unseen = await judged(desk, form_set, juror=BADR, blind="both")
    deliberating, judging_too = desk.selection.staff, desk.selection.as_("staff", "juror", person=BADR)
    path, blind = (
        f"/juries/{one['jury_id']}/files/{of.application_id}" for one, of in ((review, file), (unseen, hidden))
    )
    bound = desk.selection.as_("staff", person=file.lead_id)

    read = (await deliberating.get(path)).json()["file"]
    barred, nothing = await bound.get(path), await bound.get(path.replace(str(file.application_id), str(UUID(int=9))))

    assert (read["startup"], read["answers"]["stage"], read["sections"][0]["id"]) == (
        "Ville Claire",
        "prototype",
        "team",
    )
    assert (barred.status_code, barred.json()["detail"]) == (404, nothing.json()["detail"])
    assert (await deliberating.get(blind)).json()["file"]["startup"] == "Ville Claire"
    assert (await judging_too.get(blind)).json()["file"] is None
    assert (await desk.selection.juror(ALIA).get(path)).status_code == 403
    shown = await page(desk, path.removeprefix("/"), "ar", roles="staff", person=STAFF)
    assert "إلى أي مرحلة وصلتم؟ نموذج أولي" in shown
    kept = await page(desk, blind.removeprefix("/"), "en", roles="staff juror", person=BADR)
    assert "You judge this file blind" in kept
    assert "Deux ingénieures." not in kept
