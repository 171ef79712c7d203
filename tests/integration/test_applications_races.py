"""Handing in, revising, saving, withdrawing and getting more time, while the call is being closed (`--races 1000`).

Each racer's request carries the instant at which the server had received it, a microsecond around the deadline; which
of them reaches the database first is left to chance. Whatever comes out must agree with that instant and with the log.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.applications.commands import SaveDraft, SubmitApplication
from services.applications.handlers import applications as handlers
from services.applications.handlers import drafts, extensions, programme
from shared import clock
from shared.errors import DomainError
from shared.identity import Actor
from shared.work import Work
from tests.support.applications import CLOSES, GRACE, Applicant, Applications, Season, applications, wall
from tests.support.stack import Backbone

AT_ONCE = 12
BY_HTTP = 20
"""Every so many races go the whole way, the others from the use case on."""

AROUND = [timedelta(microseconds=each) for each in (-2000, -1, 0, 1, 2000)]
MORE = timedelta(days=1)
AT: ContextVar[datetime] = ContextVar("AT")
"""What the server's clock shows to one racer."""


@dataclass(kw_only=True)
class Race:
    """A call, the application that is written for it, and how what is attempted at an instant ends."""

    number: int
    kind: str
    call_id: UUID
    team_id: UUID
    application_id: UUID
    extension_id: UUID
    deadline: datetime
    stamp: datetime
    outcome: str = ""
    approved: str = ""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


async def copied(service: Applications, table: str, origin: str, rows: list[dict[str, Any]]) -> None:
    """Rows like those that `origin` finds, one for each of `rows`, which say in what it differs."""
    statement = text(
        f"INSERT INTO {table} SELECT (jsonb_populate_record(found, new.value)).* "
        f"FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS new, {table} AS found WHERE {origin}"
    )
    async with service.app.state.works.begin() as work:
        await (await work.session.connection()).execute(statement, {"rows": json.dumps(rows, default=str)})


async def races(
    service: Applications, season: Season, origins: dict[str, Applicant], asked: str, *, number: int
) -> list[Race]:
    """Calls that close a millisecond after each other, each with an application as it stands in one of the origins."""
    made = []
    first = CLOSES.replace(tzinfo=service.clock.moment.tzinfo)
    kinds = ["submit", "revise", "save", "withdraw", "extend"]
    for n in range(number):
        deadline = first + timedelta(milliseconds=n)
        kind = kinds[n % len(kinds)]
        around = MORE if kind == "extend" else timedelta(0)
        race = Race(
            number=n,
            kind=kind,
            call_id=uuid4(),
            team_id=uuid4(),
            application_id=uuid4(),
            extension_id=uuid4(),
            deadline=deadline,
            stamp=deadline + random.choice(AROUND) + around,
        )
        made.append(race)
    of_call = [{"id": each.call_id, "last_deadline_at": each.deadline} for each in made]
    await copied(service, "call", f"found.id = '{season.call_id}'", of_call)
    for table in ("call_challenge", "deadline_rule"):
        differ = [{"id": uuid4(), "call_id": each.call_id, "deadline_at": each.deadline} for each in made]
        one = f"found.call_id = '{season.call_id}'"
        if table == "call_challenge":
            one += " AND position = 0"
        await copied(service, table, one, differ)
    for kind, origin in origins.items():
        mine = [each for each in made if each.kind == kind]
        await copied(service, "team", f"found.id = '{origin.team_id}'", [{"id": each.team_id} for each in mine])
        members = [{"id": uuid4(), "team_id": each.team_id} for each in mine]
        await copied(service, "team_member", f"found.team_id = '{origin.team_id}'", members)
        rows = [{"id": each.application_id, "call_id": each.call_id, "team_id": each.team_id} for each in mine]
        await copied(service, "application", f"found.id = '{origin.application_id}'", rows)
        revisions = [{"id": uuid4(), "application_id": each.application_id} for each in mine]
        await copied(service, "revision", f"found.application_id = '{origin.application_id}'", revisions)
    wishes = [
        {"id": each.extension_id, "call_id": each.call_id, "team_id": each.team_id}
        | {"application_id": each.application_id}
        | {"deadline_at": each.deadline + MORE, "local": (each.deadline + MORE).replace(tzinfo=None).isoformat()}
        for each in made
        if each.kind == "extend"
    ]
    await copied(service, "extension", f"found.id = '{asked}'", wishes)
    return made


class Racers:
    """What is attempted, by whom and when."""

    def __init__(self, service: Applications, origins: dict[str, Applicant]) -> None:
        self.service, self.works = service, service.app.state.works
        self.origins = origins

    async def attempt(
        self, act: Callable[[Work], Awaitable[object]], *, roles: set[str], who: Any, at: datetime
    ) -> str:
        try:
            async with self.works.begin(actor=Actor(str(who), frozenset(roles)), now=at) as work:
                await act(work)
        except DomainError as refused:
            return refused.slug
        return "done"

    async def by_http(self, race: Race) -> str:
        applicant = self.origins[race.kind]
        path = f"/applications/{race.application_id}"
        AT.set(race.stamp)
        if race.kind == "save":
            answer = await applicant.lead.patch(path, {"title": "Saved in the last moment"})
        else:
            answer = await applicant.lead.post(path + ("/withdraw" if race.kind == "withdraw" else "/submit"))
        return "done" if answer.is_success else str(answer.json()["type"]).rpartition("/")[2]

    async def run(self, race: Race) -> None:
        if race.number % BY_HTTP < 5:
            race.outcome = await self.by_http(race)
            return
        id_ = race.application_id

        async def act(work: Work) -> None:
            if race.kind == "save":
                found = await handlers.own(id_, "change_application", work)
                changes = {"title": "Saved in the last moment"}
                await drafts.save_draft(SaveDraft(application_id=id_, base=found.version, changes=changes), work)
            elif race.kind == "withdraw":
                await handlers.withdraw_application(id_, work)
            else:
                await handlers.submit_application(SubmitApplication(application_id=id_, version=None), work)

        lead = self.origins[race.kind].lead.person_id
        race.outcome = await self.attempt(act, roles={"applicant"}, who=lead, at=race.stamp)

    async def approve(self, race: Race) -> None:
        async def act(work: Work) -> None:
            await extensions.approve_extension(race.extension_id, work)

        race.approved = await self.attempt(act, roles={"staff"}, who=uuid4(), at=race.deadline + GRACE)

    async def close(self, race: Race) -> None:
        """All that is due a moment after this call's grace: others that were not closed yet, and this one."""
        closed: UUID | None = uuid4()
        while closed not in {race.call_id, None}:
            async with self.works.begin(now=race.deadline + GRACE + timedelta(microseconds=1)) as work:
                call = await programme.close_due_call(work, grace=GRACE)
                closed = call and call.id


async def test_every_race_around_the_deadline_ends_as_the_servers_clock_says(
    service: Applications, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    season = await service.season()
    draft, handed_in = await service.drafted(season), await service.submitted(season)
    await handed_in.lead.patch(handed_in.path, {"title": "Changed since"})
    asked = await service.staff.post(
        f"{draft.path}/extensions", {"until": wall(CLOSES + MORE), "reason": "personal", "words": "Invented."}
    )
    origins = {"submit": draft, "revise": handed_in, "save": draft, "withdraw": handed_in, "extend": draft}
    run = await races(service, season, origins, asked.json()["id"], number=pytestconfig.getoption("--races"))
    racers, gate = Racers(service, origins), asyncio.Semaphore(AT_ONCE)
    monkeypatch.setattr(clock, "now", lambda: AT.get(service.clock.moment))

    async def race_one(race: Race) -> None:
        async with gate:
            rivals = [after_a_while(racers.run, race), racers.close(race)]
            if race.kind == "extend":
                rivals.append(after_a_while(racers.approve, race))
            await asyncio.gather(*rivals)

    await asyncio.gather(*(race_one(race) for race in run))
    await racers.close(run[-1])

    told = await story(service)
    wrong = [(race, told[str(race.call_id)]) for race in run if not is_right(race, told[str(race.call_id)])]
    assert not wrong, wrong[:3]
    ends = Counter((race.kind, race.approved or race.outcome) for race in run)
    for kind, lost in {"submit": "call-closed", "revise": "call-closed", "extend": "call-over"}.items():
        assert ends[kind, "done"], ends
        assert ends[kind, lost], ends


async def after_a_while(rival: Callable[[Race], Awaitable[object]], race: Race) -> None:
    """Sometimes first and sometimes last: closing takes about as long."""
    await asyncio.sleep(random.uniform(0, 0.15))
    await rival(race)


@dataclass
class Story:
    """What the log says of a call and its application, in the order in which it was committed."""

    types: list[str]
    closed_with: int | None
    stamped: datetime | None


async def story(service: Applications) -> dict[str, Story]:
    rows = await service.fetch(
        "SELECT type, convert_from(value, 'UTF8')::jsonb AS value FROM event_log WHERE "
        "convert_from(value, 'UTF8')::jsonb ? 'call_id' ORDER BY position"
    )
    told: dict[str, Story] = {}
    for row in rows:
        found = told.setdefault(row.value["call_id"], Story([], None, None))
        found.types.append(row.type.removeprefix("io.datacity.").removesuffix(".v1"))
        if row.type.endswith("call.closed.v1"):
            found.closed_with = row.value["submitted"]
        stamp = row.value.get("submitted_at") or row.value.get("revised_at") or row.value.get("withdrawn_at")
        found.stamped = datetime.fromisoformat(stamp) if stamp else found.stamped
    empty = await service.fetch("SELECT id FROM call")
    return {str(row.id): told.get(str(row.id), Story([], None, None)) for row in empty}


TOLD = {"submit": "application.submitted", "revise": "application.revised", "withdraw": "application.withdrawn"}


def is_right(race: Race, told: Story) -> bool:
    acts = [each for each in told.types if each.startswith("application.")]
    in_time, done = race.stamp <= race.deadline, race.outcome == "done"
    if race.kind == "extend":
        return is_right_with_more_time(race, told, acts)
    if race.kind == "withdraw":  # it may at any time, and closing counts it or not
        counted = 1 if "call.closed" in told.types[: told.types.index(TOLD["withdraw"])] else 0
        return done and told.closed_with == counted and told.stamped == race.stamp
    if race.kind == "save":
        return told.closed_with == 0 and (race.outcome in {"done", "call-closed"} if in_time else is_late(race))
    before = 1 if race.kind == "revise" else 0
    if done:
        return (
            in_time
            and told.types[-2:] == [TOLD[race.kind], "call.closed"]
            and told.stamped == race.stamp
            and told.closed_with == 1
        )
    return acts == [] and told.closed_with == before and (race.outcome == "call-closed" if in_time else is_late(race))


def is_right_with_more_time(race: Race, told: Story, acts: list[str]) -> bool:
    """Either it was approved, and closing waits; or the call was closed, and nobody has more time."""
    if race.approved != "done":
        return race.approved == "call-over" and told.types == ["call.closed"] and not acts and race.outcome != "done"
    in_time = race.stamp <= race.deadline + MORE
    right = told.types[:1] == ["extension.approved"] and "call.closed" not in told.types
    if race.outcome == "done":
        return right and in_time and acts == ["application.submitted"] and told.stamped == race.stamp
    return right and not acts and is_late(race)


def is_late(race: Race) -> bool:
    return race.outcome == "deadline-passed"
