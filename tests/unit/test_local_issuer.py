"""The development issuer speaks OIDC's discovery, and keeps out of production."""

import stat
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from infra.local.issuer import GRANT, Issuer, refuse_production
from infra.local.problems import LocalProblem

PERSON = str(uuid4())


def client(tmp_path: Path, url: str = "http://issuer.test") -> httpx.AsyncClient:
    app = Issuer(url, tmp_path / "key.pem").app()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://issuer.test")


async def ask(http: httpx.AsyncClient, **changes: str) -> httpx.Response:
    form = {"grant_type": GRANT, "sub": PERSON, "roles": "partner", "organisation": "inwi", "ttl": "60"} | changes
    return await http.post("/token", data=form)


async def claims_of(http: httpx.AsyncClient, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await http.get("/jwks")).json())
    return jwt.decode(token, keys, algorithms=["EdDSA"]).claims


async def test_a_token_says_who_what_and_for_how_long(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        claims = await claims_of(http, (await ask(http)).json()["access_token"])

    assert claims["iss"] == "http://issuer.test"
    assert (claims["sub"], claims["roles"], claims["organisation"]) == (PERSON, ["partner"], "inwi")
    assert claims["aud"] == "datacity"
    assert claims["exp"] - claims["iat"] == 60
    assert abs(claims["nbf"] - time.time()) < 30


async def test_the_key_outlives_a_restart_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    async with client(tmp_path) as before:
        token = (await ask(before)).json()["access_token"]

    async with client(tmp_path) as after:
        assert (await claims_of(after, token))["sub"] == PERSON

    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


async def test_the_private_part_of_the_key_is_never_shown(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        (key,) = (await http.get("/jwks")).json()["keys"]

    assert key.keys() == {"kty", "crv", "x", "use", "alg", "kid"}


async def test_it_answers_under_the_path_of_its_public_url(tmp_path: Path) -> None:
    async with client(tmp_path, "http://localhost:8080/dev/issuer") as http:
        told = (await http.get("/dev/issuer/.well-known/openid-configuration")).json()
        keys = await http.get(told["jwks_uri"])

    assert told["issuer"] == "http://localhost:8080/dev/issuer"
    # The public URL may be out of reach for whoever asks from inside: the key is where they asked.
    assert told["jwks_uri"] == "http://issuer.test/dev/issuer/jwks"
    assert keys.status_code == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"roles": "mayor"}, "no such role: mayor"),
        ({"sub": "amina"}, "UUID"),
        ({"ttl": "0"}, "ttl"),
        ({"ttl": "forever"}, "ttl"),
        ({"grant_type": "password"}, "grant_type"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    async with client(tmp_path) as http:
        answer = await ask(http, **changes)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert reason in answer.json()["error_description"]


@pytest.mark.parametrize("environment", ["production", None])
def test_it_does_not_start_unless_development_is_said(environment: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATACITY_ENVIRONMENT", raising=False)
    if environment:
        monkeypatch.setenv("DATACITY_ENVIRONMENT", environment)

    with pytest.raises(LocalProblem, match="Use a real OIDC issuer"):
        refuse_production()
