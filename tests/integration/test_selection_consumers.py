"""What selection makes of what it hears, in whatever order the topics bring it and however often."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from services.selection.models import Table
from shared.database import new_id
from shared.events import Forgotten, Person, applications
from tests.support.selection import Applied, Season, Selection, people, selection_on, submission
from tests.support.stack import Backbone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def selection(backbone: Backbone) -> AsyncIterator[Selection]:
    async with selection_on(backbone) as started:
        yield started


async def test_the_dossier_may_come_first_and_the_challenge_last(selection: Selection) -> None:
    season = Season(selection)
    challenge = new_id()
    file = Applied(season, (challenge,), startup="Early Bird")
    await selection.hear(file.dossier(), file.submitted(), file.admitted())
    assert await selection.staff.items("/candidates", challenge=str(challenge)) != []

    await selection.hear(
        applications.ChallengePublished(
            challenge_id=challenge, edition_id=season.edition_id, partner="inwi", title={"fr": "Ondes"}
        )
    )

    jury = await season.jury(challenge, people(1))
    assert len((await season.assign(jury))["reviews"]) == 1


async def test_a_candidate_without_its_dossier_is_listed_without_a_name(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    file = Applied(season, (challenge,))
    await selection.hear(file.submitted(), file.admitted())

    (seen,) = await selection.staff.items("/candidates", challenge=str(challenge))

    assert (seen["startup"], seen["revision"]) == (None, 1)


async def test_the_newest_revision_counts_with_the_challenges_it_names(selection: Selection) -> None:
    season = Season(selection)
    first, second = await season.challenge(), await season.challenge()
    file = Applied(season, (first,))
    await selection.hear(file.submitted(), file.dossier(), file.revised(2, (second,)), file.dossier(2, startup="Anew"))
    admitted = Applied(season, (second,), application_id=file.application_id, lead_id=file.lead_id).admitted(2)
    await selection.hear(admitted)

    assert await selection.staff.items("/candidates", challenge=str(first)) == []
    (seen,) = await selection.staff.items("/candidates", challenge=str(second))
    assert (seen["startup"], seen["revision"]) == ("Anew", 2)


async def test_a_withdrawn_application_never_comes_back(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    file = await season.application(challenge)

    await selection.hear(file.withdrawn(), file.admitted())

    assert await selection.staff.items("/candidates", challenge=str(challenge)) == []


async def test_a_withdrawn_draft_that_was_never_submitted_is_nobodys_business(selection: Selection) -> None:
    file = Applied(Season(selection), (new_id(),))

    await selection.hear(file.withdrawn())

    assert await selection.events(file.application_id) == []


async def test_events_that_concern_others_change_nothing(selection: Selection) -> None:
    await selection.hear(
        applications.PersonRegistered(person_id=new_id()),
        Person(person_id=new_id(), name="Nobody Real", email="nobody@example.test"),
    )

    assert await selection.sql("SELECT 1 FROM quarantine") == []


async def test_members_of_the_team_are_known_whichever_event_tells_of_them(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    formed, added = new_id(), new_id()
    file = Applied(season, (challenge,))
    await selection.hear(
        applications.TeamMemberAdded(team_id=file.team_id, person_id=added),
        applications.TeamFormed(team_id=file.team_id, lead_id=file.lead_id, member_ids=[formed]),
        file.submitted(),
        file.admitted(),
    )
    jury = await season.jury(challenge, [formed, added, file.lead_id])

    refused = await selection.staff.post(f"/juries/{jury['id']}/assignment", {})

    assert "0 of 3 jurors" in refused.json()["detail"]


async def test_a_forgotten_dossier_is_erased_with_all_that_was_written_about_it(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    reviewer, bound = people(2)
    jury = await season.jury(challenge, [reviewer, bound])
    file = await season.application(challenge, startup="Erase Me")
    await selection.hear(file.dossier(2, startup="Erase Me Too"))
    await selection.juror(bound).post(
        "/conflicts", {"application_id": str(file.application_id), "kind": "family", "note": "My cousin leads it."}
    )
    await season.assign(jury)
    caller = selection.juror(reviewer)
    (review,) = await caller.items("/reviews")
    await caller.post(f"/reviews/{review['id']}/submit", submission(revision=2, note="Cousin?"))

    await selection.hear(file.forgotten(1))
    half = (await caller.get(f"/reviews/{review['id']}")).json()
    await selection.hear(file.forgotten(2))
    whole = (await caller.get(f"/reviews/{review['id']}")).json()

    assert (half["file"]["startup"], half["comment"]) == ("Erase Me Too", "A clear plan.")
    assert (whole["file"], whole["comment"], whole["note"]) == (None, None, None)
    assert whole["scores"] == half["scores"]
    (conflict,) = await selection.juror(bound).items("/conflicts")
    assert conflict["note"] is None
    assert await selection.sql("SELECT 1 FROM dossier WHERE application_id = :id", id=file.application_id) == []


async def test_a_forgotten_juror_leaves_no_words_about_itself(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    await season.jury(challenge, [juror])
    file = await season.application(challenge)
    caller = selection.juror(juror)
    await caller.post(
        "/conflicts", {"application_id": str(file.application_id), "kind": "family", "note": "My own words."}
    )

    await selection.hear(Forgotten("people.v1", str(juror)))

    (conflict,) = await caller.items("/conflicts")
    assert conflict["note"] is None


async def test_no_words_of_a_person_stay_in_stored_answers(selection: Selection) -> None:
    """Answers to a POST are stored for a repeat; words in them would escape the tombstone."""
    season = Season(selection)
    challenge = await season.challenge()
    (juror,) = people(1)
    jury = await season.jury(challenge, [juror])
    first, second = await season.application(challenge), await season.application(challenge)
    await season.assign(jury)
    caller = selection.juror(juror)
    mine = {UUID(one["application_id"]): one["id"] for one in await caller.items("/reviews")}
    key = {"Idempotency-Key": str(new_id())}
    await caller.post(f"/reviews/{mine[first.application_id]}/submit", submission(comment="CANARY a"), **key)
    key = {"Idempotency-Key": str(new_id())}
    body = {"application_id": str(second.application_id), "kind": "other", "note": "CANARY b"}
    assert (await caller.post("/conflicts", body, **key)).status_code == 201

    kept = await selection.sql("SELECT body FROM idempotency_keys WHERE actor = :juror", juror=str(juror))

    assert len(kept) == 2
    assert not any(b"CANARY" in bytes(one.body) for one in kept)


async def test_a_frozen_ranking_cannot_be_changed_even_in_the_database(selection: Selection) -> None:
    season = Season(selection)
    challenge = await season.challenge()
    jury = await season.jury(challenge, people(1))
    file = await season.application(challenge)
    await season.assign(jury)
    await season.review_all(jury, {file.application_id: 5})
    await season.rank(jury)

    for statement in ("UPDATE ranking SET method = 'mine'", "DELETE FROM ranking"):
        with pytest.raises(DBAPIError, match="append-only"):
            await selection.sql(statement)


async def test_the_migrated_database_is_what_the_models_say(selection: Selection) -> None:
    ours = set(Table.metadata.tables)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _, name, kind, reflected, other: kind != "table" or name in ours,
            },
        )
        return list(compare_metadata(context, Table.metadata))

    async with selection.app.state.works.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
