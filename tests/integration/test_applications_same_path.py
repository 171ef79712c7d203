"""A file or a team of others is answered as none at all: the same words, by the same statements to the database."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from tests.support.applications import Applicant, Applications, Caller, Season, applications
from tests.support.stack import Backbone
from tests.support.statements import statements

NOTHING = UUID(int=9)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Applications]:
    async with applications(backbone) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def season(service: Applications) -> Season:
    return await service.season()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def theirs(service: Applications, season: Season) -> Applicant:
    return await service.submitted(season)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mine(service: Applications, season: Season) -> Applicant:
    return await service.submitted(season)


OF_A_FILE = [
    ("GET", "/applications/{file}", None),
    ("GET", "/applications/{file}/versions/1", None),
    ("POST", "/applications/{file}/saves", {"base": 1, "title": "x"}),
    ("POST", "/applications/{file}/versions/1/restore", None),
    ("POST", f"/applications/{{file}}/requests/{NOTHING}/answer", None),
    ("GET", "/applications/{file}/versions", None),
    ("GET", "/applications/{file}/requests", None),
    ("GET", f"/applications/{{file}}/attachments/{NOTHING}", None),
    ("PATCH", "/applications/{file}", {"title": "x"}),
    ("POST", "/applications/{file}/submit", None),
    ("POST", "/applications/{file}/withdraw", None),
    ("DELETE", f"/applications/{{file}}/attachments/{NOTHING}", None),
    ("GET", "/teams/{team}", None),
    ("GET", "/teams/{team}/invitations", None),
    ("POST", "/teams/{team}/members", {"person_ids": [str(uuid4())]}),
    ("POST", "/teams/{team}/invitations", {"role": "editor"}),
]


@pytest.mark.parametrize(
    ("method", "path", "body"), OF_A_FILE, ids=[f"{method} {path}" for method, path, _ in OF_A_FILE]
)
async def test_what_is_of_another_team_and_what_is_not_there_take_the_same_way(
    service: Applications, mine: Applicant, theirs: Applicant, method: str, path: str, body: Any
) -> None:
    there = await asked(service, mine.lead, method, path.format(file=theirs.application_id, team=theirs.team_id), body)
    nowhere = await asked(service, mine.lead, method, path.format(file=NOTHING, team=NOTHING), body)

    assert there[0] == 404, there
    assert there == nowhere


async def asked(service: Applications, caller: Caller, method: str, path: str, body: Any) -> tuple[Any, ...]:
    """The answer without what is of this request alone, and what was asked of the database for it."""
    with statements(service.app.state.works.engine) as made:
        if method == "GET":
            answer = await caller.get(path)
        elif method == "POST":
            answer = await caller.post(path, body, match='"1"')
        else:
            answer = await caller._change(method, path, body, '"1"')
    shown = {name: value for name, value in answer.json().items() if name not in {"instance", "trace_id"}}
    return answer.status_code, shown, made
