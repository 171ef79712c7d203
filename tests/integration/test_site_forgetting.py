"""Being forgotten by one's own hand, without a browser: nothing goes unread, and whoever is left leads on."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from tests.support.site import Shown, draft, open_season, site
from tests.support.stack import Backbone

PLACE = "/en/profile/forget"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(backbone: Backbone, tmp_path_factory: Any) -> AsyncIterator[Shown]:
    async with site(backbone, tmp_path_factory.mktemp("issuer")) as made:
        await open_season(made)
        yield made


async def name_of(shown: Shown, person: UUID) -> str:
    [row] = await shown.fetch("SELECT name FROM person WHERE id = :id", id=person)
    return str(row.name)


async def test_one_reads_what_goes_and_what_stays_before_anything_is_done(shown: Shown) -> None:
    me, mate = uuid4(), uuid4()
    alone = await draft(shown, who=me, team="Seule en Scène")
    await draft(shown, who=me, mates=[mate], team="Deux sous un Toit")
    await shown.execute("UPDATE application SET title = 'Mon titre à moi' WHERE id = :id", id=UUID(alone))
    async with shown.signed_in(sub=me) as client:
        profile = await client.get("/en/profile")
        page = await client.get(PLACE)
        unticked = await client.post(PLACE, data={})

    assert PLACE in profile.text
    gone, _, stays = page.text.partition("What stays, and why")
    assert "Mon titre à moi" in gone
    assert "it is taken out of the running" in gone
    assert "The rest of the team goes on with this file" in stays
    assert "Yassine Imaginé" in stays
    assert "so it ends, and its name is erased" in stays
    assert unticked.status_code == 422
    assert "Tick that you have read" in unticked.text
    assert await name_of(shown, me) == "Amina Inventée"


async def test_who_is_forgotten_is_signed_out_and_the_team_goes_on(shown: Shown) -> None:
    me, mate = uuid4(), uuid4()
    shared = await draft(shown, who=me, mates=[mate], team="Trois Petits Tours")
    async with shown.signed_in(sub=me) as client:
        done = await client.post(PLACE, data={"understood": "yes"})
        afterwards = await client.get(PLACE)

    assert done.status_code == 200
    assert "You are forgotten" in done.text
    assert "Sign out" not in done.text
    assert afterwards.status_code == 303
    assert "/sign-in?" in afterwards.headers["location"]
    assert await name_of(shown, me) == ""
    [row] = await shown.fetch("SELECT lead_id FROM application WHERE id = :id", id=UUID(shared))
    assert row.lead_id == mate


async def test_what_a_dispute_keeps_is_named_and_the_wish_waits_for_its_end(shown: Shown) -> None:
    me = uuid4()
    await draft(shown, who=me, team="Vannes en Litige")
    hold = {"ground": "dispute", "reference": "case-7", "until": "2030-01-01T00:00:00Z"}
    await shown.staff("POST", f"/people/{me}/holds", hold)
    async with shown.signed_in(sub=me) as client:
        page = await client.get(PLACE)
        asked = await client.post(PLACE, data={"understood": "yes"})

    assert "a dispute is going on" in page.text
    assert "Your wish is on record" in asked.text
    assert "1 Jan 2030" in asked.text
    assert await name_of(shown, me) == "Amina Inventée"


async def test_who_may_not_do_it_here_is_told_whom_to_ask(shown: Shown) -> None:
    async with shown.signed_in("juror", sub=uuid4()) as client:
        profile = await client.get("/en/profile")
        page = await client.get(PLACE)

    assert "To be forgotten, write to the programme’s team." in profile.text
    assert page.status_code == 403
