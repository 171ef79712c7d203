"""Whoever has a file in a call is told when its deadlines move: once, and not before staff could read it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.events import applications as a
from tests.support.notifications import (
    APPLICATION,
    CALL,
    CHALLENGE,
    DEADLINE,
    EDITION,
    LATER,
    LEAD,
    WHEN,
    Service,
    catcher,
    challenge_published,
    drafted,
    edition,
    notifications,
    person,
    postponed,
    submitted,
    until,
)
from tests.support.stack import Backbone

IN_WORDS = "2017-03-07 23:59 Africa/Casablanca (2017-03-07 23:59 UTC)"
HOUR = timedelta(hours=1)


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        await made.hear(edition())
        await made.hear(challenge_published())
        yield made


async def told(service: Service) -> list[tuple[str, UUID, bool]]:
    rows = await service.rows(
        "SELECT template, person_id, drafted FROM mail WHERE template LIKE '%deadline%' ORDER BY id"
    )
    return [(row.template, row.person_id, row.drafted) for row in rows]


async def sent_to(service: Service, *leads: UUID, **changes: Any) -> dict[str, EmailMessage]:
    """What came of what was drafted, by language."""
    async with catcher() as (caught, url), service.sending_mail(smtp_url=url, **changes):

        async def all_there() -> bool:
            return len(caught.mails) == len(leads)

        await until(all_there, what=f"{len(leads)} mails")
    return {str(mail["Content-Language"]): mail for mail in caught.mails}


def words(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_each_lead_with_a_file_in_the_call_is_told_once_in_its_language(service: Service) -> None:
    leads = {language: uuid4() for language in ("fr", "ar", "en")}
    for language, lead in leads.items():
        await service.hear_person(person(lead, language=language))
        await service.hear(drafted(uuid4(), lead_id=lead))
    gone, elsewhere = uuid4(), drafted(uuid4(), lead_id=uuid4()).model_copy(update={"call_id": uuid4()})
    await service.hear(drafted(gone, lead_id=uuid4()))
    await service.hear(
        a.ApplicationWithdrawn(
            application_id=gone, call_id=CALL, edition_id=EDITION, lead_id=uuid4(), withdrawn_at=WHEN
        )
    )
    await service.hear(elsewhere)

    await service.hear(postponed(challenge_id=CHALLENGE))

    assert sorted(await told(service)) == sorted(("deadlines_moved", lead, True) for lead in leads.values())
    caught = await sent_to(service, *leads.values())
    assert set(caught) == set(leads)
    assert all(IN_WORDS in words(mail) for mail in caught.values())
    assert "New deadline of the challenge “Fewer leaks”" in words(caught["en"])
    assert "every challenge that has no other" not in words(caught["en"])
    assert "L'équipe du programme donne plus de temps." in words(caught["fr"])


async def test_a_file_is_told_of_what_moved_since_it_was_begun_though_it_is_heard_of_after(service: Service) -> None:
    await service.hear_person(person())
    await service.hear(postponed(), time=WHEN + HOUR)

    await service.hear(drafted(), time=WHEN)
    await service.hear(drafted(uuid4(), lead_id=uuid4()), time=WHEN + 2 * HOUR)

    assert await told(service) == [("deadlines_moved", LEAD, True)]


async def test_after_an_outage_a_team_with_its_own_deadline_is_told_that_one(service: Service) -> None:
    other = uuid4()
    for lead, file in ((LEAD, APPLICATION), (other, uuid4())):
        await service.hear_person(person(lead, language="en" if lead == LEAD else "fr"))
        await service.hear(drafted(file, lead_id=lead))
    facts = {
        "call_id": CALL,
        "edition_id": EDITION,
        "outage_id": uuid4(),
        "began_at": WHEN,
        "ended_at": WHEN + HOUR,
        "deadline": DEADLINE,
        "challenge_deadlines": {},
        "application_deadlines": {APPLICATION: LATER},
    }
    await service.hear(a.CallExtendedAfterOutage.model_validate(facts))

    assert sorted(await told(service)) == sorted([("own_deadline_moved", LEAD, True), ("deadlines_moved", other, True)])
    caught = await sent_to(service, LEAD, other)
    assert f"It is now {IN_WORDS}" in words(caught["en"])
    assert "2017-02-28 22:10 Africa/Casablanca (2017-02-28 22:10 UTC) – 2017-02-28 23:10" in words(caught["fr"])


async def test_one_team_that_was_given_more_time_is_told_at_once(service: Service) -> None:
    await service.hear_person(person(language="en"))
    await service.hear(drafted())
    facts = {"extension_id": uuid4(), "application_id": APPLICATION, "call_id": CALL, "edition_id": EDITION}
    await service.hear(a.ExtensionApproved.model_validate(facts | {"reason": "personal", "deadline": LATER}))

    caught = await sent_to(service, LEAD, compressed_schedule=False)

    assert f"until {IN_WORDS}" in words(caught["en"])


async def test_a_letter_to_many_waits_as_a_draft_while_one_to_a_single_person_goes(service: Service) -> None:
    await service.hear_person(person(language="en"))
    await service.hear(drafted())
    await service.hear(postponed())
    await service.hear(submitted())

    caught = await sent_to(service, LEAD, compressed_schedule=False)
    waiting = await told(service)
    later = await sent_to(service, LEAD, compressed_schedule=False, mass_mail_minutes=0)

    assert str(caught["en"]["Subject"]) == "Your application is submitted"
    assert waiting == [("deadlines_moved", LEAD, True)]
    assert str(later["en"]["Subject"]) == "A deadline of your call has moved"


async def test_whoever_is_forgotten_is_not_told(service: Service) -> None:
    await service.hear_person(person())
    await service.hear(drafted())
    await service.hear(postponed())
    await service.hear_forgotten(LEAD)

    assert [row.state for row in await service.rows("SELECT state FROM mail")] == ["dropped"]
