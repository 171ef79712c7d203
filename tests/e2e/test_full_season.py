"""A whole selection through the public APIs on a real stack: nothing is lost, results are right, nobody's name leaks.

Small by default. `--season` runs 500 applications and 40 jurors, after a last day on which 200 write at once.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from infra.demo.client import Platform
from infra.local.stack import Stack
from tests.support.browser import browser, needs_chromium
from tests.support.crawling import Crawl
from tests.support.full_season import APPLICATIONS, SELECTION, FullSeason, Size, percentile
from tests.support.sampling import Sample

SMALL = Size(startups=12, jurors=6, reviews_per_file=2, saves=6, pause=0.3, call_seconds=25)
RUSH = Size(startups=200, jurors=9, reviews_per_file=2, saves=20, pause=4.0, call_seconds=240)
LARGE = Size(startups=500, jurors=40, reviews_per_file=3, saves=5, pause=8.0, call_seconds=420)
P95_OF_SAVES = 500.0
"""Milliseconds, with 200 people writing on two processors."""


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="datacity-e2e-", ignore_cleanup_errors=True) as folder:
        limits = {"DATACITY_COMPRESSED_SCHEDULE": "true", "DATACITY_RATE_LIMIT_PER_MINUTE": "0"}
        made = Stack.open(Path(folder) / "home", settings=limits)
        try:
            await made.up()
            yield made
        finally:
            await made.erase()


def platform_of(stack: Stack) -> Platform:
    services = {name: stack.urls[name] for name in ("applications", "selection", "incubation", "notifications")}
    return Platform(services, issuer=stack.urls["issuer"], mail=stack.urls["mail"], patience=120.0)


async def until_screened(season: FullSeason) -> None:
    await season.chapter("convene", season.convene)
    await season.open_call()
    await season.chapter("begin", season.begin)
    await season.chapter("write and hand in", season.rush)


async def nothing_saved_is_lost(season: FullSeason) -> None:
    for founder in season.founders:
        shown = await season.platform.get(founder.person, f"{APPLICATIONS}/applications/{founder.application}")
        assert {name: shown["answers"][name] for name in founder.saved} == founder.saved
        assert (shown["status"], shown["revision"], shown["unsubmitted_changes"]) == ("submitted", 1, False)


def tell(season: FullSeason) -> None:
    """For whoever runs it with -s."""
    figures = {
        "size": vars(season.size),
        "saves": len(season.saving),
        "save_ms": {"p50": percentile(season.saving, 0.5), "p95": percentile(season.saving, 0.95)},
        "upload_ms": {"p50": percentile(season.uploading, 0.5), "p95": percentile(season.uploading, 0.95)},
        "submit_ms": {"p50": percentile(season.submitting, 0.5), "p95": percentile(season.submitting, 0.95)},
        "seconds": season.chapters,
    }
    sys.stderr.write(json.dumps(figures, indent=1) + "\n")


async def test_on_the_last_day_two_hundred_write_and_no_word_is_lost(
    stack: Stack, request: pytest.FixtureRequest
) -> None:
    if not request.config.getoption("--season"):
        pytest.skip("--season runs it")
    platform = platform_of(stack)
    season = FullSeason(platform=platform, size=RUSH)
    try:
        await until_screened(season)
        await nothing_saved_is_lost(season)
    finally:
        await platform.close()
    tell(season)
    assert percentile(season.saving, 0.95) < P95_OF_SAVES


@needs_chromium
async def test_a_selection_from_the_first_draft_to_the_results(stack: Stack, request: pytest.FixtureRequest) -> None:
    platform = platform_of(stack)
    season = FullSeason(platform=platform, size=LARGE if request.config.getoption("--season") else SMALL)
    try:
        await until_screened(season)
        await nothing_saved_is_lost(season)
        await season.chapter("screen", season.screen)
        await season.chapter("appoint and assign", season.appoint)
        await season.chapter("review", season.review)
        await season.chapter("decide", lambda: season.decide(capacity=2, reserves=1))
        crawl = Crawl(season, most_pages=200 if request.config.getoption("--season") else 10)
        await season.chapter("read all before results", crawl.before_results)
        await season.publish()
        await season.chapter("read all after results", crawl.after_results)
        await results_are_right(stack, season)
        await season.chapter("look at pages", lambda: pages_are_fit(season, request))
    finally:
        await platform.close()
    tell(season)


async def results_are_right(stack: Stack, season: FullSeason) -> None:
    """One startup to one challenge, each told its own result, and rankings that anyone computes to the same bytes."""
    (results,) = await season.platform.every(None, f"{SELECTION}/results", edition=season.edition)
    matched = [match["application_id"] for match in results["matches"]]
    assert len(matched) == len(set(matched)) == 6
    selected = [founder.quality for founder in season.founders if founder.application in matched]
    left = [founder.quality for founder in season.founders if founder.application not in matched]
    assert mean(selected) > mean(left)
    for founder in season.founders[:5]:
        mine = (await season.platform.get(founder.person, f"{SELECTION}/results/mine"))["items"]
        assert [each["application_id"] for each in mine] == [founder.application]
        assert (mine[0]["outcome"] == "selected") == (founder.application in matched)
    for ranking in season.rankings.values():
        frozen = await season.platform.get(season.staff, f"{SELECTION}/rankings/{ranking}")
        again = await recomputed(frozen, stack.home.path)
        assert again == 0


async def pages_are_fit(season: FullSeason, request: pytest.FixtureRequest) -> None:
    """Each kind of page in Chromium; with `--season` in all languages, with pictures to look at."""
    thorough = bool(request.config.getoption("--season"))
    pictures = Path(tempfile.mkdtemp(prefix="datacity-season-")) if thorough else None
    async with browser() as started:
        waited = await Sample(season, pictures, thorough=thorough).look(started)
    sys.stderr.write(f"pictures: {pictures}; ms to the first byte: {json.dumps(waited, indent=1)}\n")


async def recomputed(ranking: dict[str, Any], folder: Path) -> int:
    """What `datacity recompute-ranking` says of it, as a process of its own."""
    path = folder / "ranking.json"
    path.write_text(json.dumps(ranking))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.cli", "recompute-ranking", str(path),
        env={**os.environ, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate()
    if process.returncode:
        sys.stderr.write(said.decode())
    return process.returncode or 0
