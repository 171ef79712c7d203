"""Every route of every service refuses who it must and lets in who it may: made from the permission tables."""

import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from infra.contracts.apps import permissions_of
from shared.http import all_routes
from tests.support.apps import SERVICES, built
from tests.support.issuer import FakeIssuer
from tests.support.stack import Backbone

ROLES = ("applicant", "juror", "staff", "partner", "city", "coach", "auditor")
SHAM = ("forged", "expired", "wrong audience", "wrong issuer", "algorithm none")


@dataclass(frozen=True)
class Asked:
    """One thing that can be asked of a service, and who may ask it."""

    service: str
    method: str
    path: str
    action: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def roles(self) -> frozenset[str]:
        return permissions_of(self.service).roles_for(self.action)

    @property
    def is_public(self) -> bool:
        return permissions_of(self.service).is_public(self.action)

    @property
    def is_stream(self) -> bool:
        return self.path.endswith("/stream")


@dataclass(frozen=True)
class Door:
    """A service with a database, and the issuer whose tokens it believes."""

    client: httpx.AsyncClient
    issuer: FakeIssuer

    async def ask(self, asked: Asked, *, token: str | None) -> httpx.Response:
        address = re.sub(r"\{[^}]+\}", lambda _: str(uuid.uuid4()), asked.path.replace("{language}", "fr"))
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return await self.client.request(asked.method, address, headers=headers)


ASKED = [
    Asked(service, route.method, route.path, str(route.action))
    for service in SERVICES
    for route in all_routes(built(service))
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def doors(backbone: Backbone) -> AsyncIterator[dict[str, Door]]:
    """All four services, each on a migrated database without a row."""
    opened: dict[str, Door] = {}
    apps: list[Any] = []
    for service in SERVICES:
        database = await backbone.migrated_database(service)
        issuer = FakeIssuer()
        app = built(service, issuer=issuer, database_url=database.runtime_url)
        apps.append(app)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        opened[service] = Door(httpx.AsyncClient(transport=transport, base_url="http://test"), issuer)
    yield opened
    for door in opened.values():
        await door.client.aclose()
    for app in apps:
        await app.state.works.engine.dispose()


def test_each_service_has_routes_and_none_outside_of_its_table() -> None:
    for service in SERVICES:
        actions = {asked.action for asked in ASKED if asked.service == service}
        assert actions
        assert actions <= set(permissions_of(service).actions)


@pytest.mark.parametrize("service", SERVICES)
def test_the_table_names_only_roles_of_the_programme(service: str) -> None:
    assert set(permissions_of(service).roles) <= {*ROLES, "anyone"}


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_without_a_token_only_what_is_public_answers(asked: Asked, doors: dict[str, Door]) -> None:
    answer = await doors[asked.service].ask(asked, token=None)

    if asked.is_public:
        assert answer.status_code not in {401, 403, 500}, answer.text
    else:
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_a_token_that_is_not_good_is_refused_also_where_none_is_needed(
    asked: Asked, doors: dict[str, Door]
) -> None:
    door = doors[asked.service]
    tokens = door.issuer.bad_tokens(*ROLES)

    answers = {sham: (await door.ask(asked, token=tokens[sham])).status_code for sham in SHAM}

    assert answers == dict.fromkeys(SHAM, 401)


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_each_role_gets_what_the_table_says(asked: Asked, doors: dict[str, Door]) -> None:
    door = doors[asked.service]
    may = set(ROLES) if asked.is_public else asked.roles
    # A live stream answers until somebody hangs up; whom it lets in is tested where it is.
    asking = [role for role in ROLES if not (asked.is_stream and role in may)]

    for role in asking:
        organisation = {"staff": "numa", "partner": "inwi", "city": "casablanca"}.get(role)
        answer = await door.ask(asked, token=door.issuer.token(role, organisation=organisation))

        # An answer to HEAD has no body that says why.
        refused = answer.status_code == 403 and (
            asked.method == "HEAD" or answer.json()["type"].endswith("/role-not-permitted")
        )
        assert refused is (role not in may), f"{role}: {answer.status_code} {answer.text}"
        assert answer.status_code not in {401, 500}, f"{role}: {answer.text}"


@pytest.mark.parametrize("asked", [each for each in ASKED if not each.is_public], ids=str)
async def test_a_role_that_nobody_knows_opens_nothing(asked: Asked, doors: dict[str, Door]) -> None:
    door = doors[asked.service]

    for roles in ([], ["anyone"], ["system"], ["administrator"]):
        answer = await door.ask(asked, token=door.issuer.token(*roles))

        assert answer.status_code == 403, roles
