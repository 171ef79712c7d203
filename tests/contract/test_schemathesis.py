"""Each service, served for real and asked by schemathesis with every check: no server error, nothing undocumented.

What it sends is derandomised: the same code is asked the same. Roles take turns, since what a role may not do hides
what comes after; ids of what was made before are put where ids belong, so that requests reach it.
"""

import asyncio
import itertools
import logging
import re
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio
import requests
import schemathesis
import structlog
import uvicorn
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import negative_data_rejection
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from shared.http import Cursor
from tests.support.apps import SERVICES, built
from tests.support.backbone import until
from tests.support.issuer import PERSON, FakeIssuer
from tests.support.seeded import Seeds, seeded
from tests.support.stack import Backbone

ROLES = ("applicant", "juror", "staff", "partner", "city", "coach", "auditor")
# One who is everything gets furthest and is asked most; then each role alone, then nobody.
TRANSPORT = {"transfer-encoding", "content-length", "connection", "upgrade", "host", "expect", "te", "trailer"}
"""Headers of the connection, which the HTTP server answers by itself before our code hears of the request."""

TURNS: tuple[tuple[str, ...], ...] = (*(turn for role in ROLES for turn in (ROLES, (role,))), ())

CONFIG = SchemathesisConfig.from_dict(
    {
        # NUL is refused in any address, which no schema of ours repeats.
        "generation": {"allow-x00": False},
        "checks": {
            # RFC 6585: a missing If-Match is 428.
            "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", "412", "422", "428"]},
            # 412: a version of the protocol that isn't spoken, or a stale one; 413: more than we take.
            "negative_data_rejection": {
                "expected-statuses": [
                    "400",
                    "401",
                    "403",
                    "404",
                    "405",
                    "406",
                    "409",
                    "412",
                    "413",
                    "415",
                    "422",
                    "428",
                    "429",
                    "5xx",
                ]
            },
            # A schema can't say that weights add up, that a call is open or that a version is the newest.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "401", "403", "404", "409", "412", "413", "415", "422", "428"]
            },
        },
    }
)
ASKING = settings(
    max_examples=3, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

schemathesis.serializer.alias(["application/offset+octet-stream", "application/jsonl"], "application/octet-stream")
schemathesis.openapi.format("cursor", st.integers(0, 9).map(lambda number: Cursor.encode((number,))))


SLOW = 2_000

# Where a collection or a field is not called as its table is.
TABLES = {"decisions": "deliberation", "grant": "data_grant", "application": "candidate"}


@dataclass
class Served:
    """A service on a port, who may ask it, and what is in it."""

    issuer: FakeIssuer
    url: str
    seeds: Seeds
    turn: Iterator[int] = field(default_factory=itertools.count)
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # no proxy stands before loopback, so none is looked up for each request

    def ask(self, case: Any) -> None:
        turn = next(self.turn)
        self._aim(case, turn)
        roles = TURNS[turn % len(TURNS)]
        person = [PERSON, *self.seeds.people][turn % (1 + len(self.seeds.people))]
        headers = self.issuer.bearer(*roles, person_id=person, organisation="inwi") if roles else {}
        answer = case.call_and_validate(
            base_url=self.url,
            session=self.session,
            headers=headers,
            excluded_checks=[negative_data_rejection] if _becomes_good(case) else [],
        )
        if answer.status_code == 201 and answer.content and isinstance(made := answer.json(), dict) and "id" in made:
            self.seeds.ids.setdefault(_singular(case.path.rpartition("/")[2]), []).append(made["id"])

    def _aim(self, case: Any, turn: int) -> None:
        """Name something that exists, where the request is a good one."""
        for name, value in (case.path_parameters or {}).items():
            case.path_parameters[name] = self._existing(name.removesuffix("_id"), value, turn)
        for name in [each for each in case.headers or {} if each.lower() in TRANSPORT]:
            del case.headers[name]
        if not case.meta.generation.mode.is_positive:
            return
        if case.query:
            case.query.pop("cursor", None)  # each list has cursors of its own shape, made by itself
        if re.fullmatch(r'"\d+"', str((case.headers or {}).get("If-Match", ""))):
            case.headers["If-Match"] = f'"{1 + turn % 3}"'
        for part in (case.body, case.query):
            if isinstance(part, dict):
                for name, value in part.items():
                    if isinstance(value, list):
                        part[name] = [self._existing(name.removesuffix("_ids"), each, turn) for each in value]
                    else:
                        part[name] = self._existing(name.removesuffix("_id"), value, turn)

    def _existing(self, name: str, value: Any, turn: int) -> Any:
        known = self.seeds.ids.get(name) or self.seeds.ids.get(TABLES.get(name, ""), [])
        return known[turn % len(known)] if known and _is_uuid(value) else value


def _singular(collection: str) -> str:
    return re.sub("ies$", "y", collection).removesuffix("s").replace("-", "_")


async def _has_started(server: uvicorn.Server) -> bool:
    return server.started


def _becomes_good(case: Any) -> bool:
    """What it spoilt may be good as sent: null in a form is an empty text, and a missing token is put back by us."""
    own = {"If-Match", "Idempotency-Key", "Last-Event-ID"} & {each.name for each in case.operation.headers}
    spoilt_token = case.meta.is_negative_at(ParameterLocation.HEADER) and not own
    return case.media_type == "multipart/form-data" or spoilt_token


def _is_uuid(value: object) -> bool:
    try:
        return bool(uuid.UUID(str(value)))
    except ValueError:
        return False


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(backbone: Backbone) -> AsyncIterator[dict[str, Served]]:
    """The four APIs, each in a thread with an event loop of its own: schemathesis asks over HTTP, and blocks."""
    running: dict[str, tuple[Served, uvicorn.Server, threading.Thread]] = {}
    with _quiet():
        for service in SERVICES:
            database = await backbone.migrated_database(service)
            issuer = FakeIssuer()
            seeds = await seeded(service, database_url=database.runtime_url, issuer=issuer)
            app = built(service, issuer=issuer, database_url=database.runtime_url)
            server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
            thread = threading.Thread(target=server.run, name=service, daemon=True)
            thread.start()
            await until(lambda server=server: _has_started(server), what=f"{service} listens")
            port = server.servers[0].sockets[0].getsockname()[1]
            running[service] = Served(issuer, f"http://127.0.0.1:{port}", seeds), server, thread
        yield {service: served for service, (served, _, _) in running.items()}
        for _, server, thread in running.values():
            server.should_exit = True
            await asyncio.to_thread(thread.join, 10)


@contextmanager
def _quiet() -> Iterator[None]:
    """Thousands of requests, a line each, from threads whose output pytest doesn't hold back."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before)


def _schema(service: str) -> Any:
    # The stream answers until somebody hangs up; tests/integration/test_notifications_stream.py asks it.
    document = built(service).openapi()
    _without_long_bounds(document["components"]["schemas"])
    return schemathesis.openapi.from_dict(document, config=CONFIG).exclude(path_regex="/stream$")


def _without_long_bounds(part: Any) -> None:
    """Schemathesis counts a text's length into its pattern, which takes it seconds for each text of 20 000 characters.

    The pattern stays; that the length is held to is tested where the type of such texts is.
    """
    if isinstance(part, dict):
        if "pattern" in part and part.get("maxLength", 0) > SLOW:
            del part["maxLength"]
        for each in part.values():
            _without_long_bounds(each)
    elif isinstance(part, list):
        for each in part:
            _without_long_bounds(each)


@_schema("applications").parametrize()
@ASKING
def test_applications_answers_as_documented(case: Any, served: dict[str, Served]) -> None:
    served["applications"].ask(case)


@_schema("selection").parametrize()
@ASKING
def test_selection_answers_as_documented(case: Any, served: dict[str, Served]) -> None:
    served["selection"].ask(case)


@_schema("incubation").parametrize()
@ASKING
def test_incubation_answers_as_documented(case: Any, served: dict[str, Served]) -> None:
    served["incubation"].ask(case)


@_schema("notifications").parametrize()
@ASKING
def test_notifications_answers_as_documented(case: Any, served: dict[str, Served]) -> None:
    served["notifications"].ask(case)
