"""The proof of a published ranking: a receipt for whom it concerns, then sealed, checked offline, and naming nobody."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from services.notifications.handlers import sealing
from services.selection.domain.ranking import digest_of
from shared.events import selection as s
from shared.receipts import read_receipt
from shared.tlog.keys import SigningKey
from tests.support.commands import datacity
from tests.support.notifications import (
    APPLICATION,
    CHALLENGE,
    EDITION,
    JUROR,
    LEAD,
    MEMBER,
    PREFIX,
    WHEN,
    Service,
    notifications,
    submitted,
)
from tests.support.selection import RECEIPTS, Applied, Season, Selection, people, selection_on
from tests.support.stack import Backbone

LOG = SigningKey.generate("datacity.test/log")
RANKINGS = "/results/rankings"


# What selection gives.


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


@dataclass(frozen=True, kw_only=True)
class Decided:
    """An edition with two juries whose rankings are frozen and whose decisions wait; and a file that no jury ranked."""

    season: Season
    decisions: dict[str, Any]
    rankings: list[dict[str, Any]]
    files: list[Applied]
    jurors: list[list[UUID]]
    declined: Applied


@pytest.fixture
async def decided(selection: Selection) -> Decided:
    season, files, rankings, juries = Season(selection), [], [], []
    for _ in range(2):
        challenge, jurors = await season.challenge(), people(2)
        applied = [await season.application(challenge, member_ids=(uuid4(),)) for _ in range(2)]
        jury = await season.jury(challenge, jurors, k=2)
        await season.assign(jury)
        await season.review_all(jury, {each.application_id: score for each, score in zip(applied, (8, 5), strict=True)})
        rankings.append(await season.rank(jury, "severity-corrected/1", places=1))
        files += applied
        juries.append(jurors)
    declined = await season.application(await season.challenge(), admitted=False)
    proposed = (await season.propose()).json()
    return Decided(season=season, decisions=proposed, rankings=rankings, files=files, jurors=juries, declined=declined)


async def seen_by(selection: Selection, person: UUID, *roles: str) -> list[dict[str, Any]]:
    return await selection.as_(*roles, person=person).items(RANKINGS)


async def test_before_results_are_published_nobody_has_a_receipt(selection: Selection, decided: Decided) -> None:
    assert await seen_by(selection, decided.files[0].lead_id, "applicant") == []
    assert await seen_by(selection, decided.jurors[0][0], "juror") == []


async def test_whoever_was_ranked_or_judged_gets_the_signed_receipt_of_that_ranking(
    selection: Selection, decided: Decided
) -> None:
    assert (await decided.season.publish(decided.decisions)).status_code == 200
    first, second = decided.rankings
    for person, role, ranking in (
        (decided.files[0].lead_id, "applicant", first),
        (decided.files[1].member_ids[0], "applicant", first),
        (decided.files[3].lead_id, "applicant", second),
        (decided.jurors[1][0], "juror", second),
    ):
        (shown,) = await seen_by(selection, person, role)

        assert (shown["ranking_id"], shown["inputs_digest"]) == (ranking["id"], ranking["inputs_digest"])
        receipt = read_receipt(shown["receipt"].encode(), [RECEIPTS.verifier])
        assert (receipt.event, receipt.subject) == (shown["event_id"], ranking["id"])
        assert receipt.facts["method"] == "severity-corrected/1"

    inputs = (await selection.staff.get(f"/rankings/{first['id']}")).json()["inputs"]
    (shown,) = await seen_by(selection, decided.files[0].lead_id, "applicant")
    assert (digest_of(inputs), inputs["parameters"]["seed"]) == (shown["inputs_digest"], shown["seed"])


async def test_a_receipt_names_no_juror_and_no_file(selection: Selection, decided: Decided) -> None:
    await decided.season.publish(decided.decisions)

    (shown,) = await seen_by(selection, decided.files[0].lead_id, "applicant")

    secret = [str(each.application_id) for each in decided.files]
    secret += [str(each.lead_id) for each in decided.files]
    secret += [str(juror) for jurors in decided.jurors for juror in jurors]
    assert [each for each in secret if each in json.dumps(shown)] == []
    # A result could be guessed from its digest, where few were ranked: it is not told.
    assert "result_digest" not in json.dumps(shown)


async def test_who_has_nothing_to_do_with_a_ranking_gets_nothing_of_it(selection: Selection, decided: Decided) -> None:
    await decided.season.publish(decided.decisions)

    assert await seen_by(selection, decided.declined.lead_id, "applicant") == []
    assert await seen_by(selection, uuid4(), "applicant", "juror") == []
    # In the wrong role: a juror is none as an applicant.
    assert await seen_by(selection, decided.jurors[0][0], "applicant") == []
    assert (await selection.as_("coach", person=uuid4()).get(RANKINGS)).status_code == 403
    every = {each["ranking_id"] for each in await selection.staff.items(RANKINGS, limit=200)}
    assert every >= {each["id"] for each in decided.rankings}


async def test_they_are_paged(selection: Selection, decided: Decided) -> None:
    await decided.season.publish(decided.decisions)

    page = (await selection.staff.get(RANKINGS, limit=1)).json()
    after = (await selection.staff.get(RANKINGS, limit=1, cursor=page["next"])).json()

    assert (len(page["items"]), len(after["items"])) == (1, 1)
    assert page["items"][0]["ranking_id"] < after["items"][0]["ranking_id"]


# What notifications proves.


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone, journal_keys=LOG.skey) as made:
        yield made


RANKING, JURY, OTHER_FILE = uuid4(), uuid4(), uuid4()
OTHER_LEAD, OTHER_JUROR, LEFT = uuid4(), uuid4(), uuid4()
PUBLISHED = s.RankingPublished(
    ranking_id=RANKING,
    jury_id=JURY,
    challenge_id=CHALLENGE,
    edition_id=EDITION,
    results_id=uuid4(),
    method="severity-corrected/1",
    inputs_digest="a" * 64,
    places=1,
    seed=7,
    file_count=1,
    frozen_at=WHEN,
    published_at=WHEN,
)


def appointed(*jurors: UUID, jury: UUID = JURY) -> s.JuryAppointed:
    return s.JuryAppointed(
        jury_id=jury,
        challenge_id=CHALLENGE,
        edition_id=EDITION,
        juror_ids=list(jurors),
        reviews_per_file=1,
        files_per_juror=5,
    )


def frozen(ranking: UUID, *files: UUID) -> s.RankingFrozen:
    return s.RankingFrozen(
        ranking_id=ranking,
        challenge_id=CHALLENGE,
        edition_id=EDITION,
        method="severity-corrected/1",
        inputs_digest="a" * 64,
        files=[s.RankedFile(application_id=each, rank=1, score=50.0, reviews=1) for each in files],
    )


async def season_on(service: Service) -> str:
    """One file is ranked, by a jury that somebody has left; another file and another jury are elsewhere."""
    await service.hear(submitted())
    await service.hear(submitted(OTHER_FILE, lead_id=OTHER_LEAD, member_ids=()))
    await service.hear(appointed(JUROR, LEFT))
    await service.hear(appointed(JUROR))
    await service.hear(appointed(OTHER_JUROR, jury=uuid4()))
    await service.hear(frozen(RANKING, APPLICATION))
    await service.hear(frozen(uuid4(), OTHER_FILE))
    told = await service.hear(PUBLISHED)
    async with service.works.begin() as work:
        await sealing.announce([LOG], work)
        await sealing.seal([LOG], work)
    return f"{PREFIX}/journal/events/{told.id}/proof"


async def ask(service: Service, path: str, person: UUID, *roles: str) -> httpx.Response:
    async with service.client(*roles, person_id=str(person)) as client:
        return await client.get(path)


async def test_whom_a_published_ranking_concerns_gets_its_proof_and_nobody_else(service: Service) -> None:
    path = await season_on(service)

    for person, role in ((LEAD, "applicant"), (MEMBER, "applicant"), (JUROR, "juror")):
        assert (await ask(service, path, person, role)).status_code == 200, role
    for person, role in (
        (OTHER_LEAD, "applicant"),
        (OTHER_JUROR, "juror"),
        (LEFT, "juror"),
        (LEAD, "juror"),
        (JUROR, "applicant"),
        (LEAD, "coach"),
    ):
        assert (await ask(service, path, person, role)).status_code in {403, 404}, (person, role)
    assert (await ask(service, path, uuid4(), "auditor")).status_code == 200


async def test_receipt_and_proof_are_checked_offline(
    selection: Selection, decided: Decided, service: Service, tmp_path: Path
) -> None:
    """The event as selection told it, heard by notifications: the same bytes in the receipt and in the journal."""
    await decided.season.publish(decided.decisions)
    lead = decided.files[0].lead_id
    (shown,) = await seen_by(selection, lead, "applicant")
    receipt = read_receipt(shown["receipt"].encode(), [RECEIPTS.verifier])
    told = service.envelope(s.RankingPublished.from_bytes(receipt.value))
    as_sent = {"id": UUID(receipt.event), "time": datetime.fromisoformat(receipt.time), "value": receipt.value}
    await service.hear(replace(told, **as_sent))
    await service.hear(submitted(decided.files[0].application_id, lead_id=lead))
    await service.hear(frozen(UUID(shown["ranking_id"]), decided.files[0].application_id))
    async with service.works.begin() as work:
        await sealing.announce([LOG], work)
        await sealing.seal([LOG], work)

    proof = await ask(service, f"{PREFIX}/journal/events/{shown['event_id']}/proof", lead, "applicant")
    kept, proven = tmp_path / "receipt.txt", tmp_path / "ranking.tlog-proof"
    kept.write_text(shown["receipt"])
    proven.write_bytes(proof.content)

    def verify(*arguments: str) -> int:
        return datacity("verify", *arguments, home=tmp_path).returncode

    log, receipts = ("--vkey", LOG.verifier.vkey), ("--vkey", RECEIPTS.verifier.vkey)
    assert verify(str(proven), *log) == 0
    assert verify(str(kept), "--proof", str(proven), *receipts, *log) == 0
    proven.write_bytes(proof.content.replace(b"index 0", b"index 1"))
    assert verify(str(kept), "--proof", str(proven), *receipts, *log) == 1
