"""The backbone keeps its promises while processes, servers and wires are broken on purpose."""

import asyncio
import random

import pytest

from tests.chaos.schedule import LONG, SHORT, Kind, Length
from tests.chaos.suite import keep_or_forget, new_records, run
from tests.chaos.telling import Outcome

SEED_OF_CI = 2
"""Its faults leave readers time to work between them."""


async def survives(length: Length, *, seed: int, seconds: float, pytestconfig: pytest.Config) -> Outcome:
    records = new_records()
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\nfault suite: seed {seed}, history and logs in {records}", flush=True)
    async with asyncio.timeout(seconds):
        outcome = await run(seed=seed, length=length, records=records)
    told = keep_or_forget(outcome, records, keep=bool(pytestconfig.getoption("--keep-records")))
    with capture.global_and_fixture_disabled():
        print(told, flush=True)

    assert outcome.is_good, told
    return outcome


async def test_the_backbone_survives_a_minute_of_faults(pytestconfig: pytest.Config) -> None:
    seed = pytestconfig.getoption("--seed")

    await survives(SHORT, seed=SEED_OF_CI if seed is None else seed, seconds=300, pytestconfig=pytestconfig)


async def test_the_backbone_survives_a_quarter_of_an_hour_of_faults(pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--chaos"):
        pytest.skip("make chaos runs it")
    seed = pytestconfig.getoption("--seed")

    outcome = await survives(
        LONG, seed=random.randrange(10**6) if seed is None else seed, seconds=1200, pytestconfig=pytestconfig
    )

    # A run that had nothing to break would prove nothing.
    assert sum(outcome.killed.values()) >= 200
    assert min(outcome.killed[role] for role in ("api", "relay", "first", "second")) >= 10
    assert {done.kind for done in outcome.done} == set(Kind)
