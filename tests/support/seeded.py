"""A little of everything in each service, so that a request that names something finds something."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import MetaData, text

from shared import clock
from tests.support import applications as a
from tests.support import incubation as i
from tests.support import notifications as n
from tests.support import selection as s
from tests.support.apps import built, settings_for
from tests.support.issuer import FakeIssuer


@dataclass
class Seeds:
    """The ids of what is there, by table, and the people who are in it."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)


async def seeded(service: str, *, database_url: str, issuer: FakeIssuer) -> Seeds:
    """Put a season's beginning into an empty, migrated database, by the service's own entrances."""
    app = built(service, issuer=issuer, database_url=database_url)
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            people = await SEASONS[service](app, issuer, client)
        return Seeds(ids=await _ids(app), people=[str(person) for person in people])
    finally:
        await app.state.works.engine.dispose()


async def _applications(app: FastAPI, issuer: FakeIssuer, client: httpx.AsyncClient) -> list[UUID | None]:
    """A call that is open now, a draft with a file, and an application that was handed in."""
    service = a.Applications(app=app, issuer=issuer, client=client)
    today = clock.now().replace(microsecond=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: today - timedelta(days=2))
        edition = (await service.staff.post("/editions", a.edition_body())).json()["id"]
        owner = service.caller("partner", organisation="inwi")
        challenge = (await owner.post("/challenges", a.challenge_body(edition))).json()["id"]
        await owner.post("/challenges", a.challenge_body(edition))
        await service.staff.post(f"/challenges/{challenge}/publish")
        window = {"opens_at": _wall(today - timedelta(days=1)), "closes_at": _wall(today + timedelta(days=90))}
        call = (await service.staff.post("/calls", a.call_body(edition, [challenge], **window))).json()["id"]
    season = a.Season(edition_id=edition, challenge_ids=[challenge], call_id=call)
    draft, handed_in = await service.drafted(season), await service.submitted(season)
    await draft.lead.upload(draft.path, a.pdf())
    return [draft.lead.person_id, handed_in.lead.person_id]


async def _selection(app: FastAPI, issuer: FakeIssuer, client: httpx.AsyncClient) -> list[UUID]:
    """An edition whose ranking is frozen and whose decisions are proposed, and another whose reviews wait."""
    service, jurors = s.Selection(app=app, client=client, issuer=issuer), s.people(3)
    season = s.Season(service)
    challenge = await season.challenge()
    applied = [await season.application(challenge), await season.application(challenge)]
    jury = await season.jury(challenge, jurors)
    await season.assign(jury)
    await season.review_all(jury, {each.application_id: score for each, score in zip(applied, (7, 5), strict=True)})
    await season.rank(jury)
    await season.propose()
    next_season = s.Season(service)
    waiting = await next_season.challenge()
    await next_season.application(waiting)
    await next_season.assign(await next_season.jury(waiting, jurors))
    return [*jurors, applied[0].lead_id]


async def _incubation(app: FastAPI, issuer: FakeIssuer, client: httpx.AsyncClient) -> list[UUID | None]:
    """A project with a coach, a milestone, a dataset that was asked for, a workshop and an experimentation."""
    service = i.Incubation(app=app, issuer=issuer, client=client, clock=i.Clock())
    service.clock.moment = clock.now()
    cohort = await service.cohort(partner="inwi")
    project = f"/projects/{cohort.project_id}"
    await cohort.coach.post(f"{project}/milestones", i.milestone_body(service))
    dataset = await cohort.owner.post("/datasets", i.dataset_body(cohort))
    await cohort.lead.post(
        f"/datasets/{dataset.json()['id']}/grants", {"project_id": str(cohort.project_id), "purpose": "Leaks"}
    )
    workshop = await service.staff.post("/workshops", i.workshop_body(cohort))
    await service.anybody.post(f"/workshops/{workshop.json()['id']}/registrations", i.guest_body())
    await cohort.lead.post(f"{project}/experimentations", i.protocol_body(service))
    return [cohort.lead.person_id, cohort.coach.person_id]


async def _notifications(app: FastAPI, issuer: FakeIssuer, client: httpx.AsyncClient) -> list[UUID]:
    """A file with its letters, and a partner's subscription with a delivery."""
    del client
    settings = settings_for("notifications")
    works, handling = app.state.works, app.state.handling
    service = n.Service(settings=settings, works=works, app=app, issuer=issuer, handling=handling)
    body = {"url": "https://partner.example/hook", "types": ["io.datacity.milestone.approved.v1"]}
    await service.post("/subscriptions", body, "partner", organisation="inwi", status=201)
    await service.hear_person(n.person())
    for event in (n.edition(), n.challenge_published("inwi"), n.drafted(), n.submitted(), n.selected(partner="inwi")):
        await service.hear(event)
    await service.hear(n.milestone_approved(partner="inwi"))
    return [n.LEAD]


SEASONS: dict[str, Callable[[FastAPI, FakeIssuer, httpx.AsyncClient], Awaitable[list[Any]]]] = {
    "applications": _applications,
    "selection": _selection,
    "incubation": _incubation,
    "notifications": _notifications,
}


async def _ids(app: FastAPI) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    async with app.state.works.engine.connect() as connection:
        tables = MetaData()
        await connection.run_sync(tables.reflect)
        for name, table in tables.tables.items():
            if "id" in table.columns:
                rows = await connection.execute(text(f'SELECT id FROM "{name}" ORDER BY id LIMIT 20'))
                found[name] = [str(row.id) for row in rows]
    return found


def _wall(moment: datetime) -> dict[str, str]:
    return a.wall(moment.replace(tzinfo=None))
