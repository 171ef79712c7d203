"""Every failure is a problem document that says what to do, and tells nothing else."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import structlog
from aiokafka.errors import KafkaConnectionError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from shared.errors import DomainError, FieldError, Invalid, NotFound, StaleVersion, TooMany, Unavailable
from shared.http import View, WorkDep, does, service_router
from shared.http.faults import as_refusal, is_worth_repeating
from shared.http.problem import problem_response
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import (
    PERMISSIONS,
    PREFIX,
    FakeWorks,
    ShelfFull,
    breaking_router,
    calling,
    sample_app,
)

ISSUER = FakeIssuer()
STANDARD = {"type", "title", "status", "detail", "instance", "trace_id", "errors"}


@pytest.fixture
def log() -> Iterator[list[dict[str, Any]]]:
    """What was logged during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines


async def broken_by(error: Exception, *, method: str = "POST") -> Any:
    async with calling(sample_app(breaking_router(error), issuer=ISSUER)) as client:
        return await client.request(method, f"{PREFIX}/break", headers=ISSUER.bearer("writer"))


def of_database(sqlstate: str, kind: type[DBAPIError] = DBAPIError, **options: Any) -> DBAPIError:
    class Original(Exception):
        pass

    original = Original("canary: Zineb")
    original.sqlstate = sqlstate  # type: ignore[attr-defined]
    return kind("INSERT INTO canary", {"name": "Zineb"}, original, **options)


# The document.


async def test_a_domain_error_is_rendered_with_its_facts() -> None:
    answer = await broken_by(ShelfFull(since=datetime(2026, 11, 23, 10, tzinfo=UTC)))

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.keys() == STANDARD | {"since"}
    assert problem["type"] == "https://datacity.example/problems/shelf-full"
    assert (problem["title"], problem["status"]) == ("Shelf full", 409)
    assert problem["detail"] == "The shelf is full. Take something off first."
    assert problem["instance"] == f"{PREFIX}/break"
    assert problem["since"] == "2026-11-23T10:00:00+00:00"


def test_facts_of_any_kind_can_be_shown_and_none_replaces_a_standard_member() -> None:
    error = DomainError("No.", id=UUID(int=1), names={"b", "a"}, other=object, status=1, type="mine", odd="\ud800")

    problem = json.loads(bytes(problem_response(error, instance="/x y/é", trace_id="t").body))

    assert problem["id"] == "00000000-0000-0000-0000-000000000001"
    assert problem["names"] == ["a", "b"]
    assert (problem["status"], problem["instance"]) == (409, "/x%20y/%C3%A9")
    assert problem["type"].endswith("/conflict")


async def test_errors_point_at_parts() -> None:
    answer = await broken_by(Invalid("No.", errors=[FieldError(pointer="#/weights", detail="must sum to 100")]))

    assert answer.json()["errors"] == [{"pointer": "#/weights", "detail": "must sum to 100", "code": "invalid"}]


@pytest.mark.parametrize(("error", "seconds"), [(TooMany(retry_after=7), "7"), (Unavailable(), "5")])
async def test_when_to_try_again_is_said(error: DomainError, seconds: str) -> None:
    assert (await broken_by(error)).headers["retry-after"] == seconds


async def test_anticipated_refusals_are_not_logged_as_errors(log: list[dict[str, Any]]) -> None:
    await broken_by(NotFound())

    assert {line["log_level"] for line in log} <= {"info", "debug"}


# What Starlette and FastAPI answer themselves.


async def test_an_address_that_is_not_served() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get("/nowhere?secret=canary")

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "no-such-address")
    assert "canary" not in answer.text


async def test_a_method_that_is_not_answered_names_all_that_are() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.delete(f"{PREFIX}/notes")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_trailing_slash_is_another_address_and_not_a_redirect() -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get(f"{PREFIX}/notes/", headers={"Host": "evil.test"})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("path", "pointer"),
    [("numbers/abc", "path/number"), ("notes?limit=abc", "query/limit")],
)
async def test_a_parameter_that_does_not_fit_is_pointed_at(path: str, pointer: str) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get(f"{PREFIX}/{path}")

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "abc" not in json.dumps(answer.json()["errors"])


@pytest.mark.parametrize("path", ["numbers/%00", "notes?cursor=%00", "numbers/1?x=a%00b"])
async def test_a_nul_in_the_address_is_refused(path: str) -> None:
    async with calling(sample_app(issuer=ISSUER)) as client:
        answer = await client.get(f"{PREFIX}/{path}")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


# Accidents.


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_accident_tells_the_caller_a_trace_id_and_nothing_else(method: str, log: list[dict[str, Any]]) -> None:
    answer = await broken_by(RuntimeError("canary: the database password is hunter2"), method=method)

    assert answer.status_code == 500
    assert answer.json().keys() == STANDARD
    assert "canary" not in answer.text
    [accident] = [line for line in log if line["log_level"] == "error"]
    assert accident["error"] == "RuntimeError"
    assert "exc_info" in accident


async def test_an_answer_that_does_not_fit_its_view_is_an_accident_whose_content_is_not_logged(
    log: list[dict[str, Any]],
) -> None:
    class Wanted(View):
        number: int

    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.get("/misfit", response_model=Wanted, **does("read_notes"))
    async def misfit(work: WorkDep) -> Any:
        return {"number": "canary"}

    async with calling(sample_app(router, issuer=ISSUER)) as client:
        answer = await client.get(f"{PREFIX}/misfit")

    assert answer.status_code == 500
    assert "canary" not in answer.text + str(log)


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (StaleDataError("UPDATE … expected to update 1 row(s); 0 were matched."), 412, "stale-version"),
        (StaleVersion(), 412, "stale-version"),
        (of_database("23505", IntegrityError), 409, "already-there-or-in-use"),
        (of_database("23503", IntegrityError), 409, "already-there-or-in-use"),
        (of_database("22003"), 422, "value-not-storable"),
        (of_database("22021"), 422, "value-not-storable"),
        (of_database("40001"), 503, "outpaced"),
        (of_database("40P01"), 503, "outpaced"),
        (of_database("57P01", OperationalError), 503, "unavailable"),
        (of_database("08006", OperationalError), 503, "unavailable"),
        (of_database("53300", OperationalError), 503, "unavailable"),
        (of_database("", OperationalError, connection_invalidated=True), 503, "unavailable"),
        (of_database("42P01"), 500, "internal-error"),
        (of_database("42501"), 500, "internal-error"),
        (PoolTimeout(), 503, "unavailable"),
        (ConnectionRefusedError(), 503, "unavailable"),
        (TimeoutError(), 503, "unavailable"),
        (KafkaConnectionError(), 503, "unavailable"),
        (FileNotFoundError(), 500, "internal-error"),
        (ValueError("canary"), 500, "internal-error"),
    ],
)
async def test_faults_around_a_route_have_their_own_answers(
    error: Exception, status: int, slug: str, log: list[dict[str, Any]]
) -> None:
    answer = await broken_by(error)

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug)
    assert "canary" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "Zineb" not in str([{k: v for k, v in line.items() if k != "exc_info"} for line in log])


def test_a_value_that_the_driver_itself_refuses_is_the_callers_fault() -> None:
    original = Exception("invalid input for query argument")
    original.__cause__ = asyncpg.DataError("value out of int64 range")

    refusal = as_refusal(DBAPIError("SELECT", {}, original))

    assert refusal is not None
    assert refusal.status == 422


@pytest.mark.parametrize(
    ("error", "worth_it"),
    [(of_database("40P01"), True), (of_database("40001"), True), (of_database("23505"), False), (ValueError(), False)],
)
async def test_only_a_lost_race_is_worth_another_try(error: Exception, worth_it: bool) -> None:
    assert is_worth_repeating(error) is worth_it
    works = FakeWorks()
    async with calling(sample_app(breaking_router(error), issuer=ISSUER, works=works)) as client:
        await client.post(f"{PREFIX}/break", headers=ISSUER.bearer("writer"))

    assert works.opened == (2 if worth_it else 1)
    # Whoever was in time at first is in time at the second try too.
    assert len({work.now for work in works.works}) == 1


def every_kind(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield of
    for kind in of.__subclasses__():
        yield from every_kind(kind)


def test_each_kind_of_problem_of_the_kit_says_what_to_do() -> None:
    kinds = [kind for kind in every_kind() if kind.__module__.startswith("shared.") and "__init__" not in vars(kind)]

    assert len(kinds) > 20
    for kind in kinds:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
        assert re.fullmatch(r"[A-Z].{30,}[.]", kind.message), kind


def test_a_session_that_ends_in_the_midst_of_a_statement_is_an_outage() -> None:
    original = Exception("cannot switch to state 12; another operation (2) is in progress")
    original.__cause__ = asyncpg.InternalClientError(str(original))

    refusal = as_refusal(DBAPIError("SELECT", {}, original))

    assert refusal is not None
    assert refusal.status == 503
