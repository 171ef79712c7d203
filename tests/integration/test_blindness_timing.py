"""How long an answer takes tells nobody what it hides: pairs of requests over real HTTP and PostgreSQL, judged.

How it is judged, and how often that is wrong, is in `tests/support/timing.py`. `--timing` asks up to two thousand pairs
of each, and then wants each certainly within the noise.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from fastapi import FastAPI, HTTPException

from services.applications import repository
from services.applications.models import Application
from shared.events.selection import ReviewAssigned
from shared.web.sessions import Tokens, open_session
from shared.work import Works
from tests.support.applications import PREFIX as APPLICATIONS
from tests.support.applications import Applicant, Applications, applications, record_of
from tests.support.selection import PREFIX as SELECTION
from tests.support.selection import Season, Selection, decided, people, selection_on, submission
from tests.support.serving import served
from tests.support.stack import Backbone
from tests.support.timing import Asked, Distinction, Judgement, compare, judged

NOTHING = str(UUID(int=9))
FEW, MANY, LOOKS = 16, 200, 10
"""Pairs of each comparison before one looks, as CI asks and with `--timing`; and how often one looks at most."""
CI_SECONDS = 12.0
"""For what looks like a leak after the first look: a real one is then sure, and an accident is gone."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def distinctions(backbone: Backbone) -> AsyncIterator[dict[str, Distinction]]:
    """All that nobody may be able to tell apart, at two services that really listen, and a route that leaks."""
    async with AsyncExitStack() as open_:
        service = await open_.enter_async_context(applications(backbone))
        selection = await open_.enter_async_context(selection_on(backbone))
        sites = [
            f"http://127.0.0.1:{await open_.enter_async_context(served(app))}"
            for app in (service.app, selection.app, leaking(service.app.state.works))
        ]
        found = [*await of_files(service, sites[0]), *await of_juries(selection, sites[1])]
        theirs = found[0].secret.url.rpartition("/")[2]
        planted = Distinction(
            "planted: is it there, and then whose is it",
            Asked(url=f"{sites[2]}/files/{theirs}"),
            Asked(url=f"{sites[2]}/files/{NOTHING}"),
        )
        yield {each.name: each for each in [*found, planted]}


def leaking(works: Works) -> FastAPI:
    """As one writes it first: whose a file is is asked only if there is one."""
    app = FastAPI()

    @app.get("/files/{application_id}")
    async def read(application_id: UUID) -> None:
        async with works.begin(read_only=True) as work:
            found = await work.session.get(Application, application_id)
            if found is not None:
                await repository.members_of(work, found.team_id)
            raise HTTPException(404)

    return app


async def of_files(service: Applications, site: str) -> Sequence[Distinction]:
    """What applicants must not learn of others' files, and of their own before they are told."""
    season = await service.season()
    mine, theirs, screened, reviewed = [await service.submitted(season) for _ in range(4)]
    inviting = await service.drafted(season)
    code = (await inviting.lead.post(f"/teams/{inviting.team_id}/invitations", {"role": "editor"})).json()["code"]
    cookie = service.app.state.site.cookie.name
    async with service.app.state.works.engine.begin() as database:
        session = await open_session(
            database,
            Tokens(access="x"),
            person_id=str(mine.lead.person_id),
            expires_at=service.clock.moment + timedelta(days=400),
            ends_at=service.clock.moment + timedelta(days=400),
        )
    sessions = [nearly(session), "A" * len(session)]
    await service.open_files(season)
    declined = await service.staff.post(f"{screened.path}/decline", {"reasons": ["off-topic"], "words": "Pas ici."})
    assert declined.status_code == 200, declined.text
    assigned = ReviewAssigned(
        review_id=uuid4(),
        application_id=UUID(reviewed.application_id),
        challenge_id=UUID(season.challenge_ids[0]),
        juror_id=uuid4(),
    )
    await service.hear(record_of(assigned))

    def asked(who: Applicant, method: str, path: str, body: Any = None) -> Asked:
        headers = {**who.lead.headers, "If-Match": '"1"'}
        return Asked(url=f"{site}{APPLICATIONS}{path}", method=method, headers=headers, body=body)

    def theirs_and_none(name: str, method: str, path: str, body: Any = None) -> Distinction:
        ids = ({"file": theirs.application_id, "team": theirs.team_id}, {"file": NOTHING, "team": NOTHING})
        return Distinction(name, *(asked(mine, method, path.format(**each), body) for each in ids))

    def own(name: str, who: Applicant) -> Distinction:
        return Distinction(name, asked(who, "GET", who.path), asked(mine, "GET", mine.path))

    return [
        theirs_and_none("another team's file, or none", "GET", "/applications/{file}"),
        theirs_and_none("its draft's versions", "GET", "/applications/{file}/versions/1"),
        theirs_and_none("saving in it", "PATCH", "/applications/{file}", {"title": "x"}),
        theirs_and_none("handing it in", "POST", "/applications/{file}/submit"),
        theirs_and_none("withdrawing it", "POST", "/applications/{file}/withdraw"),
        theirs_and_none("another team, or none", "GET", "/teams/{team}"),
        theirs_and_none("adding oneself to it", "POST", "/teams/{team}/members", {"person_ids": [NOTHING]}),
        own("one's file that was declined and not told, or is undecided", screened),
        own("one's file that is reviewed, or is not", reviewed),
        Distinction(
            "a session that begins as a real one, or none",
            *(Asked(url=f"{site}/en/files", headers={"Cookie": f"{cookie}={id_}"}) for id_ in sessions),
        ),
        Distinction(
            "a code that begins as a real one, or none",
            asked(mine, "GET", f"/invitations/{nearly(code)}"),
            asked(mine, "GET", f"/invitations/{'A' * len(code)}"),
        ),
    ]


def nearly(secret: str) -> str:
    """All but the last character of it are right."""
    return secret[:-1] + ("A" if secret[-1] != "A" else "B")


async def of_juries(selection: Selection, site: str) -> Sequence[Distinction]:
    """What a juror must not learn of a file in conflict, and a team of what is decided and not published."""
    season = Season(selection)
    challenge = await season.challenge()
    one, other = people(2)
    jury = await season.jury(challenge, [one, other], k=2)
    hidden = await season.application(challenge, startup="Quokka Zellige")
    for _ in range(4):
        await season.application(challenge)
    await season.assign(jury)
    held, theirs = [
        (await selection.juror(who).items("/reviews", application=str(hidden.application_id)))[0]["id"]
        for who in (one, other)
    ]
    await selection.juror(other).post(f"/reviews/{theirs}/submit", submission())
    conflict = {"application_id": str(hidden.application_id), "kind": "employer"}
    assert (await selection.juror(one).post("/conflicts", conflict)).status_code == 201
    _, _, (selected, reserved) = await decided(selection)
    unreviewed = await season.application(challenge)

    def asked(path: str, method: str = "GET", body: Any = None) -> Asked:
        headers = {**selection.juror(one).headers, "If-Match": '"1"'}
        return Asked(url=f"{site}{SELECTION}{path}", method=method, headers=headers, body=body)

    def barred(name: str, path: str, method: str = "GET", body: Any = None) -> Distinction:
        there = {"review": held, "theirs": theirs, "file": hidden.application_id, "jury": jury["id"], "word": "Quokka"}
        nowhere = dict.fromkeys(there, NOTHING) | {"jury": jury["id"], "word": "Wombat"}
        return Distinction(name, *(asked(path.format(**each), method, body) for each in (there, nowhere)))

    def results_of(person_id: UUID) -> Asked:
        headers = selection.as_("applicant", person=person_id).headers
        return Asked(url=f"{site}{SELECTION}/results/mine", headers=headers)

    return [
        barred("a review of a barred file, or none", "/reviews/{review}"),
        barred("a barred file that another reviews", "/reviews/{theirs}"),
        barred("writing into it", "/reviews/{review}", "PATCH", {"note": "x"}),
        barred("submitting it", "/reviews/{review}/submit", "POST", submission()),
        barred("discussing a barred file", "/juries/{jury}/files/{file}/discussion"),
        barred("searching for a word of a barred file, or of none", "/candidates?search={word}"),
        barred("the list of a barred file's reviews", "/reviews?application={file}"),
        Distinction(
            "selected or in reserve, before publication", results_of(selected.lead_id), results_of(reserved.lead_id)
        ),
        Distinction("reviewed or not, to its team", results_of(hidden.lead_id), results_of(unreviewed.lead_id)),
    ]


@pytest.mark.alone
async def test_a_planted_leak_of_one_statement_is_found(distinctions: dict[str, Distinction]) -> None:
    (planted,) = [each for name, each in distinctions.items() if name.startswith("planted")]

    (found,) = await compare([planted], pairs=3 * FEW, looks=LOOKS, best_of=2)

    assert found.leaks, found


@pytest.mark.alone
async def test_what_must_not_be_told_apart_takes_no_other_time(
    distinctions: dict[str, Distinction], pytestconfig: pytest.Config
) -> None:
    large = pytestconfig.getoption("--timing")
    secrets = [each for name, each in distinctions.items() if not name.startswith("planted")]

    if large:
        found = await compare(secrets, pairs=MANY, looks=LOOKS, best_of=2)
    else:
        found = await compare(secrets, pairs=FEW, looks=LOOKS, best_of=2, seconds=CI_SECONDS)

    told = "\n".join(map(str, found))
    print(told)  # noqa: T201 - the figures, with -s
    assert not any(each.leaks for each in found), told
    if large:
        assert all(each.is_clean for each in found), told


def test_a_judgement_is_sure_of_a_shift_and_not_of_noise() -> None:
    noisy = [(100.0 * (-1) ** n * (n % 7), 0.0) for n in range(200)]
    shifted = [(secret + 600, nothing) for secret, nothing in noisy]

    assert not judged("noise", noisy).leaks
    assert judged("shift", shifted).leaks
    assert judged("the other way", [(nothing, secret) for secret, nothing in shifted]).leaks
    assert not judged("few", shifted[:20]).leaks
    assert isinstance(judged("noise", noisy), Judgement)
