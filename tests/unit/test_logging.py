"""Logs are JSON lines, tied together by ids, and hold nothing personal."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import BaseModel
from sqlalchemy import create_engine, text

from shared.logging import bound_contextvars, clear_contextvars, configure_logging, current_correlation_id
from shared.redaction import scrub

CANARY = "Zineb Canari"
MAIL = "zineb.canari@mail.example"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """The log of a service called `sample`, and the logging of before given back afterwards."""
    root = logging.getLogger()
    handlers, level, before = root.handlers, root.level, structlog.get_config()
    stream = io.StringIO()
    configure_logging("sample", level="DEBUG", stream=stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.configure(**before)
    clear_contextvars()


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_fact_is_one_line_of_json(out: io.StringIO) -> None:
    structlog.get_logger("any").info("review_opened", application_id="a-1", reviews=3)

    [line] = lines(out)
    assert line["event"] == "review_opened"
    assert (line["application_id"], line["reviews"]) == ("a-1", 3)
    assert (line["service"], line["level"]) == ("sample", "info")
    assert line["timestamp"].endswith("Z")


def test_ids_bound_at_the_edge_are_on_every_line_below_it(out: io.StringIO) -> None:
    with bound_contextvars(correlation_id="c-1", causation_id="e-1", event_id="e-2", service="other"):
        assert current_correlation_id() == "c-1"
        structlog.get_logger().info("one")
        logging.getLogger("aiokafka.consumer").warning("two")
    structlog.get_logger().info("three")

    one, two, three = lines(out)
    for line in (one, two):
        assert (line["correlation_id"], line["causation_id"], line["event_id"]) == ("c-1", "e-1", "e-2")
        assert line["service"] == "other"
    assert "correlation_id" not in three


def test_the_standard_library_goes_the_same_way(out: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)

    [line] = lines(out)
    assert (line["event"], line["logger"]) == ("Started server process [7]", "uvicorn.error")


def test_uvicorns_own_access_log_with_its_raw_paths_is_off(out: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /applications/%s", CANARY)

    assert out.getvalue() == ""


@pytest.mark.parametrize(
    "name",
    ["email", "to_email", "name", "full_name", "first_name", "phone", "address", "Authorization", "access_token",
     "token", "password", "client_secret", "cookie", "recipient", "client_ip", "body"],
)  # fmt: skip
def test_a_value_with_a_personal_name_is_not_written(out: io.StringIO, name: str) -> None:
    structlog.get_logger().info("fact", **{name: CANARY})
    structlog.get_logger().info("fact", person={"id": "p-1", name: [CANARY]})

    assert CANARY not in out.getvalue()
    assert lines(out)[1]["person"]["id"] == "p-1"


@pytest.mark.parametrize("name", ["event_type", "topic", "edition", "route", "state", "milestone", "shard"])
def test_a_value_with_an_ordinary_name_is(out: io.StringIO, name: str) -> None:
    structlog.get_logger().info("fact", **{name: "kept"})

    assert lines(out)[0][name] == "kept"


def test_addresses_and_tokens_are_taken_out_of_any_text(out: io.StringIO) -> None:
    token = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    structlog.get_logger().info(f"mail to {MAIL}", why=f"Bearer {token} at smtp://user:hunter2@host", seen=[MAIL])

    written = out.getvalue()
    assert MAIL not in written
    assert token not in written
    assert "hunter2" not in written


def test_an_exception_is_written_without_the_values_around_it(out: io.StringIO) -> None:
    class Person(BaseModel):
        age: int

    def meet(who: str) -> None:
        Person.model_validate({"age": who})

    try:
        meet(CANARY)
    except ValueError:
        structlog.get_logger().exception("failed")

    [line] = lines(out)
    assert "ValidationError" in line["exception"]
    assert CANARY not in out.getvalue()


def test_what_the_database_says_of_a_row_is_not_written(out: io.StringIO) -> None:
    said = (
        'duplicate key value violates unique constraint "uq_person_email"\n'
        f"DETAIL:  Key (name)=({CANARY}) already exists.\n"
        "[SQL: INSERT INTO person (name) VALUES ($1)]\n"
        f"[parameters: ('{CANARY}',)]\n"
        f"invalid input for query argument $1: '{CANARY}' (a str is required)"
    )
    structlog.get_logger().error("failed", error=said)

    assert CANARY not in out.getvalue()
    assert "uq_person_email" in out.getvalue()
    assert scrub("nothing to hide") == "nothing to hide"


def test_sqlalchemy_never_logs_parameters_even_when_all_is_logged(out: io.StringIO) -> None:
    engine = create_engine("sqlite://", hide_parameters=True)
    with engine.connect() as connection:
        connection.execute(text("SELECT :who"), {"who": CANARY})
    engine.dispose()

    assert CANARY not in out.getvalue()


def test_a_person_at_a_terminal_gets_lines_to_read() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    root = logging.getLogger()
    handlers, level, before = root.handlers, root.level, structlog.get_config()
    stream = Terminal()
    configure_logging("sample", stream=stream)
    structlog.get_logger().info("review_opened", email=MAIL)
    root.handlers, root.level = handlers, level
    structlog.configure(**before)

    assert "review_opened" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    assert MAIL not in stream.getvalue()
