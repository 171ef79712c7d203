"""The service is killed while people write: no word that was shown as saved is lost, and no file begins anew.

Connections are cut before and after the request arrived, tokens expire, the process dies by SIGKILL. What runs is
`datacity serve applications`, at a socket, on a real database.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest_asyncio

from services.applications.models import Person, TeamMember
from shared import clock
from tests.support.applications import pdf
from tests.support.stack import Backbone
from tests.support.writers import Service, Writer, killable, upload

TEAMS = 3
SAVES_BETWEEN_KILLS = 25
SHARED = "A: said first.\n\nWhat stays between them, word for word.\n\nB: said last."
PIECE = 2**16


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with killable(backbone, drafts=TEAMS) as started:
        yield started


async def second_member(service: Service, application_id: UUID) -> UUID:
    """Another member of the draft's team."""
    [row] = await service.rows("SELECT team_id FROM application WHERE id = :id", id=application_id)
    now = clock.now()
    async with service.works.begin() as work:
        person = Person(id=uuid4(), name="X", email="y@people.example", language="fr", created_at=now, updated_at=now)
        work.session.add(person)
        await work.session.flush()
        work.session.add(TeamMember(team_id=row.team_id, person_id=person.id, joined_at=now))
    return person.id


async def writers_of(service: Service, client: httpx.AsyncClient) -> list[Writer]:
    """Two members of each team, who have their pages open at the same version."""
    found = []
    for n, (application_id, lead_id) in enumerate(service.drafts):
        token = service.issuer.bearer("applicant", person_id=str(lead_id))
        url = f"{service.url}/applications/{application_id}"
        version = (await client.get(url, headers=token)).json()["version"]
        begun = await client.post(f"{url}/saves", headers=token, json={"base": version, "answers": {"shared": SHARED}})
        base = begun.json()["version"]
        for mark, person_id in (("A", lead_id), ("B", await second_member(service, application_id))):
            found.append(Writer(service, application_id, person_id, base, SHARED, mark, random.Random(f"{n}{mark}")))
    return found


async def test_no_word_that_was_shown_as_saved_is_lost(service: Service) -> None:
    deck = pdf() + b"%" + random.Random(7).randbytes(20 * PIECE)
    over = asyncio.Event()
    async with httpx.AsyncClient(trust_env=False) as client:
        writers = await writers_of(service, client)
        tasks = [asyncio.create_task(writer.write(client, until_told=over)) for writer in writers]
        sending = asyncio.create_task(upload(service, *service.drafts[0], content=deck, piece=PIECE))
        for _ in range(2):
            await enough_saved(writers, tasks)
            await service.kill_and_start()
        await enough_saved(writers, tasks)
        resumed = await sending
        over.set()
        await asyncio.gather(*tasks)

    for writer in writers:
        [draft] = await service.rows("SELECT answers FROM application WHERE id = :id", id=writer.application_id)
        versions = await service.rows(
            "SELECT changes, aside FROM draft_version WHERE application_id = :id", id=writer.application_id
        )
        texts = [draft.answers["shared"], *(s.get("answers/shared") for v in versions for s in v)]
        kept = " ".join(text for text in texts if text).split()
        # What was saved and not answered is there too, if it arrived: a page shows it as not saved yet.
        assert draft.answers[f"of-{writer.mark.lower()}"].startswith(writer.shown_own)
        assert writer.shown_words <= {word.strip(".:") for word in kept}
    assert service.killed == 2
    assert sum(writer.unheard for writer in writers) > 0
    assert sum(writer.signed_out for writer in writers) > 0
    [file] = await service.rows("SELECT sha256 FROM attachment")
    assert (resumed > 0, file.sha256) == (True, hashlib.sha256(deck).hexdigest())


async def enough_saved(writers: list[Writer], tasks: list[asyncio.Task[None]]) -> None:
    """Wait until some more saves were shown as done; whoever fails ends the wait."""
    wanted = sum(writer.saves for writer in writers) + SAVES_BETWEEN_KILLS
    async with asyncio.timeout(120):
        while sum(writer.saves for writer in writers) < wanted:
            for task in tasks:
                if task.done():
                    await task
            await asyncio.sleep(0.01)
