"""Fixtures that only hand out what `tests.support` makes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import structlog

from tests.support.stack import Backbone, local_backbone

# By default structlog draws each traceback with all its locals: that takes longer than most tests.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--containers",
        action="store_true",
        help="Run on Kafka's and PostgreSQL's images (testcontainers) rather than on the local stack.",
    )
    parser.addoption("--chaos", action="store_true", help="Run the fault suite at full length (`make chaos`).")
    parser.addoption("--held", action="store_true", help="Hold transactions open for ten minutes, under load.")
    parser.addoption("--web", action="store_true", help="Cut the live log a thousand times rather than some dozens.")
    parser.addoption("--seed", type=int, help="What the fault suite draws its faults from; it prints the one it took.")
    parser.addoption("--keep-records", action="store_true", help="Keep the fault suite's history and logs in any case.")


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
