"""Fixtures that only hand out what `tests.support` makes."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.stack import Backbone, local_backbone


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def backbone() -> AsyncIterator[Backbone]:
    """A real Kafka and a real PostgreSQL, shared by the whole session."""
    async with local_backbone() as started:
        yield started
