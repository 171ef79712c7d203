"""All that alerts and dashboards ask for is told by real processes, from their start and not only once it happened."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import yaml
from prometheus_client.parser import text_string_to_metric_families

from shared.tlog.keys import SigningKey
from tests.support.backbone import until
from tests.support.observability import FOLDER, expressions
from tests.support.processes import Process, serving
from tests.support.promql import asked
from tests.support.stack import Backbone

SERVICE = "incubation"
BY_PROMETHEUS = {"up", "ALERTS"}

Series = dict[str, list[dict[str, str]]]
"""Name of a sample → the labels of each that is told."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def processes(backbone: Backbone) -> AsyncIterator[list[Process]]:
    """An API and a worker with a little traffic: a request without a token, and nothing of the backbone's."""
    async with serving(backbone, SERVICE, "api", "worker", DATACITY_REVISION="abc123") as started:
        api, worker = started
        assert (await api.get(f"/api/{SERVICE}/v1/projects")).status_code == 401

        async def has_sampled() -> bool:
            series = await told(worker)
            return "datacity_quarantine_waiting" in series

        await until(has_sampled, seconds=30, what="a first sample")
        yield started


def added_by_prometheus(process: Process) -> dict[str, str]:
    [scrape] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    return {"job": scrape["job_name"], "instance": f"{SERVICE}-{process.role}"}


async def told(process: Process) -> Series:
    found: Series = {}
    for family in text_string_to_metric_families((await process.get("/metrics")).text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append({**sample.labels, **added_by_prometheus(process)})
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def series(processes: list[Process]) -> Series:
    found: Series = {}
    for process in processes:
        for name, labels in (await told(process)).items():
            found.setdefault(name, []).extend(labels)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def of_the_journal(backbone: Backbone) -> AsyncIterator[Series]:
    """What a worker of notifications, and no other service, tells besides."""
    key = SigningKey.generate("datacity.test/log").skey
    async with serving(backbone, "notifications", "worker", DATACITY_JOURNAL_KEYS=key) as (worker,):

        async def has_sealed() -> bool:
            return "datacity_journal_caught_up_timestamp_seconds" in await told(worker)

        await until(has_sealed, seconds=30, what="a first look at the journal")
        yield {name: labels for name, labels in (await told(worker)).items() if "_journal_" in name}


@pytest.mark.parametrize("where", expressions())
async def test_what_is_asked_for_is_told_with_its_labels(series: Series, of_the_journal: Series, where: str) -> None:
    series = series | of_the_journal
    for ask in asked(expressions()[where]):
        if ask.metric in BY_PROMETHEUS:
            assert not ask.labels
        else:
            assert ask.metric in series, f"no process tells of {ask.metric}"
            fitting = [labels for labels in series[ask.metric] if ask.values.items() <= labels.items()]
            assert fitting, f"{ask.metric} is never told with {ask.values}"
            for labels in fitting:
                assert ask.labels <= labels.keys(), f"{ask.metric} has no {ask.labels - labels.keys()}"


async def test_all_that_is_ours_names_its_service(series: Series) -> None:
    ours = {name: labels for name, labels in series.items() if name.startswith("datacity_")}

    assert ours
    assert not [name for name, each in ours.items() if any(labels.get("service") != SERVICE for labels in each)]


async def test_each_process_tells_what_it_is(processes: list[Process]) -> None:
    for process in processes:
        [build] = (await told(process))["datacity_build_info"]

        assert (build["service"], build["role"], build["revision"]) == (SERVICE, process.role, "abc123")


async def test_every_outcome_is_told_before_it_happened(series: Series) -> None:
    outcomes = {(labels["topic"], labels["outcome"]) for labels in series["datacity_events_handled_total"]}

    assert ("selection.events.v1", "handled") in outcomes
    assert ("selection.events.v1", "parked") in outcomes
