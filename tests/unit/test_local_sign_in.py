"""The development issuer signs browsers in by the book: a code for who was picked, redeemed once, with its verifier."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from infra.local.codes import CODE_SECONDS, Codes, Granted, RefusedGrant, challenge_of
from infra.local.issuer import Issuer

VERIFIER = "v" * 43
BACK = "http://127.0.0.1:9/monitor/sign-in/callback"
ASKED = {
    "client_id": "datacity-pages", "redirect_uri": BACK, "response_type": "code", "state": "s", "nonce": "n",
    "code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256",
}  # fmt: skip


def client(tmp_path: Path) -> httpx.AsyncClient:
    app = Issuer("http://issuer.test", tmp_path / "key.pem").app()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://issuer.test")


async def code_from(http: httpx.AsyncClient, **form: Any) -> dict[str, list[str]]:
    answer = await http.post("/authorize", data={**ASKED, "roles": "staff", **form})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{BACK}?")
    return parse_qs(urlsplit(answer.headers["location"]).query)


async def redeem(http: httpx.AsyncClient, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return await http.post("/token", data=form | changes)


async def test_the_page_offers_people_and_runs_no_script(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        page = await http.get("/authorize", params={**ASKED, "state": '"><script>'})

    assert page.status_code == 200
    assert "<script" not in page.text
    assert page.text.count("<button>") == 6
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_code_brings_tokens_once(tmp_path: Path) -> None:
    async with client(tmp_path) as http:
        back = await code_from(http)
        first, second = await redeem(http, back["code"][0]), await redeem(http, back["code"][0])
        refresh = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
        renewed, again = await http.post("/token", data=refresh), await http.post("/token", data=refresh)

    assert back["state"] == ["s"]
    assert {"access_token", "id_token", "refresh_token"} <= first.json().keys()
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert (renewed.status_code, again.status_code) == (200, 400)


@pytest.mark.parametrize("changes", [{"code_verifier": "w" * 43}, {"redirect_uri": "http://127.0.0.1:9/else"}])
async def test_a_code_is_worth_nothing_without_what_it_was_made_for(tmp_path: Path, changes: dict[str, str]) -> None:
    async with client(tmp_path) as http:
        back = await code_from(http)
        answer = await redeem(http, back["code"][0], **changes)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://elsewhere.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"client_id": ""},
    ],
)
async def test_whoever_asks_wrongly_is_not_sent_back(tmp_path: Path, changes: dict[str, str]) -> None:
    async with client(tmp_path) as http:
        page = await http.get("/authorize", params=ASKED | changes)

    assert page.status_code == 400


def test_a_code_lasts_a_minute() -> None:
    now = [0.0]
    codes = Codes(clock=lambda: now[0])
    granted = Granted(sub="x", roles=("staff",), organisation=None, client_id="c")
    code = codes.promise(granted, redirect_uri=BACK, challenge=challenge_of(VERIFIER))

    now[0] = CODE_SECONDS + 1
    with pytest.raises(RefusedGrant):
        codes.redeem(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        )
