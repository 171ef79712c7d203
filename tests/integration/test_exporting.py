"""Every table of a service, taken out at one moment: exact, safe to open, without secrets, and told."""

import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.notifications.models import METADATA
from shared.exporting import check_folder
from tests.support.notifications import LEAD, PREFIX, Service, edition, notifications, person, submitted
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


async def taken_out(service: Service, *roles: str, status: int = 200) -> bytes:
    async with service.client(*roles) as client:
        answer = await client.post(f"{PREFIX}/operations/export")
    assert answer.status_code == status, answer.text
    return answer.content


async def test_all_tables_come_with_digests_that_fit(service: Service, tmp_path: Path) -> None:
    await service.hear(edition())
    await service.hear(submitted())
    with zipfile.ZipFile(io.BytesIO(await taken_out(service, "staff"))) as archive:
        archive.extractall(tmp_path)

    manifest = check_folder(tmp_path, "notifications")

    tables = {table["table"]: table for table in manifest["tables"]}
    assert set(tables) == set(METADATA.tables)
    assert tables["entry"]["rows"] == 2
    lines = (tmp_path / "notifications" / "entry.jsonl").read_text().splitlines()
    assert [json.loads(line)["type"] for line in lines] == [
        "io.datacity.edition.announced.v1",
        "io.datacity.application.submitted.v1",
    ]
    with (tmp_path / "notifications" / "entry.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["position"] for row in rows] == ["1", "2"]
    assert list(rows[0]) == [column["name"] for column in tables["entry"]["columns"]]


async def test_what_people_wrote_does_not_run_in_a_spreadsheet(service: Service, tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://evil.example";"click")'
    await service.hear_person(person(LEAD).model_copy(update={"name": formula}))
    with zipfile.ZipFile(io.BytesIO(await taken_out(service, "staff"))) as archive:
        archive.extractall(tmp_path)

    text = (tmp_path / "notifications" / "contact.csv").read_text(encoding="utf-8-sig")
    exact = json.loads((tmp_path / "notifications" / "contact.jsonl").read_text())

    [row] = csv.DictReader(io.StringIO(text))
    assert row["name"] == "'" + formula
    assert exact["name"] == formula


async def test_secrets_stay_inside(service: Service, tmp_path: Path) -> None:
    body = {"url": "https://hooks.example.com/city", "types": ["io.datacity.milestone.approved.v1"]}
    made = await service.post("/subscriptions", body, "partner", status=201, organisation="inwi")
    archive = await taken_out(service, "staff")
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(tmp_path)
        everything = b"".join(opened.read(name) for name in opened.namelist())

    manifest = check_folder(tmp_path, "notifications")

    assert made["secret"].encode() not in everything
    (table,) = (table for table in manifest["tables"] if table["table"] == "subscription")
    assert (table["rows"], table["left_out"]) == (1, ["old_secret", "secret"])


async def test_who_takes_tables_out_is_on_record(service: Service) -> None:
    await service.hear(edition())
    await taken_out(service, "staff")

    [told] = await service.told("io.datacity.tables.exported.v1")
    assert told["rows"]["entry"] == 1


async def test_nobody_else_takes_tables_out(service: Service) -> None:
    for roles in (("auditor",), ("partner",), ("applicant",), ("staff", "juror")):
        await taken_out(service, *roles, status=403)
    await taken_out(service, status=401)

    assert await service.told("io.datacity.tables.exported.v1") == []
