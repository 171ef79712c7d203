"""Tokens: the good are read, the bad refused, and the issuer is asked no more than needed."""

import asyncio
import json
import time

import httpx
import pytest

from shared.errors import Unauthenticated
from shared.identity import Actor, Authenticator, IssuerAway
from shared.identity import authenticator as authenticator_module
from shared.identity.keys import Keys
from tests.support.issuer import PERSON, FakeIssuer, IssuerSettings, ec_key, public, rsa_key


class Clock:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def refusal(authenticator: Authenticator, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await authenticator.authenticate(f"Bearer {token}")
    return refused.value.slug


# What is in them.


async def test_a_token_becomes_an_actor() -> None:
    issuer = FakeIssuer()

    actor = await issuer.authenticator().authenticate(f"Bearer {issuer.token('juror', 'coach', organisation='inwi')}")

    assert actor == Actor(person_id=PERSON, roles=frozenset({"juror", "coach"}), organisation="inwi")


async def test_the_scheme_may_be_written_as_one_likes() -> None:
    issuer = FakeIssuer()

    assert (await issuer.authenticator().authenticate(f"bEARER  {issuer.token()}")).roles == frozenset()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "token"])
async def test_another_scheme_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        await FakeIssuer().authenticator().authenticate(header)


async def test_one_of_several_audiences_may_be_ours() -> None:
    issuer = FakeIssuer()

    assert await issuer.authenticator().actor_of(issuer.token(aud=["other", "datacity"]))


@pytest.mark.parametrize("fault", sorted(FakeIssuer().bad_tokens("staff")))
async def test_a_bad_token_is_refused(fault: str) -> None:
    issuer = FakeIssuer()

    assert (await refusal(issuer.authenticator(), issuer.bad_tokens("staff")[fault])).startswith("token-")


@pytest.mark.parametrize(
    ("claim", "seconds", "refused"),
    [
        ("exp", -25, None),
        ("exp", -35, "token-expired"),
        ("nbf", 25, None),
        ("nbf", 35, "token-not-yet-valid"),
    ],
)
async def test_clocks_may_differ_by_half_a_minute(claim: str, seconds: int, refused: str | None) -> None:
    issuer = FakeIssuer()
    token = issuer.token(**{claim: int(time.time()) + seconds})

    if refused is None:
        assert await issuer.authenticator().actor_of(token)
    else:
        assert await refusal(issuer.authenticator(), token) == refused


@pytest.mark.parametrize("value", ["soon", None, True, [1], float("inf"), float("nan")])
async def test_a_time_that_is_none_is_refused(value: object) -> None:
    issuer = FakeIssuer()

    assert await refusal(issuer.authenticator(), issuer.sign({**issuer.claims(), "nbf": value, "exp": value}))


@pytest.mark.parametrize("make", [ec_key, rsa_key])
async def test_the_other_allowed_algorithms_work(make) -> None:
    issuer = FakeIssuer()
    key = make("other-1")
    issuer.published.append(public(key))

    token = issuer.sign(issuer.claims("staff"), key=key, header={"kid": "other-1"})

    assert (await issuer.authenticator().actor_of(token)).roles == {"staff"}


async def test_a_key_serves_the_algorithm_of_its_kind_only() -> None:
    issuer = FakeIssuer()
    key = rsa_key("rsa-1")
    issuer.published.append(public(key))

    token = issuer.sign(issuer.claims("staff"), header={"kid": "rsa-1"})  # signed EdDSA, naming the RSA key

    assert await refusal(issuer.authenticator(), token) == "token-invalid"


async def test_symmetric_and_encryption_keys_of_the_issuer_are_not_used() -> None:
    issuer = FakeIssuer()
    issuer.published = [
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"},
        {**public(ec_key("enc")), "use": "enc"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "!", "y": "!"},
        {"kty": "EC", "crv": "P-256"},
        public(issuer.key),
    ]

    assert await issuer.authenticator().actor_of(issuer.token())
    keys = issuer.keys()
    assert [kid for kid in ("secret", "enc", "broken", "ed-1") if await keys.get(kid)] == ["ed-1"]


async def test_a_token_seen_before_still_expires_and_still_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, clock, verified = FakeIssuer(), Clock(), []
    wall = [time.time()]
    authenticator = Authenticator(IssuerSettings(), keys=issuer.keys(clock=clock), clock=lambda: wall[0])
    once = authenticator_module._verified
    monkeypatch.setattr(authenticator_module, "_verified", lambda *given: verified.append(1) or once(*given))
    short, long = issuer.token("staff"), issuer.token("staff", exp=int(wall[0]) + 10_000)

    for token in (short, short, long, long):
        assert (await authenticator.actor_of(token)).roles == {"staff"}
    assert len(verified) == 2

    wall[0] += 700
    assert await refusal(authenticator, short) == "token-expired"

    issuer.published = [public(ec_key("another"))]
    clock.now += 700
    await authenticator.actor_of(long)  # starts the refresh
    await authenticator.keys._fetching
    assert await refusal(authenticator, long) == "token-invalid"


async def test_the_number_of_tokens_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticator_module, "_MOST_SEEN", 2)
    issuer = FakeIssuer()
    authenticator = issuer.authenticator()

    for number in range(5):
        await authenticator.actor_of(issuer.token(person_id=f"p-{number}"))

    assert len(authenticator._seen) == 2


# Where the keys come from.


async def test_the_issuer_is_asked_once_for_many_tokens() -> None:
    issuer = FakeIssuer()
    authenticator = issuer.authenticator()

    await asyncio.gather(*(authenticator.actor_of(issuer.token()) for _ in range(20)))

    assert issuer.requests == ["/.well-known/openid-configuration", "/jwks"]


async def test_a_new_key_is_fetched_when_it_appears() -> None:
    issuer, clock = FakeIssuer(), Clock()
    authenticator = issuer.authenticator(clock=clock)
    await authenticator.actor_of(issuer.token())

    issuer.rotate("ed-2")
    clock.now += 11

    assert await authenticator.actor_of(issuer.token())


async def test_invented_key_ids_do_not_make_us_ask_again_and_again() -> None:
    issuer, clock = FakeIssuer(), Clock()
    authenticator = issuer.authenticator(clock=clock)
    await authenticator.actor_of(issuer.token())
    clock.now += 11
    asked = len(issuer.requests)

    for number in range(50):
        await refusal(authenticator, issuer.sign(issuer.claims(), header={"kid": f"invented-{number}"}))

    assert len(issuer.requests) == asked + 2


async def test_the_keys_at_hand_serve_while_the_issuer_is_away() -> None:
    issuer, clock = FakeIssuer(), Clock()
    authenticator = issuer.authenticator(clock=clock)
    await authenticator.actor_of(issuer.token())

    issuer.away = True
    clock.now += 24 * 3600

    assert await authenticator.actor_of(issuer.token())
    assert await authenticator.actor_of(issuer.token())


async def test_old_keys_are_looked_after_in_the_background() -> None:
    issuer, clock = FakeIssuer(), Clock()
    keys = issuer.keys(clock=clock)
    await keys.get("ed-1")
    issuer.published = [public(ec_key("ec-9"))]
    clock.now += 601

    assert await keys.get("ed-1")
    assert keys._fetching is not None
    await keys._fetching

    assert await keys.get("ed-1") is None


async def test_without_any_keys_we_say_so_and_recover() -> None:
    issuer, clock = FakeIssuer(), Clock()
    issuer.away = True
    authenticator = issuer.authenticator(clock=clock)
    with pytest.raises(IssuerAway) as away:
        await authenticator.actor_of(issuer.token())
    assert away.value.retry_after

    issuer.away = False
    clock.now += 11

    assert await authenticator.actor_of(issuer.token())


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.test", "jwks_uri": "https://issuer.test/jwks"},
        {"issuer": "https://issuer.test"},
        {"issuer": "https://issuer.test", "jwks_uri": "file:///etc/passwd"},
        ["not", "an", "object"],
        "x" * 300_000,
    ],
)
async def test_a_discovery_document_that_is_not_the_issuers_is_not_used(document: object) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, text=json.dumps(document)))
    authenticator = Authenticator(IssuerSettings(), transport=transport)

    with pytest.raises(IssuerAway):
        await authenticator.actor_of(FakeIssuer().token())


@pytest.mark.parametrize("suffix", ["", "/", "/.well-known/openid-configuration"])
async def test_discovery_and_keys_can_be_had_from_elsewhere(suffix: str) -> None:
    """In a container the issuer's public address may lead nowhere."""
    asked = []
    issuer = FakeIssuer("https://public.test/realms/city")

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path.endswith("openid-configuration"):
            document = {"issuer": issuer.issuer, "jwks_uri": f"{issuer.issuer}/certs"}
            return httpx.Response(200, json=document)
        return httpx.Response(200, json={"keys": issuer.published})

    keys = Keys(
        issuer.issuer,
        discovery_url=f"http://inside:8080/realms/city{suffix}",
        transport=httpx.MockTransport(answer),
    )

    assert await keys.get("ed-1")
    assert asked == [
        "http://inside:8080/realms/city/.well-known/openid-configuration",
        "http://inside:8080/realms/city/certs",
    ]
