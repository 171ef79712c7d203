"""Webhooks at a real endpoint: signed as Standard Webhooks has it, retried, rotated; no partner waits for another."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from services.notifications import endpoints
from services.notifications.domain.webhooks import MOST_SUBSCRIPTIONS, TYPES, new_secret
from services.notifications.endpoints import Answer, Endpoint, Message
from shared.work import Work
from tests.support.notifications import (
    CHALLENGE,
    LEAD,
    MEMBER,
    PARTNER,
    PREFIX,
    Receiver,
    Service,
    free_port,
    milestone_approved,
    notifications,
    selected,
    self_signed,
    serving,
    submitted,
    until,
)
from tests.support.stack import Backbone

APPROVED = "io.datacity.milestone.approved.v1"
SELECTED = "io.datacity.application.selected.v1"
NOW = datetime(2017, 3, 1, tzinfo=UTC)


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


async def subscribe(service: Service, url: str, *types: str, partner: str = PARTNER) -> dict[str, Any]:
    body = {"url": url, "types": list(types or TYPES)}
    made: dict[str, Any] = await service.post(
        "/subscriptions", body, "partner", organisation=partner, person_id=f"person-of-{partner}", status=201
    )
    return made


async def deliveries(service: Service, subscription: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    page = await service.get(f"/subscriptions/{subscription['id']}/deliveries", "staff", params=params)
    found: list[dict[str, Any]] = page["items"]
    return found


async def settled(service: Service, subscription: dict[str, Any], state: str, count: int = 1) -> list[dict[str, Any]]:
    async def all_there() -> list[dict[str, Any]] | None:
        found = await deliveries(service, subscription, state=state)
        return found if len(found) == count else None

    found: list[dict[str, Any]] = await until(all_there, what=f"{count} deliveries {state}")
    return found


async def test_a_partner_is_told_by_a_signed_message_of_ids_and_facts(service: Service) -> None:
    receiver = Receiver(200)
    async with serving(receiver) as url:
        subscription = await subscribe(service, url + "/hook", SELECTED)
        event = await service.hear(selected())
        async with service.delivering():
            [delivery] = await settled(service, subscription, "delivered")

    [received] = receiver.received
    message = Webhook(subscription["secret"]).verify(received.body, received.headers)
    assert message["type"] == SELECTED
    assert message["timestamp"] == "2017-02-28T22:10:00.000000Z"
    assert message["data"]["challenge_id"] == str(CHALLENGE)
    assert not {str(LEAD), str(MEMBER)} & set(received.body.decode().split('"'))
    assert received.headers["webhook-id"] == delivery["message_id"] == f"msg_{delivery['id'].replace('-', '')}"
    assert received.headers["content-type"] == "application/json"
    [told] = await service.told("io.datacity.webhook.delivered.v1")
    assert told["about_event_id"] == str(event.id)
    with pytest.raises(WebhookVerificationError):
        Webhook(subscription["secret"]).verify(received.body + b" ", received.headers)


async def test_what_is_told_of_a_delivery_continues_the_story_of_its_event(service: Service) -> None:
    async with serving(Receiver(200)) as url:
        subscription = await subscribe(service, url, SELECTED)
        event = await service.hear(selected())
        async with service.delivering():
            await settled(service, subscription, "delivered")

    [row] = await service.rows(
        "SELECT correlation_id, causation_id, actor FROM event_log WHERE type LIKE '%delivered%'"
    )
    assert (row.correlation_id, row.causation_id) == (event.correlation_id, str(event.id))
    assert row.actor == "system:notifications"


async def test_a_failed_delivery_is_tried_again_with_the_same_id_and_bytes(service: Service) -> None:
    receiver = Receiver(500, 302, 503, 204)
    async with serving(receiver) as url:
        subscription = await subscribe(service, url, APPROVED)
        await service.hear(milestone_approved())
        async with service.delivering():
            [delivery] = await settled(service, subscription, "delivered")

    assert delivery["attempts"] == 4
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    assert len({received.body for received in receiver.received}) == 1
    for received in receiver.received:
        Webhook(subscription["secret"]).verify(received.body, received.headers)


async def test_an_endpoint_that_takes_too_long_is_tried_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "TIMEOUT_SECONDS", 0.3)
    receiver = Receiver(200)
    receiver.pauses = [2.0]
    async with serving(receiver) as url:
        subscription = await subscribe(service, url, APPROVED)
        await service.hear(milestone_approved())
        async with service.delivering():
            [delivery] = await settled(service, subscription, "delivered")

    assert delivery["attempts"] == 2


async def test_a_dead_endpoint_delays_no_other(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "TIMEOUT_SECONDS", 60.0)
    silent, lively = Receiver(200), Receiver(200)
    silent.pauses = [60.0] * 100
    async with serving(silent) as silent_url, serving(lively) as lively_url:
        dead = await subscribe(service, silent_url, APPROVED)
        refused = await subscribe(service, f"http://127.0.0.1:{free_port()}", APPROVED)
        alive = await subscribe(service, lively_url, APPROVED)
        for _ in range(30):
            await service.hear(milestone_approved(), twice=False)
        async with service.delivering():
            await settled(service, alive, "delivered", 30)

            # All of them, while the first attempts at the dead one have not even timed out.
            assert 1 <= len(silent.received) <= 8
            assert {each["problem"] for each in await deliveries(service, dead)} == {None}
        assert await deliveries(service, refused, state="delivered") == []


async def test_after_the_last_attempt_it_is_given_up_and_can_be_retried_by_hand(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notifications.jobs.webhooks.COMPRESSED_PAUSES", (0.05, 0.05))
    receiver = Receiver(500, 500, 500, 200)
    async with serving(receiver) as url:
        subscription = await subscribe(service, url, APPROVED)
        await service.hear(milestone_approved())
        async with service.delivering():
            [failed] = await settled(service, subscription, "failed")
            assert (failed["attempts"], failed["last_status"], failed["problem"]) == (3, 500, "status_500")
            assert len(await service.told("io.datacity.webhook.failed.v1")) == 1

            path = f"/deliveries/{failed['id']}/retry"
            await service.post(path, None, "partner", organisation="inwi", status=404)
            await service.post(path, None, "partner", organisation=PARTNER, status=200)
            await settled(service, subscription, "delivered")

    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1


async def test_gone_means_gone(service: Service) -> None:
    receiver = Receiver(410)
    async with serving(receiver) as url:
        subscription = await subscribe(service, url, APPROVED)
        await service.hear(milestone_approved())
        async with service.delivering():
            [failed] = await settled(service, subscription, "failed")
        await service.hear(milestone_approved())

    assert len(receiver.received) == 1
    assert (await service.get(f"/subscriptions/{subscription['id']}", "staff"))["state"] == "disabled"
    assert len(await service.told("io.datacity.subscription.cancelled.v1")) == 1
    assert len(await deliveries(service, subscription)) == 1
    path = f"/deliveries/{failed['id']}/retry"
    refusal = await service.post(path, None, "partner", organisation=PARTNER, status=409)
    assert refusal["type"].endswith("/subscription-not-active")


async def test_after_a_rotation_both_secrets_verify_until_the_old_one_ends(service: Service) -> None:
    receiver = Receiver(200)
    async with serving(receiver) as url:
        subscription = await subscribe(service, url, APPROVED)
        path = f"/subscriptions/{subscription['id']}/rotate-secret"
        rotated = await service.post(path, None, "partner", organisation=PARTNER, status=200)
        async with service.delivering():
            await service.hear(milestone_approved())
            await settled(service, subscription, "delivered", 1)
            async with service.works.begin() as work:
                await _execute(work, "UPDATE subscription SET old_secret_until = now() - interval '1 second'")
            await service.hear(milestone_approved())
            await settled(service, subscription, "delivered", 2)

    assert rotated["secret"] != subscription["secret"]
    assert rotated["version"] == subscription["version"] + 1
    during, after = receiver.received
    for secret in (subscription["secret"], rotated["secret"]):
        Webhook(secret).verify(during.body, during.headers)
    Webhook(rotated["secret"]).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(subscription["secret"]).verify(after.body, after.headers)


async def _execute(work: Work, sql: str) -> None:
    await (await work.session.connection()).execute(text(sql))


async def test_a_partner_is_told_only_of_its_own_challenges_and_chosen_types(service: Service) -> None:
    mine = await subscribe(service, "http://127.0.0.1:1", APPROVED)
    theirs = await subscribe(service, "http://127.0.0.1:1", APPROVED, SELECTED, partner="inwi")

    await service.hear(milestone_approved(partner=PARTNER))
    await service.hear(selected(partner="inwi"))
    await service.hear(submitted())

    assert [each["type"] for each in await deliveries(service, mine)] == [APPROVED]
    assert [each["type"] for each in await deliveries(service, theirs)] == [SELECTED]


async def test_a_partner_sees_and_changes_only_its_own_subscriptions(service: Service) -> None:
    mine = await subscribe(service, "http://127.0.0.1:1", APPROVED)
    path = f"/subscriptions/{mine['id']}"

    assert "secret" not in await service.get(path, "partner", organisation=PARTNER)
    own = await service.get("/subscriptions", "partner", organisation=PARTNER)
    assert [each["id"] for each in own["items"]] == [mine["id"]]
    assert (await service.get("/subscriptions", "partner", organisation="inwi"))["items"] == []
    assert (await service.get("/subscriptions", "partner"))["items"] == []
    assert len((await service.get("/subscriptions", "staff"))["items"]) == 1
    for organisation in ("inwi", None):
        await service.get(path, "partner", organisation=organisation, status=404)
        await service.get(path + "/deliveries", "partner", organisation=organisation, status=404)
        await service.post(path + "/rotate-secret", None, "partner", organisation=organisation, status=404)
        async with service.client("partner", organisation=organisation) as client:
            assert (await client.delete(PREFIX + path, headers={"If-Match": '"1"'})).status_code == 404
    await service.post("/subscriptions", {"url": "http://127.0.0.1:1", "types": [APPROVED]}, "partner", status=403)


async def test_a_cancelled_subscription_is_gone_and_its_queue_with_it(service: Service) -> None:
    subscription = await subscribe(service, "http://127.0.0.1:1", APPROVED)
    await service.hear(milestone_approved())
    path = f"{PREFIX}/subscriptions/{subscription['id']}"

    async with service.client("partner", organisation=PARTNER) as client:
        assert (await client.delete(path)).status_code == 428
        assert (await client.delete(path, headers={"If-Match": '"7"'})).status_code == 412
        assert (await client.delete(path, headers={"If-Match": '"1"'})).status_code == 204
        assert (await client.delete(path, headers={"If-Match": '"2"'})).status_code == 404
        assert (await client.get(path)).status_code == 404

    assert (await service.get("/summary", "auditor"))["deliveries"]["cancelled"] == 1
    assert await service.scalar("SELECT secret FROM subscription") == ""
    assert len(await service.told("io.datacity.subscription.cancelled.v1")) == 1


async def test_an_endpoint_that_is_not_public_is_refused(service: Service) -> None:
    service.app.state.settings = service.settings.model_copy(update={"webhooks_allow_private": False})

    for url, slug in (("http://hooks.example.com/", "https-required"), ("https://10.1.2.3/", "address-not-public")):
        wish = {"url": url, "types": [APPROVED]}
        refusal = await service.post("/subscriptions", wish, "partner", organisation=PARTNER, status=422)

        assert refusal["type"].endswith(slug)
        assert [error["pointer"] for error in refusal["errors"]] == ["#/url"]
    assert await service.scalar("SELECT count(*) FROM subscription") == 0


def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name resolves to these, as the names of whoever controls a name server may."""

    def getaddrinfo(_host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(endpoints, "socket", SimpleNamespace(getaddrinfo=getaddrinfo, SOCK_STREAM=1))


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"]])
async def test_a_name_that_resolves_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    receiver = Receiver(200)
    async with serving(receiver) as url:
        resolving_to(monkeypatch, *addresses)
        endpoint = Endpoint(url.replace("http://127.0.0.1", "https://hooks.example.com"), allow_private=False)
        answer = await endpoint.send(Message(id="msg_1", payload=b"{}", secrets=[new_secret()]), now=NOW)
        await endpoint.close()

    assert answer == Answer(problem="address-not-public")
    assert receiver.received == []


@pytest.mark.parametrize(("certified", "status"), [("hooks.example.com", 200), ("other.example.com", None)])
async def test_the_certificate_is_checked_against_the_name_though_the_address_is_pinned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, certified: str, status: int | None
) -> None:
    certificate, key = self_signed(certified, tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(endpoints, "_tls", lambda: trusting)
    receiver = Receiver(200)
    async with serving(receiver, ssl_certfile=certificate, ssl_keyfile=key) as url:
        resolving_to(monkeypatch, "127.0.0.1")
        endpoint = Endpoint(url.replace("http://127.0.0.1", "https://hooks.example.com"), allow_private=True)
        answer = await endpoint.send(Message(id="msg_1", payload=b"{}", secrets=[new_secret()]), now=NOW)
        await endpoint.close()

    assert answer.status == status
    assert [each.headers["host"].partition(":")[0] for each in receiver.received] == ["hooks.example.com"] * bool(
        status
    )


async def test_an_endless_answer_is_cut_off(service: Service) -> None:
    receiver = Receiver(200)
    receiver.body = b"x" * 20_000_000
    async with serving(receiver) as url:
        subscription = await subscribe(service, url, APPROVED)
        await service.hear(milestone_approved())
        async with service.delivering():
            await settled(service, subscription, "delivered")


async def test_bad_wishes_are_refused_with_what_is_offered(service: Service) -> None:
    url = "http://127.0.0.1:1"

    unknown = await service.post(
        "/subscriptions", {"url": url, "types": [APPROVED, "io.datacity.review.submitted.v1"]},
        "partner", organisation=PARTNER, status=422,
    )  # fmt: skip
    assert [error["pointer"] for error in unknown["errors"]] == ["#/types/1"]
    assert APPROVED in unknown["offered"]
    for body in ({"url": url}, {"url": url, "types": []}, {"url": url, "types": [APPROVED], "secret": "mine"}):
        await service.post("/subscriptions", body, "partner", organisation=PARTNER, status=422)


async def test_there_is_an_end_to_subscriptions(service: Service) -> None:
    await asyncio.gather(*(subscribe(service, "http://127.0.0.1:1", APPROVED) for _ in range(MOST_SUBSCRIPTIONS)))

    refusal = await service.post(
        "/subscriptions",
        {"url": "http://127.0.0.1:1", "types": [APPROVED]},
        "partner",
        organisation=PARTNER,
        status=409,
    )

    assert refusal["type"].endswith("too-many-subscriptions")


async def test_two_workers_deliver_each_message_once(service: Service) -> None:
    receiver = Receiver(200)
    async with serving(receiver) as url:
        subscription = await subscribe(service, url, APPROVED)
        for _ in range(40):
            await service.hear(milestone_approved(), twice=False)
        async with service.delivering(), service.delivering():
            await settled(service, subscription, "delivered", 40)

    ids = [received.headers["webhook-id"] for received in receiver.received]
    assert len(ids) == len(set(ids)) == 40
    assert {json.loads(received.body)["type"] for received in receiver.received} == {APPROVED}


async def test_an_unknown_delivery_is_not_there(service: Service) -> None:
    await service.post(f"/deliveries/{uuid4()}/retry", None, "partner", organisation=PARTNER, status=404)
