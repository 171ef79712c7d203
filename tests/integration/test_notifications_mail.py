"""Mail at a real mail server: to the person concerned, in the own language, once, and forgotten when the person is."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.events import applications as a
from shared.events import incubation as i
from shared.events.forgettable import Invited
from tests.support.notifications import (
    COACH,
    EDITION,
    HANG_UP,
    JUROR,
    LEAD,
    WHEN,
    Service,
    catcher,
    challenge_published,
    coach_assigned,
    drafted,
    edition,
    evidence_submitted,
    free_port,
    notifications,
    person,
    review_assigned,
    revised,
    submitted,
    until,
)
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


async def in_state(service: Service, state: str, count: int = 1) -> list[dict[str, Any]]:
    async def all_there() -> list[dict[str, Any]] | None:
        found = (await service.get("/mails", "staff", params={"state": state}))["items"]
        return found if len(found) == count else None

    found: list[dict[str, Any]] = await until(all_there, what=f"{count} mails {state}")
    return found


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


async def test_a_submission_is_received_in_each_language(service: Service) -> None:
    await service.hear(edition())
    applicants = {language: uuid4() for language in ("fr", "ar", "en")}
    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        for language, lead_id in applicants.items():
            await service.hear_person(
                person(lead_id, language=language, name="Salma <Exemple>", email=f"{language}@example.org")
            )
            await service.hear(submitted(uuid4(), lead_id=lead_id))
        sent = await in_state(service, "sent", 3)

    by_language = {str(mail["Content-Language"]): mail for mail in caught.mails}
    assert {language: str(mail["Subject"]) for language, mail in by_language.items()} == {
        "fr": "Votre candidature est déposée",
        "ar": "تم تقديم ترشيحك",
        "en": "Your application is submitted",
    }
    for language, mail in by_language.items():
        for words in (part(mail, "plain"), part(mail, "html")):
            assert "d" * 64 in words
            assert "2017-02-28 22:10 Africa/Casablanca (2017-02-28 22:10 UTC)" in words
            assert "2017-02-28 23:59 Africa/Casablanca (2017-02-28 23:59 UTC)" in words
        assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in part(mail, "html")
        assert "Salma &lt;Exemple&gt;" in part(mail, "html")
        assert mail["To"].addresses[0].addr_spec == f"{language}@example.org"
    assert {str(mail["Message-ID"]) for mail in caught.mails} == {f"<{mail['id']}@datacity.example>" for mail in sent}
    assert {told["language"] for told in await service.told("io.datacity.mail.sent.v1")} == set(by_language)


async def test_a_mail_waits_for_the_person_to_be_known(service: Service) -> None:
    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        await service.hear(a.PersonRegistered(person_id=LEAD))
        [waiting] = await in_state(service, "waiting_for_person")
        assert waiting["language"] is None

        await service.hear_person(person(language="en"))
        [sent] = await in_state(service, "sent")

    assert sent["id"] == waiting["id"]
    assert [str(mail["Subject"]) for mail in caught.mails] == ["Welcome to DataCity"]


async def test_who_is_invited_by_mail_is_told_by_whom_and_how_to_answer_and_forgotten_then(service: Service) -> None:
    by_link, mailed = (
        a.InvitationMade(team_id=uuid4(), invitation_id=uuid4(), role="reader", mailed=mailed, expires_at=WHEN)
        for mailed in (False, True)
    )
    invited = Invited(team="Capteurs <inventés>", code="c0de-of-one-use")
    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        await service.hear(by_link)
        await service.hear(mailed)
        await service.hear_person(person(mailed.invitation_id, name="", language="en", invited=invited))
        await in_state(service, "sent")
    await service.hear_forgotten(mailed.invitation_id)

    [mail] = caught.mails
    assert "invites you to join as a reader" in part(mail, "plain")
    assert "/en/invitations/c0de-of-one-use" in part(mail, "plain")
    assert "Capteurs &lt;inventés&gt;" in part(mail, "html")
    assert await service.rows("SELECT 1 FROM mail WHERE text IS NOT NULL") == []
    assert await service.rows("SELECT 1 FROM contact") == []


async def test_each_is_written_to_about_what_concerns_them(service: Service) -> None:
    await service.hear(challenge_published())
    for who in (LEAD, JUROR, COACH):
        await service.hear_person(person(who, language="en"))
    await service.hear(drafted())

    await service.hear(submitted())
    await service.hear(revised())
    await service.hear(review_assigned())
    await service.hear(coach_assigned())
    await service.hear(evidence_submitted())
    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        sent = await in_state(service, "sent", 5)

    assert {(mail["template"], mail["person_id"]) for mail in sent} == {
        ("submitted", str(LEAD)),
        ("revised", str(LEAD)),
        ("review_assigned", str(JUROR)),
        ("coach_assigned", str(COACH)),
        ("evidence_submitted", str(COACH)),
    }
    [to_juror] = [mail for mail in caught.mails if mail["X-DataCity-Template"] == "review_assigned"]
    assert "Fewer leaks" in part(to_juror, "plain")
    assert "Salma" not in part(to_juror, "plain").replace("Hello Salma Exemple", "")


async def test_incubation_may_be_heard_before_applications(service: Service) -> None:
    await service.hear_person(person(COACH, language="en"))

    await service.hear(coach_assigned())
    await service.hear(evidence_submitted())
    await service.hear(drafted())

    assert [mail["person_id"] for mail in await in_state(service, "queued", 2)] == [str(COACH)] * 2


async def test_a_workshop_registration_says_when_and_where(service: Service) -> None:
    guest, workshop_id = uuid4(), uuid4()
    await service.hear(edition())
    await service.hear_person(person(guest, language="fr"))
    await service.hear(
        i.WorkshopScheduled(
            workshop_id=workshop_id, edition_id=EDITION, title={"fr": "Atelier eau"}, starts_at=WHEN,
            place="2 rue Pierre et Marie Curie", seats=30,
        )
    )  # fmt: skip
    await service.hear(i.WorkshopRegistrationTaken(registration_id=uuid4(), workshop_id=workshop_id, person_id=guest))

    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        await in_state(service, "sent")

    words = part(caught.mails[0], "plain")
    assert "Atelier eau" in words
    assert "2017-02-28 22:10 Africa/Casablanca (2017-02-28 22:10 UTC)" in words
    assert "2 rue Pierre et Marie Curie" in words


async def test_one_event_is_written_about_once_however_often_it_comes(service: Service) -> None:
    await service.hear_person(person())
    await service.hear(submitted())

    async with catcher() as (caught, url), service.sending_mail(smtp_url=url), service.sending_mail(smtp_url=url):
        await in_state(service, "sent")

    assert len(caught.mails) == 1


async def test_a_busy_server_is_asked_again_with_the_same_message(service: Service) -> None:
    await service.hear_person(person())
    await service.hear(submitted())
    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        caught.refuse = ["451 later", "452 later still"]
        [sent] = await in_state(service, "sent")

    assert sent["attempts"] == 3
    assert sent["problem"] is None
    assert len(caught.mails) == 1


async def test_a_refused_mail_is_given_up_and_told(service: Service) -> None:
    await service.hear_person(person())
    await service.hear(submitted())
    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        caught.refuse = ["550 no such person"]
        [failed] = await in_state(service, "failed")

    assert failed["problem"] == "refused_550"
    assert [told["template"] for told in await service.told("io.datacity.mail.failed.v1")] == ["submitted"]
    assert caught.mails == []


async def test_a_malformed_address_harms_nobody_else(service: Service) -> None:
    spoilt, other = person().model_copy(update={"email": "x@example.org\nBcc: all@example.org"}), uuid4()
    await service.hear_person(spoilt)
    await service.hear_person(person(other))
    await service.hear(submitted())
    await service.hear(submitted(uuid4(), lead_id=other))

    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        await in_state(service, "sent", 1)
        [failed] = await in_state(service, "failed", 1)

    assert failed["problem"] == "address_malformed"
    assert len(caught.mails) == 1
    assert "Bcc" not in caught.mails[0]


async def test_a_mail_at_which_the_server_hangs_up_takes_its_turn_behind_the_others(service: Service) -> None:
    other = uuid4()
    await service.hear_person(person())
    await service.hear_person(person(other))
    first = await service.hear(submitted())
    await service.hear(submitted(uuid4(), lead_id=other))

    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        caught.refuse = [HANG_UP]
        sent = await in_state(service, "sent", 2)

    attempts = {mail["about_event_id"]: mail["attempts"] for mail in sent}
    assert attempts.pop(str(first.id)) == 2
    assert list(attempts.values()) == [1]


async def test_a_letter_that_cannot_be_written_stops_no_other(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notifications.jobs.mailing.COMPRESSED_PAUSES", (0.05,))
    await service.hear_person(person())
    await service.hear(submitted())
    async with service.works.begin() as work:
        await (await work.session.connection()).execute(text("UPDATE mail SET facts = '{}'"))
    await service.hear(submitted(uuid4()))

    async with catcher() as (caught, url), service.sending_mail(smtp_url=url):
        await in_state(service, "sent", 1)
        [failed] = await in_state(service, "failed", 1)

    assert (failed["problem"], failed["attempts"]) == ("not_written_UndefinedError", 2)
    assert len(caught.mails) == 1


async def test_while_the_mail_server_is_away_nothing_is_lost_nor_counted(service: Service) -> None:
    port = free_port()
    await service.hear_person(person())
    await service.hear(submitted())
    async with service.sending_mail(smtp_url=f"smtp://127.0.0.1:{port}"):
        await until(lambda: _untried(service), what="a mail that was given back")
        async with catcher(port=port) as (caught, _):
            [sent] = await in_state(service, "sent")

    assert sent["attempts"] == 1
    assert len(caught.mails) == 1


async def _untried(service: Service) -> bool:
    [row] = await service.rows("SELECT attempts, claimed_until, text FROM mail")
    return row.text is not None and row.attempts == 0 and row.claimed_until is None


async def test_a_forgotten_person_is_erased_and_never_written_to(service: Service) -> None:
    await service.hear_person(person())
    await service.hear(submitted())
    async with catcher() as (_, url), service.sending_mail(smtp_url=url):
        await in_state(service, "sent")
    await service.hear(a.PersonRegistered(person_id=LEAD))

    await service.hear_forgotten(LEAD)

    assert await service.scalar("SELECT count(*) FROM contact") == 0
    for row in await service.rows("SELECT address, subject, text, html FROM mail"):
        assert tuple(row) == (None, None, None, None)
    states = {mail["state"] for mail in (await service.get("/mails", "staff"))["items"]}
    assert states == {"sent", "dropped"}
    dump = "".join(map(str, await service.rows("SELECT * FROM mail"))) + "".join(
        map(str, await service.rows("SELECT * FROM entry"))
    )
    assert "Salma" not in dump
    assert "@example.org" not in dump


async def test_no_answer_holds_an_address_or_words(service: Service) -> None:
    await service.hear_person(person())
    about = await service.hear(submitted())
    async with catcher() as (_, url), service.sending_mail(smtp_url=url):
        [mail] = await in_state(service, "sent")

    one = await service.get(f"/mails/{mail['id']}", "staff")
    assert set(one) == {
        "id", "about_event_id", "template", "person_id", "language", "state", "drafted", "attempts", "created_at",
        "sent_at", "next_attempt_at", "problem",
    }  # fmt: skip
    found = await service.get(
        "/mails", "staff", params={"about": str(about.id), "person": str(LEAD), "template": "submitted"}
    )
    assert [each["id"] for each in found["items"]] == [mail["id"]]
    await service.get(f"/mails/{uuid4()}", "staff", status=404)
    summary = await service.get("/summary", "staff")
    assert summary["mails"]["sent"] == 1
    assert summary["head"] == 1
