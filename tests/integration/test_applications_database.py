"""The tables of applications as migrated, and what races do to them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from services.applications.commands import SubmitApplication
from services.applications.handlers import applications as handlers
from services.applications.jobs import close_next
from services.applications.models import Table
from shared.identity import Actor
from tests.support.applications import CLOSES, GRACE, Applications, applications
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


async def test_migrations_make_exactly_the_tables_that_the_code_has(service: Applications) -> None:
    def differences(connection: Connection) -> list[Any]:
        ours = set(Table.metadata.tables)
        options = {"include_name": lambda name, kind, _: kind != "table" or name in ours, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata))

    async with service.app.state.works.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_who_is_in_time_is_waited_for_when_the_call_is_closed(service: Applications) -> None:
    """A submission accepted at the deadline is still being saved when the worker comes to close the call."""
    season = await service.season()
    applicant = await service.drafted(season)
    works = service.app.state.works
    actor = Actor(person_id=str(applicant.lead.person_id), roles=frozenset({"applicant"}))
    service.clock.turn_to(CLOSES)

    async with works.begin(actor=actor) as work:
        await handlers.submit_application(
            SubmitApplication(application_id=UUID(applicant.application_id), version=None), work
        )
        service.clock.turn_to(CLOSES + timedelta(seconds=2))
        closing = asyncio.create_task(close_next(works, grace=GRACE))
        await _until_somebody_waits_for_a_lock(service)
        assert not closing.done()
    assert await closing

    assert await service.told(season.call_id) == ["call.announced", "call.closed"]
    rows = await service.fetch(
        "SELECT type, convert_from(value, 'UTF8')::jsonb AS value FROM event_log"
        " WHERE subject IN (:call, :application) ORDER BY position DESC LIMIT 2",
        call=season.call_id,
        application=applicant.application_id,
    )
    assert rows[0].value["submitted"] == 1
    assert rows[1].type == "io.datacity.application.submitted.v1"


async def test_concurrent_submissions_make_one_revision(service: Applications) -> None:
    season = await service.season()
    applicant = await service.drafted(season)

    answers = await asyncio.gather(*(applicant.lead.post(f"{applicant.path}/submit") for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert (await service.told(applicant.application_id)).count("application.submitted") == 1


async def test_a_team_settles_although_somebody_joins_at_that_moment(service: Applications) -> None:
    """Whoever joins is either in what was handed in, or refused."""
    season = await service.season()
    applicant, friend = await service.drafted(season), await service.registered()

    handed_in, joined = await asyncio.gather(
        applicant.lead.post(f"{applicant.path}/submit"),
        applicant.lead.post(f"/teams/{applicant.team_id}/members", {"person_ids": [str(friend.person_id)]}),
    )

    [told] = await service.fetch(
        "SELECT convert_from(value, 'UTF8')::jsonb AS value FROM event_log"
        " WHERE subject = :id AND type LIKE '%submitted%'",
        id=applicant.application_id,
    )
    assert handed_in.status_code == 200
    assert (joined.status_code == 201) == (str(friend.person_id) in told.value["member_ids"])


async def _until_somebody_waits_for_a_lock(service: Applications) -> None:
    async with asyncio.timeout(10), service.app.state.works.engine.connect() as connection:
        while not (
            await connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"))
        ).first():
            await connection.rollback()
