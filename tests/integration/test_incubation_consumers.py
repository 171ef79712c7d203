"""What incubation makes of what it hears, each record delivered twice; and its tables as the migrations make them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from services.incubation.consumers import listens
from services.incubation.models import Startup, Table
from shared.events.applications import CallClosed
from shared.events.forgettable import Dossier, Person
from shared.messaging import Outcome
from tests.support.backbone import BACKBONE_TABLES
from tests.support.incubation import (
    NOW,
    Incubation,
    announced,
    dossier,
    incubation,
    milestone_body,
    published,
    record_of,
    selected_for,
    tombstone,
)
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Incubation]:
    async with incubation(backbone) as started:
        yield started


async def projects_of(service: Incubation, application_id: Any) -> list[Any]:
    return list((await service.staff.get("/projects", application_id=str(application_id))).json()["items"])


async def test_the_migrations_make_the_tables_of_the_code(service: Incubation) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or name not in BACKBONE_TABLES,
            },
        )
        return list(compare_metadata(context, Table.metadata))

    async with service.app.state.works.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_it_hears_four_topics() -> None:
    assert listens.topics == ["applications.events.v1", "dossiers.v1", "people.v1", "selection.events.v1"]


async def test_a_selected_application_becomes_one_project_with_its_members(service: Incubation) -> None:
    challenge = published()
    selected = selected_for(challenge, member_ids=[uuid4(), uuid4()])

    await service.hear(record_of(challenge), record_of(selected))

    (project,) = await projects_of(service, selected.application_id)
    assert project["member_ids"] == [str(selected.lead_id), *map(str, selected.member_ids)]
    assert project["startup"] is None
    assert await service.told(key=selected.application_id) == ["project.opened"]


async def test_the_same_selection_told_by_another_event_opens_no_second_project(service: Incubation) -> None:
    selected = selected_for(published())

    await service.hear(
        record_of(selected), record_of(selected_for(published(), application_id=selected.application_id))
    )

    assert len(await projects_of(service, selected.application_id)) == 1
    assert await service.told(key=selected.application_id) == ["project.opened"]


async def test_the_project_remembers_what_caused_it(service: Incubation) -> None:
    record = record_of(selected := selected_for(published()))

    await service.hear(record)

    headers = dict(record.headers)
    ((cause, correlation),) = await service.fetch(
        "SELECT causation_id, correlation_id FROM event_log WHERE key = :key", key=str(selected.application_id)
    )
    assert (cause, correlation) == (headers["ce_id"].decode(), headers["ce_correlationid"].decode())


async def test_topics_may_come_in_any_order(service: Incubation) -> None:
    """The project first, then its startup's name, its challenge, and its edition's zone at last."""
    edition = announced()
    challenge = published(edition_id=edition.edition_id)
    selected = selected_for(challenge)

    await service.hear(record_of(selected))
    await service.hear(record_of(dossier(selected.application_id)), record_of(challenge), record_of(edition))

    (project,) = await projects_of(service, selected.application_id)
    assert (project["startup"], project["challenge_title"]) == ("Invented Drops", {"en": "Leaks found early"})


async def test_the_newest_revision_gives_the_name(service: Incubation) -> None:
    selected = selected_for(published())
    newest = dossier(selected.application_id, revision=2, startup="Invented Rivers")

    await service.hear(record_of(selected), record_of(newest), record_of(dossier(selected.application_id)))

    (project,) = await projects_of(service, selected.application_id)
    assert project["startup"] == "Invented Rivers"


async def test_a_forgotten_dossier_leaves_no_name(service: Incubation) -> None:
    selected = selected_for(published())
    await service.hear(record_of(selected), record_of(dossier(selected.application_id, revision=2)))

    await service.hear(tombstone(Dossier, key=f"{selected.application_id}/1"))
    (still_named,) = await projects_of(service, selected.application_id)
    await service.hear(tombstone(Dossier, key=f"{selected.application_id}/2"))

    (project,) = await projects_of(service, selected.application_id)
    assert (still_named["startup"], project["startup"]) == ("Invented Drops", None)
    async with service.app.state.works.begin(read_only=True) as work:
        assert await work.session.get(Startup, selected.application_id) is None


async def test_what_a_forgotten_person_wrote_is_blank_and_what_was_decided_stays(service: Incubation) -> None:
    cohort = await service.cohort()
    plan = await service.staff.post(f"/projects/{cohort.project_id}/milestones", milestone_body(service))
    path = f"/milestones/{plan.json()['id']}"
    await cohort.lead.post(f"{path}/evidence", {"text": "By Invented Lead.", "links": ["https://films.example/me"]})
    await cohort.coach.post(f"{path}/return", {"words": "Signed, Invented Coach."})
    await cohort.member.post(f"{path}/evidence", {"text": "By the other member."})
    await cohort.coach.post(f"{path}/approve")

    await service.hear(tombstone(Person, key=str(cohort.lead.person_id)))
    await service.hear(tombstone(Person, key=str(cohort.coach.person_id)))

    milestone = (await service.staff.get(path)).json()
    assert milestone["state"] == "approved"
    assert [(each["text"], each["links"], each["words"], each["verdict"]) for each in milestone["evidence"]] == [
        ("", [], None, "returned"),
        ("By the other member.", [], None, "approved"),
    ]


async def test_what_does_not_concern_it_changes_nothing(service: Incubation) -> None:
    closed = CallClosed(call_id=uuid4(), edition_id=uuid4(), closed_at=NOW, submitted=3)
    person = Person(person_id=uuid4(), name="Invented Person", email="invented@people.example")
    before = await service.fetch("SELECT count(*) FROM event_log")

    outcomes = await service.hear(record_of(closed), record_of(person))

    assert outcomes == [Outcome.HANDLED] * 2
    assert await service.fetch("SELECT count(*) FROM event_log") == before
