"""Fixtures that only hand out what `tests.support` makes."""

import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog

from tests.support.sharing import in_good_order, turn
from tests.support.stack import Backbone, local_backbone

# By default structlog draws each traceback with all its locals: that takes longer than most tests.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

ROOM = pytest.StashKey[Path]()
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--containers",
        action="store_true",
        help="Run on Kafka's and PostgreSQL's images (testcontainers) rather than on the local stack.",
    )
    parser.addoption("--chaos", action="store_true", help="Run the fault suite at full length (`make chaos`).")
    parser.addoption("--held", action="store_true", help="Hold transactions open for ten minutes, under load.")
    parser.addoption("--web", action="store_true", help="Cut the live log a thousand times rather than some dozens.")
    parser.addoption("--timing", action="store_true", help="Compare the times of answers in a thousand pairs of each.")
    parser.addoption("--races", type=int, default=200, help="How often a call is closed while its files are written.")
    parser.addoption(
        "--season", action="store_true", help="Run a whole season: 500 applications, 40 jurors, a last day."
    )
    parser.addoption("--keycloak", action="store_true", help="Sign people in at a real Keycloak, which is fetched.")
    parser.addoption("--seed", type=int, help="What the fault suite draws its faults from; it prints the one it took.")
    parser.addoption("--keep-records", action="store_true", help="Keep the fault suite's history and logs in any case.")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """In a parallel run the workers meet in a folder, and take turns there."""
    with tempfile.TemporaryDirectory(prefix="datacity-turns-") as room:
        config.stash[ROOM] = Path(room)
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whatever `--dist` says: what is made for a file's tests is made once, and files begin in the order given here."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["room"] = str(node.config.stash[ROOM])


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """An id that is drawn anew in each process would make another test of it in each half."""
    del config
    return argname if AN_ID.fullmatch(str(val)) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _room(config):
        items[:] = in_good_order(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if not (room := _room(item.config)):
        return (yield)
    with turn(room, alone=item.get_closest_marker("alone") is not None):
        return (yield)


def _room(config: pytest.Config) -> Path | None:
    """Where the workers of a parallel run meet."""
    room = getattr(config, "workerinput", {}).get("room")
    return Path(room) if room else None


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def backbone(request: pytest.FixtureRequest) -> AsyncIterator[Backbone]:
    """A real Kafka and a real PostgreSQL, shared by the whole session."""
    if request.config.getoption("--containers"):
        from tests.support.containers import container_backbone

        async with container_backbone() as started:
            yield started
    else:
        async with local_backbone() as started:
            yield started
