"""Rankings that can be justified: corrected for severity, previewed without a trace, frozen, recomputed by anybody."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.selection.domain.ranking import digest_of
from services.selection.methods import rank
from tests.support.selection import PARIS, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


QUALITY = (9, 8, 7, 4, 3)
"""What each of five files is worth to a just juror."""


class Judged:
    """Five files, each read by two of three jurors, of whom the last takes three points off."""

    def __init__(self, season: Season) -> None:
        self.season = season
        self.staff = season.selection.staff
        self.jury: dict[str, Any] = {}
        self.jurors: list[UUID] = []
        self.files: list[UUID] = []
        self.quality: tuple[int, ...] = ()

    async def begin(self, *, k: int = 2, submit: bool = True, quality: tuple[int, ...] = QUALITY) -> "Judged":
        self.quality = quality
        challenge = await self.season.challenge()
        self.jurors = sorted(people(3))
        self.jury = await self.season.jury(challenge, self.jurors, k=k)
        self.files = [(await self.season.application(challenge)).application_id for _ in quality]
        await self.season.assign(self.jury)
        if submit:
            for juror in self.jurors:
                await self.submit(juror)
        return self

    async def submit(self, juror: UUID) -> None:
        worth = dict(zip(self.files, self.quality, strict=True))
        caller = self.season.selection.juror(juror)
        for review in await caller.items("/reviews", state="assigned"):
            score = worth[UUID(review["application_id"])] - (3 if juror == self.jurors[-1] else 0)
            answer = await caller.post(f"/reviews/{review['id']}/submit", submission(score=score))
            assert answer.status_code == 200, answer.text

    async def preview(self, **params: Any) -> dict[str, Any]:
        answer = await self.staff.get(self.preview_path, **params)
        assert answer.status_code == 200, answer.text
        preview: dict[str, Any] = answer.json()
        return preview

    @property
    def preview_path(self) -> str:
        return f"/juries/{self.jury['id']}/ranking/preview"


async def judged(selection: Selection, **options: Any) -> Judged:
    return await Judged(Season(selection)).begin(**options)


def slug(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


async def test_severity_is_taken_out_and_the_raw_mean_is_shown_beside(selection: Selection) -> None:
    case = await judged(selection)

    ranking = await case.season.rank(case.jury, "severity-corrected/1", places=2)

    assert [UUID(line["application_id"]) for line in ranking["files"]] == case.files
    shown = (await case.staff.get(f"/rankings/{ranking['id']}")).json()
    assert max(one["severity"] for one in shown["report"]["jurors"]) > 10
    assert [line["rank"] for line in shown["report"]["files"]] == [1, 2, 3, 4, 5]
    assert all(line["rank_low"] <= line["rank"] <= line["rank_high"] for line in shown["report"]["files"])
    assert {line["mean"] for line in shown["report"]["files"]} - {line["score"] for line in shown["report"]["files"]}
    assert len(shown["report"]["groups"]) == 1
    assert shown["report"]["agreement"]["meaning"].endswith(".")


async def test_a_frozen_ranking_names_no_juror_and_is_told_with_what_it_takes_to_recompute_it(
    selection: Selection, tmp_path: Path
) -> None:
    case = await judged(selection)
    frozen = await case.season.rank(case.jury, "severity-corrected/1", places=2)

    shown = await case.staff.get(f"/rankings/{frozen['id']}")

    assert not any(str(juror) in shown.text for juror in case.jurors)
    ranking = shown.json()
    assert digest_of(ranking["inputs"]) == ranking["inputs_digest"]
    assert rank(ranking["inputs"]).digest == ranking["result_digest"]
    ((_, told),) = await selection.events(UUID(frozen["id"]))
    assert (told["result_digest"], told["places"]) == (ranking["result_digest"], 2)
    assert told["seed"] == ranking["inputs"]["parameters"]["seed"]
    assert told["libraries"].keys() == {"numpy", "python"}
    (tmp_path / "ranking.json").write_text(shown.text)
    assert recomputed(tmp_path / "ranking.json") == 0
    (row,) = await selection.sql("SELECT to_jsonb(ranking) AS row FROM ranking WHERE id = :id", id=frozen["id"])
    (tmp_path / "ranking.jsonl").write_text(json.dumps(row.row) + "\n")
    assert recomputed(tmp_path / "ranking.jsonl") == 0


def recomputed(file: Path) -> int:
    command = [sys.executable, "-m", "infra.cli", "recompute-ranking", str(file)]
    return subprocess.run(command, check=False, capture_output=True).returncode


async def test_a_preview_is_the_ranking_that_would_be_frozen_and_leaves_no_trace(selection: Selection) -> None:
    case = await judged(selection)
    before = await traces(selection)

    preview = await case.preview(places=2)

    assert await traces(selection) == before
    frozen = await case.season.rank(case.jury, "severity-corrected/1", places=2)
    assert preview["inputs_digest"] == frozen["inputs_digest"]
    assert [(line["application_id"], line["rank"], line["score"]) for line in preview["files"]] == [
        (line["application_id"], line["rank"], line["score"]) for line in frozen["files"]
    ]
    assert {UUID(juror["juror_id"]) for juror in preview["jurors"]} == set(case.jurors)
    assert (preview["unreviewed"], sum(preview["weights"].values())) == ([], 100)


async def traces(selection: Selection) -> list[Any]:
    """How many rows each table has."""
    tables = await selection.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    assert {"ranking", "event_log"} <= {table.tablename for table in tables}
    return [await selection.sql(f"SELECT count(*) FROM {table.tablename}") for table in tables]


async def test_what_if_other_weights_other_jurors_another_cut(selection: Selection) -> None:
    case = await judged(selection)

    weighed = await case.preview(weight=[f"{key}:{80 if key == 'team' else 5}" for key in PARIS])
    without = await case.preview(without_juror=str(case.jurors[-1]), places=3)

    assert weighed["weights"]["team"] == 80
    assert {UUID(juror["juror_id"]) for juror in without["jurors"]} == set(case.jurors[:-1])
    assert (without["places"], sum(line["above_cut"] for line in without["files"])) == (3, pytest.approx(3))


async def test_a_what_if_that_can_not_be_is_refused_with_what_to_do(selection: Selection) -> None:
    case = await judged(selection)
    path = case.preview_path

    refused = [
        await case.staff.get(path, weight=["team:50", "fit:50"]),
        await case.staff.get(path, weight=[f"{key}:30" for key in PARIS]),
        await case.staff.get(path, without_juror=str(people(1)[0])),
        await case.staff.get(path, without_juror=[str(juror) for juror in case.jurors]),
        await case.staff.get(path, weight=["team"]),
        await case.staff.get(f"/juries/{people(1)[0]}/ranking/preview"),
    ]

    assert [answer.status_code for answer in refused] == [422, 422, 422, 409, 422, 404]
    assert [slug(answer) for answer in refused[:4]] == [
        "weights-for-other-criteria",
        "weights-do-not-add-up",
        "not-in-this-jury",
        "nothing-reviewed",
    ]


async def test_the_extra_review_is_never_one_of_a_juror_in_conflict(selection: Selection) -> None:
    case = await judged(selection, quality=(9, 7, 7, 7, 3))
    missing = await unread(case)
    for juror, file in missing:
        body = {"application_id": str(file), "kind": "mentor"}
        assert (await selection.juror(juror).post("/conflicts", body)).status_code == 201

    settling = (await case.preview(places=2))["settling"]

    barred = {(str(juror), str(file)) for juror, file in missing}
    assert settling
    assert not any((one["juror_id"], one["application_id"]) in barred for one in settling)


async def unread(case: Judged) -> list[tuple[UUID, UUID]]:
    reviews = await case.staff.items("/reviews", jury=case.jury["id"], limit=200)
    read = {(UUID(review["juror_id"]), UUID(review["application_id"])) for review in reviews}
    return [(juror, file) for juror in case.jurors for file in case.files if (juror, file) not in read]


async def test_files_that_no_juror_links_are_not_compared_unless_staff_say_so(selection: Selection) -> None:
    case = await judged(selection, k=1)

    refused = await case.staff.post(f"/juries/{case.jury['id']}/ranking", {"places": 2})
    preview = await case.preview(places=2)
    accepted = await case.season.rank(case.jury, "severity-corrected/1", accept_groups=True)

    assert (refused.status_code, slug(refused)) == (409, "design-disconnected")
    assert refused.json()["groups"] == preview["groups"]
    assert len(preview["groups"]) == 3
    assert (await case.staff.get(f"/rankings/{accepted['id']}")).json()["report"]["groups"] == preview["groups"]


async def test_weighted_means_are_frozen_as_ever_if_asked_for(selection: Selection) -> None:
    case = await judged(selection, k=1)

    ranking = await case.season.rank(case.jury, "weighted-mean/1")

    shown = (await case.staff.get(f"/rankings/{ranking['id']}")).json()
    assert (shown["report"], shown["inputs"]["method"]) == (None, "weighted-mean/1")
    assert not any("juror" in review for review in shown["inputs"]["reviews"])
    assert rank(shown["inputs"]).digest == shown["result_digest"]


async def test_no_juror_sees_a_preview_nor_staff_who_have_yet_to_judge_or_are_in_conflict(selection: Selection) -> None:
    case = await judged(selection, submit=False)
    await case.submit(case.jurors[0])
    judging = selection.as_("juror", "staff", person=case.jurors[1])
    bound = selection.as_("juror", "staff", person=case.jurors[2])
    body = {"application_id": str(case.files[0]), "kind": "employer"}
    await case.submit(case.jurors[2])
    assert (await bound.post("/conflicts", body)).status_code == 201

    answers = [
        await selection.anyone.get(case.preview_path),
        await selection.juror(case.jurors[0]).get(case.preview_path),
        await selection.as_("applicant").get(case.preview_path),
        await judging.get(case.preview_path),
        await bound.get(case.preview_path),
    ]

    assert [answer.status_code for answer in answers] == [401, 403, 403, 403, 403]
    assert [slug(answer) for answer in answers[3:]] == ["still-judging", "in-conflict"]
    assert not any("score" in answer.json() or "files" in answer.json() for answer in answers)
    assert (await case.staff.get(case.preview_path)).status_code == 200
