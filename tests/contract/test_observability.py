"""Alerts fire when they should and lead to a section that says what to do; dashboards and wiring hang together."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.provision import SERVICES
from shared.database.backbone import SHARDS
from tests.support.observability import ALERTS, DASHBOARDS, FOLDER, alerts, dashboard, expressions, promtool
from tests.support.promql import asked

ROOT = Path(__file__).resolve().parents[2]
NAMES = [rule["alert"] for rule in alerts()]
RUNNING = (ROOT / "docs" / "running.md").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
BAD, GOOD = 0, 1

# Per alert: series by which it fires within the hour, and series by which it does not; samples are a minute apart.
SERIES = {
    "ProcessIsDown": ({'up{job="datacity"}': "0x60"}, {'up{job="datacity"}': "1x60"}),
    "OutboxIsBehind": (
        {"datacity_outbox_oldest_age_seconds": "0+60x60"},
        {"datacity_outbox_oldest_age_seconds": "0 59 70 0 59x56"},
    ),
    "OutboxKeyIsParked": ({"datacity_outbox_parked_keys": "0 1x60"}, {"datacity_outbox_parked_keys": "0x60"}),
    "ShardsHaveNoRelay": ({"datacity_relay_shards": "15x60"}, {"datacity_relay_shards": "16 0 16x58"}),
    "RelayBeginsAnew": (
        {'datacity_relay_rebuilds_total{reason="fault"}': "0+1x60"},
        {'datacity_relay_rebuilds_total{reason="fault"}': "0 5x59"},
    ),
    "PublishingIsSlow": (
        {
            'datacity_outbox_publish_seconds_bucket{le="5"}': "0x60",
            'datacity_outbox_publish_seconds_bucket{le="10"}': "0+10x60",
            'datacity_outbox_publish_seconds_bucket{le="+Inf"}': "0+10x60",
        },
        {
            'datacity_outbox_publish_seconds_bucket{le="5"}': "0+10x60",
            'datacity_outbox_publish_seconds_bucket{le="10"}': "0+10x60",
            'datacity_outbox_publish_seconds_bucket{le="+Inf"}': "0+10x60",
        },
    ),
    "EventsAreParked": (
        {'datacity_quarantine_waiting{state="parked"}': "1x60"},
        {
            'datacity_quarantine_waiting{state="parked"}': "0x60",
            'datacity_quarantine_waiting{state="retrying"}': "9x60",
        },
    ),
    "ManyEventsFail": (
        {'datacity_quarantine_waiting{state="retrying"}': "200x60"},
        {'datacity_quarantine_waiting{state="retrying"}': "99x60"},
    ),
    "EventsAreMissing": (
        {'datacity_event_gaps_total{topic="t"}': "0x50 1x10"},
        {'datacity_event_gaps_total{topic="t"}': "3x60"},
    ),
    "ConsumerIsStuck": ({"datacity_consumer_stuck": "0 1x60"}, {"datacity_consumer_stuck": "0 1 0x58"}),
    "ConsumerIsRestarted": (
        {"datacity_consumer_restarts_total": "0x30 3x30"},
        {"datacity_consumer_restarts_total": "0x30 1x30"},
    ),
    "ConsumerIsBehind": (
        {'datacity_consumer_lag{topic="t"}': "0+100x60"},
        {'datacity_consumer_lag{topic="t"}': "0+500x10 0x50"},
    ),
    "HandlingIsSlow": (
        {
            'datacity_event_handled_seconds_bucket{le="60"}': "0x60",
            'datacity_event_handled_seconds_bucket{le="300"}': "0+10x60",
            'datacity_event_handled_seconds_bucket{le="+Inf"}': "0+10x60",
        },
        {
            'datacity_event_handled_seconds_bucket{le="60"}': "0+10x60",
            'datacity_event_handled_seconds_bucket{le="+Inf"}': "0+10x60",
        },
    ),
    "BatchesAreUndone": (
        {"datacity_batch_fallbacks_total": "0+60x60"},
        {"datacity_batch_fallbacks_total": "0+1x60"},
    ),
    "GaugesAreStale": (
        {"datacity_gauges_sampled_timestamp_seconds": "0x60"},
        {"datacity_gauges_sampled_timestamp_seconds": "0+60x60"},
    ),
    "RequestsFail": (
        {
            'datacity_http_requests_total{status="503"}': "0+10x60",
            'datacity_http_requests_total{status="200"}': "0+90x60",
        },
        {
            'datacity_http_requests_total{status="503"}': "0+1x60",
            'datacity_http_requests_total{status="404"}': "0+99x60",
        },
    ),
    "RequestsAreSlow": (
        {
            'datacity_http_request_seconds_bucket{route="/a",le="2.5"}': "0x60",
            'datacity_http_request_seconds_bucket{route="/a",le="+Inf"}': "0+10x60",
        },
        {
            'datacity_http_request_seconds_bucket{route="/a",le="2"}': "0+10x60",
            'datacity_http_request_seconds_bucket{route="/a",le="+Inf"}': "0+10x60",
            'datacity_http_request_seconds_bucket{route="/a/stream",le="2"}': "0x60",
            'datacity_http_request_seconds_bucket{route="/a/stream",le="+Inf"}': "0+10x60",
        },
    ),
    "EventLoopIsBlocked": (
        {
            'datacity_event_loop_lag_seconds_bucket{le="0.5"}': "0x60",
            'datacity_event_loop_lag_seconds_bucket{le="1"}': "0+10x60",
            'datacity_event_loop_lag_seconds_bucket{le="+Inf"}': "0+10x60",
        },
        {
            'datacity_event_loop_lag_seconds_bucket{le="0.001"}': "0+10x60",
            'datacity_event_loop_lag_seconds_bucket{le="+Inf"}': "0+10x60",
        },
    ),
    "DatabasePoolIsFull": (
        {"datacity_database_pool_in_use": "19x60", "datacity_database_pool_size": "20x60"},
        {"datacity_database_pool_in_use": "10x60", "datacity_database_pool_size": "20x60"},
    ),
    "JournalIsBehind": (
        {"datacity_journal_caught_up_timestamp_seconds": "0x60"},
        {"datacity_journal_caught_up_timestamp_seconds": "0+60x60"},
    ),
    "RevisionsDiffer": (
        {'datacity_build_info{revision="a"}': "1x120", 'datacity_build_info{revision="b"}': "1x120"},
        {'datacity_build_info{revision="a"}': "1x120", 'datacity_build_info{revision="b"}': "1x30"},
    ),
}


@pytest.mark.parametrize("where", expressions())
def test_every_expression_can_be_read(where: str) -> None:
    assert asked(expressions()[where])


def test_an_expression_that_is_none_is_seen() -> None:
    with pytest.raises(ValueError, match=r".+"):
        asked("sum by (service (datacity_outbox_pending)")


def test_what_an_expression_asks_for_is_found_wherever_it_stands() -> None:
    found = asked(
        'histogram_quantile(0.9, sum by (service, le) (rate(a_bucket{topic="x"}[5m]))) > on(role) -max(rate(b[1h:5m]))'
    )

    assert [(each.metric, each.labels) for each in found] == [
        ("a_bucket", {"service", "le", "topic", "role"}),
        ("b", {"role"}),
    ]


def test_no_two_alerts_share_a_name() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("rule", alerts(), ids=NAMES)
def test_an_alert_says_how_urgent_it_is_and_what_it_is_about(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]


@pytest.mark.parametrize("rule", alerts(), ids=NAMES)
def test_an_alert_leads_to_its_section_of_the_night_page(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    section = re.search(rf"^### {name}\n(.+?)(?=^##|\Z)", RUNNING, flags=re.MULTILINE | re.DOTALL)

    assert rule["annotations"]["runbook_url"].endswith(f"/docs/running.md#{name.lower()}")
    assert section
    for part in ("**Means**", "**Look**", "**Do**"):
        assert part in section[1], part


def test_every_section_of_an_alert_has_its_alert() -> None:
    part = RUNNING.partition("\n## Alerts\n")[2].partition("\n## ")[0]

    assert re.findall(r"^### (.+)$", part, flags=re.MULTILINE) == NAMES


def test_the_alert_on_shards_knows_how_many_there_are() -> None:
    [rule] = [rule for rule in alerts() if rule["alert"] == "ShardsHaveNoRelay"]

    assert rule["expr"].endswith(f"< {SHARDS}")


def test_each_alert_has_series_by_which_it_fires_and_by_which_it_does_not() -> None:
    assert list(SERIES) == NAMES


@pytest.mark.parametrize("which", [BAD, GOOD], ids=["fires", "does not fire"])
def test_an_alert_fires_when_it_should_and_only_then(which: int, tmp_path: Path) -> None:
    done = _tried([_case(name, which, fires=which == BAD) for name in NAMES], tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_that_does_not_do_as_expected_is_named(tmp_path: Path) -> None:
    wrong = _case("EventsAreParked", GOOD, fires=True)

    done = _tried([_case("ProcessIsDown", BAD, fires=True), wrong, _case("ManyEventsFail", BAD, fires=True)], tmp_path)

    assert done.returncode == 1
    assert re.findall(r'alertname=\\?"(\w+)', done.stdout + done.stderr) == ["EventsAreParked"]


def _case(name: str, which: int, *, fires: bool) -> dict[str, Any]:
    series = [{"series": _of_a_service(each), "values": values} for each, values in SERIES[name][which].items()]
    check = {
        "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
        "eval_time": "100m" if name == "RevisionsDiffer" else "55m",
        "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
    }
    return {"interval": "1m", "input_series": series, "promql_expr_test": [check]}


def _tried(cases: list[dict[str, Any]], folder: Path) -> "subprocess.CompletedProcess[str]":
    """All in one run of promtool, which gives each case a Prometheus of its own."""
    tool = promtool()
    if tool is None:
        pytest.skip("promtool is not there: `sh infra/promtool.sh` fetches it where there is apt")
    plan = {"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": cases}
    (folder / "plan.json").write_text(json.dumps(plan))
    return subprocess.run(
        [tool, "test", "rules", str(folder / "plan.json")], capture_output=True, text=True, check=False
    )


def _of_a_service(series: str) -> str:
    own = 'service="selection",instance="selection-worker:8000"'
    name, brace, labels = series.partition("{")
    return f"{name}{{{own},{labels}" if brace else f"{name}{{{own}}}"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    board = dashboard(path)
    places = [panel["gridPos"] for panel in board["panels"]]

    assert board["uid"].startswith("datacity-")
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(place["x"] + place["w"] <= 24 for place in places)
    taken = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(set(taken)) == len(taken), "two panels share a place"
    for panel in board["panels"]:
        assert panel["title"]
        assert panel["datasource"]["uid"] == "prometheus"


def test_grafana_has_the_sources_that_dashboards_name() -> None:
    sources = yaml.safe_load((FOLDER / "grafana" / "datasources.yml").read_text())["datasources"]

    assert {source["uid"] for source in sources} == {"prometheus", "jaeger"}
    for source in sources:
        host = re.fullmatch(r"http://([a-z]+):\d+", source["url"])
        assert host
        assert COMPOSE[host[1]]["profiles"] == ["observability"]


def test_prometheus_asks_every_process_of_ours_and_nobody_else() -> None:
    [job] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    targets = [target for static in job["static_configs"] for target in static["targets"]]

    assert job["job_name"] == "datacity"
    assert sorted(targets) == sorted(f"{service}-{role}:8000" for service in SERVICES for role in ("api", "worker"))


def test_what_observes_is_there_only_when_it_is_asked_for() -> None:
    observing = {name for name, part in COMPOSE.items() if "profiles" in part}

    assert observing == {"prometheus", "grafana", "jaeger"}
    for name, part in COMPOSE.items():
        assert not observing & part.get("depends_on", {}).keys() or name in observing
    for name in observing:
        for volume in COMPOSE[name].get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (ROOT / source).exists(), volume
