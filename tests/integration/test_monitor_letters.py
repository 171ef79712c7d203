"""Letters to many are read before they go: staff let them go at once or stop them, and the log says who did."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.support.monitor import STAFF, Monitor, monitor
from tests.support.notifications import (
    LEAD,
    catcher,
    challenge_published,
    drafted,
    edition,
    person,
    postponed,
    until,
)
from tests.support.site import fields_of
from tests.support.stack import Backbone


@pytest.fixture
async def shown(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Monitor]:
    """A deadline has moved: two leads are to be told, in two languages."""
    async with monitor(backbone, tmp_path_factory.mktemp("issuer")) as made:
        service, other = made.service, uuid4()
        await service.hear(edition())
        await service.hear(challenge_published())
        for lead, language in ((LEAD, "en"), (other, "ar")):
            await service.hear_person(person(lead, language=language))
            await service.hear(drafted(uuid4(), lead_id=lead))
        await service.hear(postponed())
        yield made


async def test_staff_read_a_draft_as_its_readers_will_and_let_it_go_at_once(shown: Monitor) -> None:
    async with shown.signed_in("staff", sub=STAFF) as staff, catcher() as (caught, url):
        page = await staff.get(shown.address("letters"))
        assert "<bdi>2</bdi> letters" in page.text
        assert "A deadline of your call has moved" in page.text
        assert "تغير أجل من آجال طلب الترشيحات" in page.text
        assert "Salma" not in page.text
        sent = fields_of(page.text) | {"act": ["release"]}
        done = await staff.post(shown.address("letters"), data=sent)
        async with shown.service.sending_mail(smtp_url=url):

            async def both_went() -> bool:
                return len(caught.mails) == 2

            await until(both_went)
        again = await staff.post(shown.address("letters"), data=sent)

    assert done.headers["location"].endswith("/letters?said=released")
    assert again.status_code == 409
    [told] = await shown.service.told("io.datacity.letters.released.v1")
    assert (told["template"], told["letters"]) == ("deadlines_moved", 2)


async def test_a_draft_that_was_stopped_goes_to_nobody(shown: Monitor) -> None:
    async with shown.signed_in("staff", sub=STAFF) as staff:
        page = await staff.get(shown.address("letters", "ar"))
        stopped = await staff.post(shown.address("letters", "ar"), data=fields_of(page.text) | {"act": ["stop"]})
        after = await staff.get(f"{shown.url}{stopped.headers['location']}")

    assert "لا رسائل في الانتظار" in after.text
    assert {row.state for row in await shown.service.rows("SELECT state FROM mail")} == {"dropped"}
    [told] = await shown.service.told("io.datacity.letters.stopped.v1")
    assert told["letters"] == 2
    [row] = await shown.service.rows("SELECT actor FROM event_log WHERE type LIKE '%letters.stopped%'")
    assert row.actor == str(STAFF)


async def test_auditors_neither_read_letters_nor_decide(shown: Monitor) -> None:
    async with shown.signed_in("auditor") as auditor:
        page = await auditor.get(shown.address("letters"))
        asked = await auditor.post(shown.address("letters"), data={"act": "stop"})

    assert [page.status_code, asked.status_code] == [403, 403]
