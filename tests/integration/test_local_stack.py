"""The local stack comes up, stays itself over a restart, and recovers from being killed anywhere."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer, TopicPartition

from infra.local import processes
from infra.local.component import Stage
from infra.local.eventreader import latest_records
from infra.local.home import Home
from infra.local.problems import LocalProblem
from infra.local.stack import Stack

BACKBONE = ("kafka", "postgres", "issuer", "mail")
TOPIC = "selection.events.v1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home.at(tmp_path_factory.mktemp("stack") / "home")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(home: Home) -> AsyncIterator[Stack]:
    """All but the services, which other tests bring."""
    opened = Stack(home, services=(), settings={})
    yield opened
    await opened.erase()


@pytest_asyncio.fixture(loop_scope="session")
async def running(stack: Stack) -> Stack:
    await stack.up()
    return stack


async def pids(stack: Stack) -> dict[str, int | None]:
    return {condition.name: condition.pid for condition in await stack.status()}


async def write_a_row(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.urls["postgres"])
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz); INSERT INTO kept VALUES (now())")
    await connection.close()


async def rows(stack: Stack) -> int:
    connection = await asyncpg.connect(stack.urls["postgres"])
    count: int = await connection.fetchval("SELECT count(*) FROM kept")
    await connection.close()
    return count


async def write_a_record(stack: Stack) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.urls["kafka"], acks="all")
    await producer.start()
    await producer.send_and_wait(TOPIC, b'{"kept": true}', key=b"k")
    await producer.stop()


async def records(stack: Stack) -> int:
    found, _ = await latest_records(stack.urls["kafka"], [TOPIC], limit=None)
    assert found
    return len(found)


async def keys_of_the_issuer(stack: Stack) -> object:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{stack.urls['issuer']}/jwks")).raise_for_status().json()


async def test_up_brings_every_part_to_answer(running: Stack) -> None:
    conditions = {condition.name: condition.stage for condition in await running.status()}

    assert conditions == dict.fromkeys(BACKBONE, Stage.READY)


async def test_a_second_up_finds_the_first(running: Stack) -> None:
    before = await pids(running)
    begun = time.monotonic()

    await Stack(running.home, services=(), settings={}).up()

    assert await pids(running) == before
    assert time.monotonic() - begun < 10


async def test_what_it_remembers_is_private_and_urls_are_there_for_others(running: Stack) -> None:
    file = running.home.state_file

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    urls = json.loads(file.read_text())["urls"]
    assert {"kafka", "postgres", "issuer", "mail", "smtp", "database:selection", "migration:selection"} <= urls.keys()


async def test_postgresql_keeps_its_promises_about_crashes(running: Stack) -> None:
    connection = await asyncpg.connect(running.urls["postgres"])
    try:
        settings = {name: await connection.fetchval(f"SHOW {name}") for name in ("fsync", "synchronous_commit")}
        method = await connection.fetchval("SELECT current_setting('password_encryption')")
    finally:
        await connection.close()

    assert settings == {"fsync": "on", "synchronous_commit": "on"}
    assert method == "scram-sha-256"


async def test_postgresql_lets_nobody_in_without_the_password(running: Stack) -> None:
    wrong = running.urls["postgres"].replace(running.state.secret("postgres"), "guess")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


async def test_everything_stored_survives_down_and_so_do_the_urls(running: Stack) -> None:
    await write_a_row(running)
    await write_a_record(running)
    before = running.urls, await rows(running), await records(running)
    key = await keys_of_the_issuer(running)

    await running.down()
    assert [condition.stage for condition in await running.status()] == [Stage.STOPPED] * len(BACKBONE)
    await running.up()

    assert (running.urls, await rows(running), await records(running)) == before
    assert await keys_of_the_issuer(running) == key


@pytest.mark.parametrize("victim", BACKBONE)
async def test_a_killed_part_is_brought_back_by_up_and_lost_nothing(running: Stack, victim: str) -> None:
    await write_a_row(running)
    await write_a_record(running)
    stored = await rows(running), await records(running)
    before = await pids(running)

    running.kill(victim)
    assert await _eventually(lambda: _is_stopped(running, victim))
    await running.up()

    after = await pids(running)
    assert after[victim] != before[victim]
    assert {name: pid for name, pid in after.items() if name != victim} == {
        name: pid for name, pid in before.items() if name != victim
    }
    assert (await rows(running), await records(running)) == stored


async def test_postgresql_starts_although_another_process_has_the_pid_of_its_stale_file(running: Stack) -> None:
    running.kill("postgres")
    assert await _eventually(lambda: _is_stopped(running, "postgres"))
    stale = running.postgres.data / "postmaster.pid"
    lines = stale.read_text().splitlines()
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    await running.up()

    assert await rows(running) > 0


@pytest.mark.parametrize("after_seconds", [0.3, 1.0, 2.5])
async def test_up_recovers_from_an_up_that_was_killed_midway(running: Stack, after_seconds: float) -> None:
    await running.down()
    first = _up_in_another_process(running.home)
    await asyncio.sleep(after_seconds)  # the moment is the subject: any moment must do
    first.send_signal(signal.SIGKILL)
    first.wait()

    await running.up()

    for name in BACKBONE:
        assert len(processes.find(running.home.path, name)) == 1
    assert await rows(running) > 0


async def test_two_at_once_take_turns(running: Stack) -> None:
    await running.down()

    first, second = _up_in_another_process(running.home), _up_in_another_process(running.home)

    assert await asyncio.to_thread(first.wait, 90) == 0
    assert await asyncio.to_thread(second.wait, 90) == 0
    for name in BACKBONE:
        assert len(processes.find(running.home.path, name)) == 1


async def test_a_process_that_was_never_written_down_is_adopted(running: Stack) -> None:
    before = await pids(running)
    for name in BACKBONE:
        running.state.forget_process(name)

    await running.up()

    assert await pids(running) == before


async def test_a_recycled_pid_in_the_state_is_not_ended_by_down(running: Stack) -> None:
    mine = psutil.Process()
    await running.stop("mail")
    running.state.remember_process("mail", processes.Identity(mine.pid, mine.create_time() - 3600))

    await running.stop("mail")
    await running.up()

    assert mine.is_running()


async def test_one_part_stops_and_starts_while_the_others_go_on(running: Stack) -> None:
    before = await pids(running)

    await running.stop("mail")
    assert (await pids(running))["mail"] is None
    await running.start("mail")

    after = await pids(running)
    assert after.pop("mail") != before.pop("mail")
    assert after == before


async def test_a_port_that_somebody_took_meanwhile_is_replaced(running: Stack) -> None:
    await running.stop("issuer")
    old = running.state.ports["issuer"]
    squatter = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", old)
    try:
        await running.up()
        assert running.urls["issuer"] != f"http://127.0.0.1:{old}"
        assert await keys_of_the_issuer(running)
    finally:
        squatter.close()
        await squatter.wait_closed()


async def test_a_start_that_fails_shows_the_end_of_the_log(running: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    await running.stop("issuer")
    key = running.home.issuer / "key.pem"
    good = key.read_bytes()
    key.write_text("not a key")
    try:
        with pytest.raises(LocalProblem, match="issuer didn't start") as failure:
            await running.up()
        assert "so that a new key is made" in str(failure.value)
    finally:
        key.write_bytes(good)
        await running.up()


async def test_no_part_of_the_stack_listens_to_other_machines(running: Stack) -> None:
    identities = {name: part.running() for name, part in running.components.items()}

    for identity in identities.values():
        assert identity is not None
        listening = [one for one in psutil.Process(identity.pid).net_connections() if one.status == psutil.CONN_LISTEN]
        assert listening
        assert {one.laddr.ip.removeprefix("::ffff:") for one in listening} == {"127.0.0.1"}


async def test_reading_events_begins_after_what_was_shown(running: Stack) -> None:
    await write_a_record(running)
    everything, positions = await latest_records(running.urls["kafka"], [TOPIC], limit=None)
    newest, _ = await latest_records(running.urls["kafka"], [TOPIC], limit=1)

    assert newest == everything[-1:]
    assert sum(positions.values()) == len(everything)
    assert set(positions) == {TopicPartition(TOPIC, number) for number in range(12)}


def _up_in_another_process(home: Home) -> "subprocess.Popen[bytes]":
    script = (
        "import asyncio, sys; from pathlib import Path; from infra.local.home import Home; "
        "from infra.local.stack import Stack; asyncio.run(Stack(Home.at(sys.argv[1]), services=(), settings={}).up())"
    )
    return subprocess.Popen([sys.executable, "-c", script, str(home.path)], cwd=Path(__file__).parents[2])


async def _is_stopped(stack: Stack, name: str) -> bool:
    return stack.components[name].running() is None


async def _eventually(holds: Callable[[], Awaitable[bool]]) -> bool:
    deadline = time.monotonic() + 10
    while not await holds():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
