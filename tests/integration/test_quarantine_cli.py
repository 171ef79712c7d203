"""`datacity quarantine` and `datacity outbox` against a service that runs: data on stdout, asked before it is done."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn

from tests.support.backbone import rig, until
from tests.support.operators import Bitter, Desk
from tests.support.stack import Backbone

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def data(self) -> object:
        return json.loads(self.out)


@dataclass
class Terminal:
    """A desk whose service listens on a port, and a shell before it."""

    desk: Desk
    origin: str
    home: Path

    async def __call__(self, *arguments: str, role: str = "staff", typed: str = "") -> Outcome:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DATACITY_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "infra.cli", *arguments,
            cwd=ROOT,
            env=clean
            | {
                "DATACITY_HOME": str(self.home),
                "DATACITY_ORIGIN": self.origin,
                "DATACITY_TOKEN": self.desk.issuer.token(role),
                "NO_COLOR": "1",
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(typed.encode()), 120)
        assert b"Traceback" not in err, err.decode()
        return Outcome(process.returncode or 0, out.decode(), err.decode())


@asynccontextmanager
async def listening(desk: Desk) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(desk.app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until(started, what="the service listens")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def terminal(backbone: Backbone, tmp_path: Path) -> AsyncIterator[Terminal]:
    async with rig(backbone) as made:
        desk = Desk(made)
        async with listening(desk) as origin:
            yield Terminal(desk, origin, tmp_path)


async def test_quarantine_is_shown_by_fault_by_event_and_one_by_one(terminal: Terminal) -> None:
    subject = await terminal.desk.bad_key("sour", "one")

    groups = await terminal("quarantine", "list", "selection", "--json", role="auditor")
    lines = await terminal("quarantine", "list", "selection", "--state", "behind")
    head = (await terminal.desk.waiting())[0]["id"]
    shown = await terminal("quarantine", "show", "selection", str(head))
    as_json = await terminal("quarantine", "show", "selection", str(head), "--json")

    assert isinstance(groups.data, list)
    assert [(group["events"], group["keys"]) for group in groups.data] == [(2, 1)]
    assert str(subject) in lines.out
    assert "Sour" in shown.out
    assert "ce_type" in shown.out
    assert json.loads(as_json.out)["head"] == head


async def test_a_release_is_rehearsed_asked_for_and_done(terminal: Terminal) -> None:
    desk = terminal.desk
    subject = await desk.bad_key("sour", "one")
    desk.bad.clear()
    key = ("--topic", desk.rig.topic, "--key", str(subject))

    rehearsal = await terminal("quarantine", "release", "selection", *key, "--dry-run", "--json")
    refused = await terminal("quarantine", "release", "selection", *key, typed="n\n")
    assert await desk.notes(subject) == []
    done = await terminal("quarantine", "release", "selection", *key, "--json", typed="y\n")

    assert json.loads(rehearsal.out)["dry_run"] is True
    assert (rehearsal.code, refused.code, done.code) == (0, 130, 0)
    assert "Release 2 of selection?" in refused.err
    assert json.loads(done.out)["released"] == 2
    assert await desk.notes(subject) == ["sour", "one"]


async def test_a_group_is_released_and_what_still_fails_is_an_exit_code(terminal: Terminal) -> None:
    desk = terminal.desk
    well = await desk.bad_key("sour 1", "one")
    await desk.bad_key("sour 2")
    fingerprint = (await desk.waiting())[0]["fingerprint"]
    desk.bad = {"sour 2": Bitter}

    done = await terminal("quarantine", "release", "selection", "--fingerprint", fingerprint, "--yes")

    assert done.code == 1
    assert done.err.startswith("Mend what fails")
    assert "released: 2, stopped: 1" in done.out
    assert await desk.notes(well) == ["sour 1", "one"]


async def test_a_discard_is_shown_first_and_refused_behind_another(terminal: Terminal) -> None:
    desk = terminal.desk
    await desk.bad_key("sour", "one")
    head, one = (str(event["id"]) for event in await desk.waiting())

    behind = await terminal("quarantine", "discard", "selection", one, "--reason", "obsolete")
    rehearsal = await terminal("quarantine", "discard", "selection", head, "--reason", "obsolete", "--dry-run")
    done = await terminal(
        "quarantine", "discard", "selection", head, "--reason", "obsolete", "--note", "agreed", "--yes"
    )

    assert (behind.code, behind.out) == (1, "")
    assert f"Release or discard {head} first" in behind.err
    assert "1 behind it would be let go" in rehearsal.out
    assert done.code == 0
    assert [str(event["id"]) for event in await desk.waiting()] == [one]


async def test_who_may_not_and_what_is_not_there_are_answers(terminal: Terminal) -> None:
    await terminal.desk.bad_key("sour")
    head = str((await terminal.desk.waiting())[0]["id"])

    may_not = await terminal("quarantine", "release", "selection", head, "--yes", role="auditor")
    not_there = await terminal("quarantine", "show", "selection", "99999")
    elsewhere = await terminal("quarantine", "list", "notifications")

    assert [outcome.code for outcome in (may_not, not_there, elsewhere)] == [1, 1, 1]
    assert "staff" in may_not.err
    assert "never had an event" in not_there.err


async def test_a_key_of_the_outbox_is_shown_and_released(terminal: Terminal) -> None:
    desk, subject = terminal.desk, uuid4()
    await desk.park_in_outbox(subject, "one", "two")

    listed = await terminal("outbox", "parked", "selection", "--json", role="auditor")
    rehearsal = await terminal("outbox", "release", "selection", desk.rig.topic, str(subject), "--dry-run")
    done = await terminal("outbox", "release", "selection", desk.rig.topic, str(subject), "--yes", "--json")
    again = await terminal("outbox", "release", "selection", desk.rig.topic, str(subject), "--yes")
    empty = await terminal("outbox", "parked", "selection")

    assert [key["waiting"] for key in json.loads(listed.out)] == [2]
    assert "2 rows" in rehearsal.out
    assert json.loads(done.out)["waiting"] == 2
    assert (again.code, empty.code, empty.out) == (1, 0, "")
