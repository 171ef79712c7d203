"""The files of infra/observability: alerts, dashboards, and every expression in them."""

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "infra" / "observability"
ALERTS = FOLDER / "alerts.yml"
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))


def promtool() -> str | None:
    """Prometheus' own tester of rules: one's own, or the one that `make check` fetches."""
    own = ROOT / ".tools" / "promtool" / "usr" / "bin" / "promtool"
    return shutil.which("promtool") or (str(own) if own.exists() else None)


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def dashboard(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def expressions() -> dict[str, str]:
    """Where each one is → the expression, with the dashboards' variable of services set."""
    found = {f"alert {rule['alert']}": rule["expr"] for rule in alerts()}
    for path in DASHBOARDS:
        for panel in dashboard(path)["panels"]:
            for target in panel["targets"]:
                found[f"{path.stem}: {panel['title']} {target['refId']}"] = target["expr"].replace("$service", ".*")
    return found
