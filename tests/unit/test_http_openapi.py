"""The OpenAPI document is what the service does: every check of schemathesis, and what it does not check."""

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import negative_data_rejection
from schemathesis.config import SchemathesisConfig

from shared.http import Cursor
from shared.http.documentation import document
from tests.support.issuer import FakeIssuer
from tests.support.sample_service import PREFIX, sample_app

schemathesis.openapi.format("cursor", st.integers(0, 9).map(lambda number: Cursor.encode((number,))))

CONFIG = SchemathesisConfig.from_dict(
    # A missing If-Match is answered as RFC 6585 has it, which schemathesis does not expect.
    {"checks": {"missing_required_header": {"expected-statuses": ["400", "401", "403", "422", "428"]}}}
)
ISSUER = FakeIssuer()
APP: FastAPI = sample_app(issuer=ISSUER)
schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", APP, config=CONFIG).exclude(
    path=f"{PREFIX}/raw"
)  # not JSON


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_undocumented_is_answered(case: Any) -> None:
    as_sent = case.media_type == "multipart/form-data"  # where null becomes an empty file, which is one
    case.call_and_validate(
        headers=ISSUER.bearer("writer"), excluded_checks=[negative_data_rejection] if as_sent else []
    )


@schema.parametrize()
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_undocumented_is_answered_to_those_who_may_not(case: Any) -> None:
    case.call_and_validate(headers=ISSUER.bearer("reader"))


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document(APP)["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize(("method", "path", "operation"), operations())
def test_each_operation_documents_its_action_its_security_and_its_refusals(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["x-action"]
    assert operation["x-roles"]
    assert {"bearer": []} in operation["security"]
    assert ({} in operation["security"]) == ("anyone" in operation["x-roles"])
    wanted = {"400", "401", "403", "404", "409", "422", "429", "503"}
    wanted |= {"412", "413", "415"} if method != "get" else set()
    assert wanted <= operation["responses"].keys()
    for status in wanted:
        content = operation["responses"][status]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def parameters(method: str, path: str) -> dict[str, Any]:
    return {each["name"]: each for each in document(APP)["paths"][f"{PREFIX}{path}"][method].get("parameters", ())}


def test_the_kits_headers_are_documented() -> None:
    if_match = parameters("patch", "/notes/{note_id}")["If-Match"]
    key = parameters("post", "/notes")["Idempotency-Key"]

    assert (if_match["required"], key["required"]) == (True, False)
    assert "428" in document(APP)["paths"][f"{PREFIX}/notes/{{note_id}}"]["patch"]["responses"]
    assert "Idempotency-Key" not in parameters("patch", "/notes/{note_id}")


def test_a_raw_body_is_documented() -> None:
    body = document(APP)["paths"][f"{PREFIX}/raw"]["put"]["requestBody"]

    assert list(body["content"]) == ["application/pdf"]


def test_the_scheme_and_the_problem_are_defined() -> None:
    components = document(APP)["components"]

    assert components["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert {"type", "title", "status", "detail", "trace_id"} <= set(components["schemas"]["Problem"]["required"])
    assert "HTTPValidationError" not in components["schemas"]
