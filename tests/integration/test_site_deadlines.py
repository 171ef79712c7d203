"""The pages with which staff move deadlines, without a browser: nothing moves unread, nobody decides a wish alone."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio

from services.applications.handlers.outages import note_alive
from tests.support.site import STAFF, Shown, draft, fields_of, open_season, site
from tests.support.stack import Backbone

COLLEAGUE = uuid4()
DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(backbone: Backbone, tmp_path_factory: Any) -> AsyncIterator[Shown]:
    async with site(backbone, tmp_path_factory.mktemp("issuer")) as made:
        await open_season(made)
        yield made


async def closes(shown: Shown) -> datetime:
    found = await shown.staff("GET", f"/calls/{shown.season['call']}")
    return datetime.fromisoformat(found["closes"]["local"])


def deadlines(shown: Shown, call: str | None = None) -> str:
    return f"/en/calls/{call or shown.season['call']}/deadlines"


async def test_a_deadline_moves_only_once_it_was_read_what_that_means(shown: Shown) -> None:
    before = await closes(shown)
    move = {"challenge_id": "all", "until": (before + 2 * DAY).isoformat(timespec="minutes")}
    async with shown.signed_in("staff", sub=STAFF) as staff:
        looked = await staff.post(f"{deadlines(shown)}/moves", data=move)
        meanwhile = await closes(shown)
        moved = await staff.post(f"{deadlines(shown)}/moves", data=move | {"confirmed": "yes"})
        page = await staff.get(moved.headers["location"])
        again = await staff.post(f"{deadlines(shown)}/moves", data=move)

    assert looked.status_code == 200
    assert "Move this deadline?" in looked.text
    assert fields_of(looked.text)["confirmed"] == ["yes"]
    assert meanwhile == before
    assert "The deadline has moved." in page.text
    assert 'href="/monitor/en/letters"' in page.text
    assert await closes(shown) == before + 2 * DAY
    assert again.status_code == 422
    assert "nobody’s time is made shorter" in again.text
    assert f'value="{move["until"]}"' in again.text


async def test_one_asks_with_the_address_of_a_file_and_another_decides(shown: Shown) -> None:
    file, until = await draft(shown), (await closes(shown)) + DAY
    wish = {
        "file": shown.address(f"files/{file}"),
        "until": until.isoformat(timespec="minutes"),
        "reason": "accessibility",
        "words": "Inventé : l’écran de lecture est en panne.",
    }
    extensions = f"/en/calls/{shown.season['call']}/extensions"
    async with shown.signed_in("staff", sub=STAFF) as asker, shown.signed_in("staff", sub=COLLEAGUE) as colleague:
        unknown = await asker.post(extensions, data=wish | {"file": str(uuid4())})
        without = await asker.post(extensions, data=wish | {"reason": ""})
        asked = await asker.post(extensions, data=wish)
        [row] = await shown.fetch("SELECT id FROM extension")
        alone = await asker.post(f"{extensions}/{row.id}/approve")
        waits = await colleague.get(deadlines(shown))
        given = await colleague.post(f"{extensions}/{row.id}/approve")
        page = await colleague.get(given.headers["location"])
    async with shown.signed_in() as founder:
        theirs = await founder.get(f"/fr/files/{file}")

    assert [unknown.status_code, without.status_code, asked.status_code] == [422, 422, 303]
    assert "no file with this number" in unknown.text
    assert wish["words"] in unknown.text
    assert alone.status_code == 422
    assert "Let another member of the team decide" in alone.text
    assert wish["words"] in waits.text
    assert "The team has that time now." in page.text
    assert f'datetime="{until.isoformat()}Z"' in theirs.text


async def plan(shown: Shown, staff: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    """A call that opens in a week, with an own deadline for the first of two challenges."""
    opens = datetime.now(UTC).replace(microsecond=0, second=0, tzinfo=None) + 7 * DAY
    first, second, other = shown.season["challenges"]
    form = {
        "challenge_ids": [first, second],
        "opens": opens.isoformat(timespec="minutes"),
        "closes": (opens + 20 * DAY).isoformat(timespec="minutes"),
        f"own-{first}": (opens + 10 * DAY).isoformat(timespec="minutes"),
        f"own-{other}": (opens + 5 * DAY).isoformat(timespec="minutes"),
        "grace": "90",
    }
    return await staff.post("/en/calls/new", data=form | changes)


async def test_a_call_is_announced_with_its_challenges_own_deadlines_and_set_anew_until_it_opens(shown: Shown) -> None:
    first = shown.season["challenges"][0]
    async with shown.signed_in("staff", sub=STAFF) as staff:
        wrong = await plan(shown, staff, **{f"own-{first}": "soon"})
        announced = await plan(shown, staff)
        call = announced.headers["location"].split("/")[3]
        page = await staff.get(deadlines(shown, call))
        sent = fields_of(page.text)
        dates = {name: sent[name][0] for name in ("version", "opens", "closes", "grace", f"own-{first}")}
        later = (datetime.fromisoformat(dates["closes"]) + DAY).isoformat(timespec="minutes")
        anew = await staff.post(f"{deadlines(shown, call)}/dates", data=dates | {"closes": later, f"own-{first}": ""})
        stale = await staff.post(f"{deadlines(shown, call)}/dates", data=dates)
    found = await shown.staff("GET", f"/calls/{call}")

    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.text
    assert dates["grace"] == "90"
    assert anew.status_code == 303, anew.text
    assert (found["closes"]["local"], found["grace_seconds"]) == (f"{later}:00", 90)
    assert found["challenge_deadlines"] == {}
    assert stale.status_code == 422
    assert "Somebody changed it meanwhile" in stale.text


async def test_an_outage_that_gave_time_back_is_told_to_everyone(shown: Shown) -> None:
    limits = {"threshold": timedelta(minutes=5), "window": 60 * DAY}
    async with shown.app.state.works.begin() as work:
        await note_alive(work, **limits)
    await shown.execute("UPDATE heartbeat SET beat_at = beat_at - INTERVAL '20 minutes'")
    async with shown.app.state.works.begin() as work:
        await note_alive(work, **limits)
    async with shown.signed_in("staff", sub=STAFF) as staff:
        page = await staff.get(deadlines(shown))
    public = await shown.client.get(f"/en/calls/{shown.season['call']}", headers={"Accept": "text/html"})

    assert "We could not be reached" in public.text
    assert "Nobody could reach us from" in public.text
    assert "(20 minutes)" in page.text


async def test_nobody_but_staff_is_shown_the_page(shown: Shown) -> None:
    async with shown.signed_in(sub=UUID(int=7)) as client:
        page = await client.get(deadlines(shown))
        asked = await client.post(f"{deadlines(shown)}/moves", data={"challenge_id": "all"})

    assert [page.status_code, asked.status_code] == [403, 403]
