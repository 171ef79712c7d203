"""A round that is blind both ways: no juror learns whose file it reads, and no applicant who read it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from services.selection.views.seen import as_juror, file_seen
from shared.database import new_id
from shared.events.forgettable import Attachment
from tests.support.selection import Applied, Caller, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


class Blind:
    """A file full of its startup's name, in a blind round of two jurors."""

    def __init__(self, season: Season, jury: dict[str, Any], file: Applied, jurors: list[UUID], name: str) -> None:
        self.season = season
        self.jury = jury
        self.file = file
        self.jurors = jurors
        self.name = name
        self.secrets = (name, name.upper(), name.split()[1], "zellige.example", "pitch", "d" * 64)


async def blind_round(selection: Selection, *, assign: bool = True, **changes: Any) -> Blind:
    season = Season(selection)
    challenge = await season.challenge()
    jurors = people(2)
    jury = await season.jury(challenge, jurors, k=2, **{"blind": "both", **changes})
    mark = new_id().hex[-8:]
    name = f"Zellige+ {mark} (SARL)"
    file = await season.application(challenge, startup=name, title=f"{name}: leaks seen from the meter")
    deck = Attachment(
        attachment_id=new_id(), name=f"pitch {name}.PDF", media_type="application/pdf", size=1000, sha256="d" * 64
    )
    await selection.hear(
        file.dossier(
            summary=f"At {name.upper()} we listen to pipes. Write to us@zellige.example or see https://zellige.example/{mark}.",
            answers={"method": f"{name}\nlistens. Zelligeplus does not."},
            attachments=(deck,),
        )
    )
    if assign:
        await season.assign(jury)
    return Blind(season, jury, file, jurors, name)


async def own_review(juror: Caller) -> dict[str, Any]:
    (review,) = await juror.items("/reviews")
    return review


async def every_read(caller: Caller, case: Blind) -> list[str]:
    """All that a juror can read of the file, and answers to its searches."""
    reads: list[tuple[str, dict[str, Any]]] = [
        ("/candidates", {}),
        *(("/candidates", {"search": word}) for word in ("Zellige", case.name)),
        ("/candidates", {"search": "meter"}),
        ("/reviews", {}),
        ("/juries", {}),
        ("/conflicts", {}),
        (f"/juries/{case.jury['id']}/phases", {}),
    ]
    for review in await caller.items("/reviews"):
        reads += [(f"/reviews/{review['id']}", {}), (f"/reviews/{review['id']}/others", {})]
    answers = [await caller.get(path, **params) for path, params in reads]
    assert all(answer.status_code < 500 for answer in answers)
    return [answer.text for answer in answers]


@pytest.mark.parametrize("assign", [False, True])
async def test_no_read_and_no_search_tells_a_juror_whose_file_it_is(selection: Selection, assign: bool) -> None:
    case = await blind_round(selection, assign=assign)

    answers = await every_read(selection.juror(case.jurors[0]), case)

    assert "leaks seen from the meter" in answers[0]
    assert '"items":[]' in answers[1].replace(" ", "")
    assert "leaks seen from the meter" in answers[3]
    for answer in answers:
        assert not any(secret in answer for secret in case.secrets), answer


async def test_a_juror_reads_the_words_without_the_name_and_attachments_without_theirs(selection: Selection) -> None:
    case = await blind_round(selection)
    juror = selection.juror(case.jurors[0])

    file = (await juror.get(f"/reviews/{(await own_review(juror))['id']}")).json()["file"]

    assert (file["startup"], file["title"]) == ("", "▇▇▇: leaks seen from the meter")
    assert file["summary"] == "At ▇▇▇ we listen to pipes. Write to ▇▇▇ or see ▇▇▇"
    assert file["answers"] == {"method": "▇▇▇\nlistens. Zelligeplus does not."}
    ((attachment),) = file["attachments"]
    assert (attachment["name"], attachment["sha256"]) == ("attachment-1.pdf", "")


async def test_staff_see_the_name_unless_they_judge_the_file_blind(selection: Selection) -> None:
    case = await blind_round(selection)
    challenge = case.jury["challenge_id"]
    both = selection.as_("juror", "staff", person=case.jurors[0])

    (seen,) = await selection.staff.items("/candidates", challenge=challenge)
    (unseen,) = await both.items("/candidates", challenge=challenge)
    found = await both.items("/candidates", challenge=challenge, search=case.name)

    assert seen["startup"] == case.name
    assert (unseen["startup"], unseen["title"], found) == (None, None, [])


async def test_a_file_that_another_jury_judges_openly_stays_blind_to_who_sits_in_both(selection: Selection) -> None:
    season = Season(selection)
    openly, blindly = await season.challenge(), await season.challenge()
    (juror, other) = people(2)
    juries = [await season.jury(openly, [juror, other], k=2), await season.jury(blindly, [juror], blind="both")]
    await season.application(openly, blindly, startup="Zellige Zehra")
    for jury in juries:
        await season.assign(jury)

    async def names(person: UUID) -> set[str]:
        caller = selection.juror(person)
        reviews = [(await caller.get(f"/reviews/{one['id']}")).json() for one in await caller.items("/reviews")]
        return {review["file"]["startup"] for review in reviews}

    assert await names(juror) == {""}
    assert await names(other) == {"Zellige Zehra"}


async def test_the_database_itself_refuses_a_juror_what_the_view_does_not_show(selection: Selection) -> None:
    case = await blind_round(selection)
    review = await own_review(selection.juror(case.jurors[0]))
    for table in ("dossier", "candidate", "review", "team_member", "conflict", "event_log", "jury"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with selection.app.state.works.begin(read_only=True) as work, as_juror(work.session, case.jurors[0]):
                await work.session.exec(text(f"SELECT * FROM {table}"))  # type: ignore[call-overload]
    with pytest.raises(ProgrammingError, match="permission denied"):
        await selection.sql("SELECT * FROM file_for_juror")

    async with selection.app.state.works.begin(read_only=True) as work:
        theirs = await file_seen(work.session, UUID(review["id"]), 1, person_id=case.jurors[1])
        own = await file_seen(work.session, UUID(review["id"]), 1, person_id=case.jurors[0])
        who = (await work.session.exec(text("SELECT current_user"))).one()  # type: ignore[call-overload]

    assert theirs is None
    assert own is not None
    assert own.startup is None
    assert who == ("datacity_selection",)


async def test_a_round_that_is_not_blind_shows_the_file_as_it_is(selection: Selection) -> None:
    case = await blind_round(selection, blind="applicants")
    juror = selection.juror(case.jurors[0])

    file = (await juror.get(f"/reviews/{(await own_review(juror))['id']}")).json()["file"]

    assert (file["startup"], file["attachments"][0]["sha256"]) == (case.name, "d" * 64)
    assert "us@zellige.example" in file["summary"]


async def test_a_shortlist_tells_staff_who_judged_blind_no_name(selection: Selection) -> None:
    case = await blind_round(selection)
    for person in case.jurors:
        juror = selection.juror(person)
        await juror.post(f"/reviews/{(await own_review(juror))['id']}/submit", submission())
    await case.season.rank(case.jury)
    path = f"/challenges/{case.jury['challenge_id']}/shortlist"
    await selection.staff.post(path, {"lowest_score": 0})

    (seen,) = (await selection.staff.get(path)).json()["files"]
    (unseen,) = (await selection.as_("juror", "staff", person=case.jurors[0]).get(path)).json()["files"]

    assert seen["startup"] == case.name
    assert unseen == {"application_id": str(case.file.application_id), "startup": None, "title": None}


async def test_the_applicant_learns_nothing_of_who_reviewed(selection: Selection) -> None:
    case = await blind_round(selection)
    for person in case.jurors:
        juror = selection.juror(person)
        await juror.post(f"/reviews/{(await own_review(juror))['id']}/submit", submission(note="Secret."))
    await case.season.rank(case.jury)
    draft = (await case.season.propose(capacity=0, reserves=0)).json()
    await selection.staff.post(f"/decisions/{draft['id']}/publish", {"version": draft["version"]})
    lead = selection.as_("applicant", person=case.file.lead_id)

    answers = [await lead.get(path) for path in ("/results/mine", "/results", "/reviews", "/juries", "/candidates")]

    for answer in answers:
        assert not any(str(person) in answer.text for person in case.jurors)
        assert "Secret" not in answer.text
