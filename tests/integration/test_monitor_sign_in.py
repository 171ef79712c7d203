"""Signing in to the pages: with a code and its verifier, tokens kept on the server, and nobody else's forms obeyed."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from infra.local.issuer import Issuer, TokenRequest
from shared.web import sessions
from tests.support.monitor import STAFF, Monitor, monitor
from tests.support.stack import Backbone

NAME = "datacity-notifications"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Monitor]:
    async with monitor(backbone, tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
async def shown(made: Monitor) -> Monitor:
    """Nobody is signed in yet."""
    async with made.service.works.begin() as work:
        await (await work.session.connection()).exec_driver_sql("DELETE FROM web_session")
        await (await work.session.connection()).exec_driver_sql("DELETE FROM web_sign_in")
    return made


async def test_a_browser_is_sent_to_the_issuer_and_comes_back_signed_in_where_it_was(shown: Monitor) -> None:
    async with httpx.AsyncClient(headers={"Accept": "text/html"}) as client:
        refused = await client.get(shown.address("health?x=1"))
        assert refused.status_code == 303
        begun = await client.get(shown.url + refused.headers["location"])
        asked = httpx.URL(begun.headers["location"])
        assert str(asked).startswith(f"{shown.issuer_url}/authorize?")
        assert asked.params["code_challenge_method"] == "S256"
        picked = await client.post(asked.copy_with(query=None), data={**dict(asked.params), "roles": "staff"})
        back = await client.get(picked.headers["location"])

        assert back.headers["location"] == "/monitor/en/health?x=1"
        assert (await client.get(shown.url + back.headers["location"])).status_code == 200


async def test_the_browser_holds_a_random_id_and_the_database_nothing_that_opens_anything(shown: Monitor) -> None:
    async with shown.signed_in("staff", sub=STAFF) as client:
        held = client.cookies[NAME]
        (row,) = await shown.service.rows("SELECT * FROM web_session")
        (left,) = await shown.service.rows("SELECT count(*) FROM web_sign_in")

    assert row.person_id == str(STAFF)
    assert held.encode() not in row.id_hash
    assert row.id_hash == sessions._hash(held)
    assert b"ey" not in row.tokens[:2]
    assert sessions._opened("another id", row.tokens) is None
    assert sessions._opened(held, row.tokens) is not None
    assert left[0] == 0


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(shown: Monitor) -> None:
    async with httpx.AsyncClient() as client:
        answer = await shown.sign_in(client, "staff")

    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{NAME}=")]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


async def test_outside_of_development_the_cookie_is_bound_to_its_https_origin(
    backbone: Backbone, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {"environment": "production"}
    async with monitor(backbone, tmp_path, **changes) as shown, httpx.AsyncClient() as client:
        begun = await client.get(f"{shown.url}/monitor/sign-in")

    (cookie,) = begun.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-datacity-notifications-sign-in=")
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize("spoilt", ["state", "code", "cookie"])
async def test_who_did_not_begin_here_does_not_end_here(shown: Monitor, spoilt: str) -> None:
    async with httpx.AsyncClient() as client:
        begun = await client.get(f"{shown.url}/monitor/sign-in")
        asked = httpx.URL(begun.headers["location"])
        picked = await client.post(asked.copy_with(query=None), data={**dict(asked.params), "roles": "staff"})
        back = httpx.URL(picked.headers["location"])
        if spoilt == "cookie":
            client.cookies.clear()
        else:
            back = back.copy_set_param(spoilt, "another")
        answer = await client.get(back)

    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/sign-in-failed")
    assert await shown.service.scalar("SELECT count(*) FROM web_session") == 0


async def test_a_code_comes_back_once(shown: Monitor) -> None:
    async with httpx.AsyncClient() as client:
        begun = await client.get(f"{shown.url}/monitor/sign-in")
        held = dict(client.cookies)
        asked = httpx.URL(begun.headers["location"])
        picked = await client.post(asked.copy_with(query=None), data={**dict(asked.params), "roles": "staff"})
        first = await client.get(picked.headers["location"])
        client.cookies.clear()
        again = await client.get(picked.headers["location"], cookies=held)

    assert (first.status_code, again.status_code) == (303, 400)


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.test/", "//elsewhere.test", "/monitor/..\\x", "/api", "/monitorx"]
)
async def test_nobody_is_sent_elsewhere_after_signing_in(shown: Monitor, wanted: str) -> None:
    async with httpx.AsyncClient() as client:
        begun = await client.get(f"{shown.url}/monitor/sign-in", params={"return_to": wanted})
        asked = httpx.URL(begun.headers["location"])
        picked = await client.post(asked.copy_with(query=None), data={**dict(asked.params), "roles": "staff"})
        back = await client.get(picked.headers["location"])

    assert back.headers["location"] == "/monitor"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
async def test_a_form_of_another_site_changes_nothing(shown: Monitor, site: str | None) -> None:
    async with shown.signed_in("staff") as client:
        del client.headers["Sec-Fetch-Site"]
        client.headers.update({"Sec-Fetch-Site": site} if site else {"Origin": "https://elsewhere.test"})
        answer = await client.post(f"{shown.url}/monitor/sign-out", data={})
        release = await client.post(shown.address("failures/notifications/abc/release"), data={"note": "x"})

    assert (answer.status_code, release.status_code) == (403, 403)
    assert await shown.service.scalar("SELECT count(*) FROM web_session") == 1


async def test_signing_out_ends_the_session_on_the_server(shown: Monitor) -> None:
    async with shown.signed_in("staff") as client:
        held = client.cookies[NAME]
        await client.post(f"{shown.url}/monitor/sign-out", data={})
        client.cookies.clear()
        again = await client.get(shown.address("events"), cookies={NAME: held})

    assert again.status_code == 303
    assert "/monitor/sign-in" in again.headers["location"]


async def test_a_session_is_renewed_with_the_refresh_token_once_and_for_all_who_ask_at_once(shown: Monitor) -> None:
    async with shown.signed_in("staff") as client:
        before = (await shown.service.rows("SELECT tokens FROM web_session"))[0].tokens
        async with shown.service.works.begin() as work:
            connection = await work.session.connection()
            await connection.exec_driver_sql("UPDATE web_session SET expires_at = now() - interval '1 second'")
        answers = [await client.get(shown.address(place)) for place in ("events", "programme", "events")]
        after = (await shown.service.rows("SELECT tokens, expires_at > now() AS fresh FROM web_session"))[0]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert after.tokens != before
    assert after.fresh


async def test_what_the_issuer_renews_no_more_is_over(shown: Monitor) -> None:
    async with shown.signed_in("staff") as client:
        shown.issuer.codes._refreshing.clear()
        async with shown.service.works.begin() as work:
            connection = await work.session.connection()
            await connection.exec_driver_sql("UPDATE web_session SET expires_at = now() - interval '1 second'")
        answer = await client.get(shown.address("events"))

    assert answer.status_code == 303
    assert await shown.service.scalar("SELECT count(*) FROM web_session") == 0


async def test_an_issuer_that_is_away_ends_nobodys_session(shown: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown.signed_in("staff") as client:
        monkeypatch.setattr(shown.app.state.site.provider, "_known", None)
        monkeypatch.setattr(shown.app.state.site.provider, "_discovery_url", "http://127.0.0.1:9")
        fine = await client.get(shown.address("events"))
        no_way_in = await client.get(f"{shown.url}/monitor/sign-in")

    assert fine.status_code == 200
    assert no_way_in.status_code == 503
    assert no_way_in.headers["retry-after"]


async def test_a_page_takes_a_token_too_and_tells_programs_what_is_wrong_as_any_route_does(shown: Monitor) -> None:
    token = _token(shown.issuer, "auditor")
    async with httpx.AsyncClient() as client:
        page = await client.get(shown.address("events"), headers={"Authorization": f"Bearer {token}"})
        nobody = await client.get(shown.address("events"))
        partner = await client.get(
            shown.address("events"), headers={"Authorization": f"Bearer {_token(shown.issuer, 'partner')}"}
        )

    assert page.status_code == 200
    assert (nobody.status_code, nobody.headers["content-type"]) == (401, "application/problem+json")
    assert (partner.status_code, partner.json()["type"].rpartition("/")[2]) == (403, "role-not-permitted")


async def test_whoever_has_no_role_here_reads_so_and_is_not_sent_round_in_circles(shown: Monitor) -> None:
    async with shown.signed_in("applicant") as client:
        answer = await client.get(shown.address("events", "fr"))

    assert answer.status_code == 403
    assert "Cette page ne vous est pas ouverte" in answer.text
    assert "Journal" not in answer.text


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("ar-MA,ar;q=0.9,fr;q=0.5", "ar"),
        ("de,en;q=0.7", "en"),
        ("de", "fr"),
        ("fr;q=0.1, en;q=0.2", "en"),
        ("en;q=0", "fr"),
    ],
)
async def test_one_arrives_in_the_language_that_the_browser_asks_for(
    shown: Monitor, wanted: str, language: str
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{shown.url}/monitor", headers={"Accept-Language": wanted})

    assert answer.headers["location"] == f"/monitor/{language}/events"
    assert answer.headers["vary"] == "Accept-Language"


async def test_files_are_served_for_ever_under_the_hash_of_what_they_hold_and_under_no_other(shown: Monitor) -> None:
    assets = shown.app.state.site.assets
    async with httpx.AsyncClient() as client:
        good = await client.get(shown.url + assets.url("site.css"))
        bad = await client.get(f"{shown.url}/monitor/static/0000000000000000/site.css")

    assert good.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert good.headers["content-type"] == "text/css; charset=utf-8"
    assert bad.status_code == 404


async def test_the_policy_lets_a_page_load_from_here_alone_and_run_nothing_inline(shown: Monitor) -> None:
    async with shown.signed_in("staff") as client:
        answer = await client.get(shown.address("events"))

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


def _token(issuer: Issuer, *roles: str) -> str:
    return issuer.mint(TokenRequest(str(STAFF), list(roles), None, "datacity", 600), now=int(time.time()))


async def test_a_form_sent_after_the_session_ended_gives_its_words_back_to_be_sent_again(shown: Monitor) -> None:
    words = 'A long story,\n\nwith "quotes" and <b>.'
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(headers=headers) as client:
        kept = await client.post(shown.address("failures/notifications/abc/release"), data={"note": words, "left": ""})
        again = await client.get(shown.address("signed-in"))

    assert kept.status_code == 401
    assert (
        '<textarea name="note" hidden>\nA long story,\n\nwith &#34;quotes&#34; and &lt;b&gt;.</textarea>' in kept.text
    )
    assert 'action="/monitor/en/failures/notifications/abc/release"' in kept.text
    assert "/monitor/sign-in?return_to=/monitor/en/signed-in" in kept.text
    assert again.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
async def test_words_of_another_sites_form_are_not_given_back(shown: Monitor, site: str | None) -> None:
    headers = {"Accept": "text/html"} | ({"Sec-Fetch-Site": site} if site else {})
    async with httpx.AsyncClient(headers=headers) as client:
        answer = await client.post(shown.address("failures/notifications/abc/release"), data={"note": "planted words"})

    assert answer.status_code == 401
    assert "planted words" not in answer.text
