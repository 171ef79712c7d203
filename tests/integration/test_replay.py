"""A replay rebuilds what each service derives, names where the living one differs, and leaves it alone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra.local.problems import LocalProblem
from infra.provision import SERVICES
from infra.replay.handlers import BATCH
from infra.replay.outcome import Outcome
from infra.replay.reading import reading
from infra.replay.rebuilding import replay
from services.incubation.commands import NameCoach
from services.incubation.handlers.projects import name_coach
from shared.database import id_after
from shared.events import Forgotten, Person
from shared.events import applications as a
from shared.events import incubation as i
from shared.events import notifications as n
from shared.events import selection as s
from shared.events.forgettable import DOSSIERS_TOPIC, PEOPLE_TOPIC, Dossier, dossier_key
from tests.support import notifications as told
from tests.support.backbone import until
from tests.support.replaying import Living, living, rows
from tests.support.selection import Applied, Season
from tests.support.stack import Backbone

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


# What each service is told, and what then happens to it by other ways than Kafka.


async def tell_selection(service: Living) -> None:
    season = Season(selection=None)  # type: ignore[arg-type]  # only its ids are needed
    challenge = a.ChallengePublished(
        challenge_id=uuid4(), edition_id=season.edition_id, partner="lydec", title={"fr": "Eau", "en": "Water"}
    )
    await service.tell(
        a.EditionAnnounced(
            edition_id=season.edition_id, city="Casablanca", title={"en": "First"}, zone="Africa/Casablanca"
        )
    )
    await service.tell(told.person(told.JUROR))
    await service.tell(challenge)
    await service.tell(season.form_set())
    first, second, third = (Applied(season, (challenge.challenge_id,), member_ids=(uuid4(),)) for _ in range(3))
    for each in (first, second, third):
        team = a.TeamFormed(team_id=each.team_id, lead_id=each.lead_id, member_ids=list(each.member_ids))
        await service.tell(team)
        await service.tell(each.dossier())
        await service.tell(each.submitted())
    await service.tell(a.TeamMemberAdded(team_id=first.team_id, person_id=uuid4()))
    await service.tell(first.revised())
    await service.tell(first.dossier(revision=2, title="Leaks heard earlier"))
    await service.tell(first.admitted(revision=2))
    await service.tell(second.declined())
    await service.tell(third.withdrawn())
    await service.tell(Forgotten(DOSSIERS_TOPIC, dossier_key(third.application_id, 1)))


async def tell_incubation(service: Living) -> None:
    edition = a.EditionAnnounced(edition_id=uuid4(), city="Casablanca", title={"en": "First"}, zone="Africa/Casablanca")
    challenge = a.ChallengePublished(
        challenge_id=uuid4(), edition_id=edition.edition_id, partner="lydec", title={"en": "Leaks found early"}
    )
    await service.tell(edition)
    await service.tell(challenge)
    application_id, lead_id = uuid4(), uuid4()
    for revision in (1, 2):
        await service.tell(_dossier(application_id, revision))
    selected = s.ApplicationSelected(
        decision_id=uuid4(),
        application_id=application_id,
        edition_id=edition.edition_id,
        challenge_id=challenge.challenge_id,
        partner="lydec",
        lead_id=lead_id,
        member_ids=[lead_id, uuid4()],
    )
    opened = await service.tell(selected)
    # Each is told on a topic of its own, so it is chance which is heard first, here and when it is replayed.
    withdraws = selected.model_copy(update={"decision_id": uuid4(), "application_id": uuid4()})
    await service.tell(withdraws)
    await service.tell(
        a.ApplicationWithdrawn(
            application_id=withdraws.application_id,
            call_id=uuid4(),
            edition_id=edition.edition_id,
            lead_id=lead_id,
            withdrawn_at=NOON,
        )
    )
    async with service.working():
        await service.has_heard_all()
    async with service.works.begin() as work:
        await name_coach(NameCoach(project_id=id_after(opened.id), coach_id=uuid4()), work)


async def tell_notifications(service: Living) -> None:
    for person in (told.LEAD, told.COACH, told.JUROR):
        await service.tell(told.person(person))
    submitted = None
    for event in (told.edition(), told.challenge_published(), told.drafted(), told.submitted()):
        submitted = await service.tell(event)
    await service.tell(told.postponed())
    await service.tell(told.coach_assigned())
    await service.tell(told.evidence_submitted())
    planned = told.milestone_planned()
    await service.tell(planned)
    await service.tell(told.milestone_approved(milestone_id=planned.milestone_id))
    workshop = i.WorkshopScheduled(
        workshop_id=uuid4(),
        edition_id=told.EDITION,
        title={"fr": "Atelier"},
        starts_at=NOON,
        place="Casablanca",
        seats=20,
    )
    await service.tell(workshop)
    # A mail can only leave once the event that it is about was heard.
    async with service.working():
        await service.has_heard_all()
    assert submitted
    sent = n.MailSent(
        mail_id=uuid4(), person_id=told.LEAD, about_event_id=submitted.id, template="submitted", language="fr"
    )
    await service.tell(sent, cause=submitted)
    await service.tell(Forgotten(PEOPLE_TOPIC, str(told.JUROR)))


async def tell_applications(service: Living) -> None:
    application_id, jurors = uuid4(), (uuid4(), uuid4())
    reviews = [
        s.ReviewAssigned(review_id=uuid4(), application_id=application_id, challenge_id=uuid4(), juror_id=juror)
        for juror in jurors
    ]
    for review in reviews:
        await service.tell(review)
    await service.tell(s.ReviewRecused(**reviews[0].model_dump(exclude={"blind"})))
    await service.tell(
        s.ConflictDeclared(conflict_id=uuid4(), juror_id=jurors[0], application_id=application_id, kind="family")
    )
    of = {"conflict_id": uuid4(), "juror_id": jurors[1], "application_id": application_id}
    await service.tell(s.ConflictInferred(**of, path=["employer", "shareholder"]))
    await service.tell(s.ConflictDismissed(**of, pinned=False))
    for event in (s.ConflictConfirmed, s.ConflictDismissed):
        await service.tell(event(**{**of, "conflict_id": uuid4(), "juror_id": uuid4()}, pinned=True))


@dataclass(frozen=True)
class Story:
    tell: Callable[[Living], Awaitable[None]]
    table: str
    damage: str
    """Changes one row of the table, and returns its key."""
    column: str


STORIES = {
    "selection": Story(
        tell_selection,
        "candidate",
        "UPDATE candidate SET state = 'submitted' WHERE state = 'declined' RETURNING id::text AS key",
        "state",
    ),
    "incubation": Story(
        tell_incubation, "startup", "UPDATE startup SET name = 'Another' RETURNING id::text AS key", "name"
    ),
    "notifications": Story(
        tell_notifications,
        "coaching",
        f"UPDATE coaching SET coach_id = '{uuid4()}' RETURNING id::text AS key",
        "coach_id",
    ),
    "applications": Story(
        tell_applications,
        "review_reader",
        "UPDATE review_reader SET active = true WHERE NOT active RETURNING id::text AS key",
        "active",
    ),
}


def _dossier(application_id: UUID, revision: int) -> Dossier:
    return Dossier(
        application_id=application_id,
        revision=revision,
        startup="Invented Drops",
        title=f"Ears on the pipes {revision}",
        summary="Invented.",
        salt="0" * 32,
    )


def tables_of(outcome: Outcome) -> dict[str, Any]:
    return {each.rebuilt.table: each for each in outcome.tables}


@pytest.fixture(params=SERVICES)
async def told_service(request: pytest.FixtureRequest, backbone: Backbone) -> AsyncIterator[Living]:
    async with living(request.param, backbone) as service:
        await STORIES[request.param].tell(service)
        yield service


@pytest.fixture
async def selection(backbone: Backbone) -> AsyncIterator[Living]:
    async with living("selection", backbone) as service:
        yield service


@pytest.fixture
async def notifications(backbone: Backbone) -> AsyncIterator[Living]:
    async with living("notifications", backbone) as service:
        yield service


async def test_a_replay_comes_to_the_same_and_leaves_the_living_service_alone(told_service: Living) -> None:
    async with told_service.working():
        await told_service.has_heard_all()
        before = await told_service.group()

        outcome, again = await told_service.replay(), await told_service.replay()

        assert await told_service.group() == before
    assert before[0] == "Stable", "somebody is in the group"
    assert outcome.equal is True
    assert outcome.good
    assert outcome.digest == again.digest
    assert outcome.caught_up is True
    assert outcome.events.handled == len(told_service.sent)
    empty = [each.rebuilt.table for each in outcome.tables if not each.rebuilt.rows]
    assert empty == [], "a table without rows shows nothing"


async def test_a_row_that_was_changed_by_hand_is_named_with_its_column(told_service: Living) -> None:
    story = STORIES[told_service.subject.service]
    async with told_service.working():
        await told_service.has_heard_all()
    (changed,) = await told_service.sql(story.damage)

    outcome = await told_service.replay()

    assert outcome.equal is False
    assert not outcome.good
    unequal = {name: each.difference for name, each in tables_of(outcome).items() if not each.equal}
    assert list(unequal) == [story.table]
    assert unequal[story.table].different == [f"{changed['key']} ({story.column})"]
    assert unequal[story.table].count == 1


async def test_rows_that_were_lost_or_made_up_are_named(selection: Living) -> None:
    await tell_selection(selection)
    async with selection.working():
        await selection.has_heard_all()
    made_up = uuid4()
    (lost,) = await selection.sql("DELETE FROM challenge RETURNING id::text")
    await selection.sql(
        "INSERT INTO challenge (id, version, edition_id, partner, title) VALUES ($1, 1, $1, 'nobody', '{}')", made_up
    )

    difference = tables_of(await selection.replay())["challenge"].difference

    assert difference.missing == [lost["id"]]
    assert difference.extra == [str(made_up)]
    assert difference.count == 2


async def test_the_past_is_what_had_happened_by_then(selection: Living) -> None:
    season = Season(selection=None)  # type: ignore[arg-type]  # only its ids are needed
    applied = Applied(season, (uuid4(),))
    await selection.tell(applied.submitted(), at=NOON)
    await selection.tell(applied.admitted(), at=NOON + timedelta(hours=1))
    await selection.tell(applied.withdrawn(), at=NOON + timedelta(hours=2))

    states = {}
    for hours in (-1, 0, 1, 2):
        target = await selection.empty_database()
        outcome = await _replay_into(selection, target, until=NOON + timedelta(hours=hours))
        found = await rows(target, "SELECT state FROM candidate")
        states[hours] = ([row["state"] for row in found], outcome.events.handled, outcome.events.later)
        await selection.backbone.drop_database(target)

    assert states == {
        -1: ([], 0, 3),
        0: (["submitted"], 1, 2),
        1: (["admitted"], 2, 1),
        2: (["withdrawn"], 3, 0),
    }


async def test_what_was_committed_after_a_later_event_of_its_key_was_not_known(selection: Living) -> None:
    """A clock that was set back must not let a file's end be known before its middle."""
    season = Season(selection=None)  # type: ignore[arg-type]  # only its ids are needed
    applied = Applied(season, (uuid4(),))
    await selection.tell(applied.submitted(), at=NOON)
    await selection.tell(applied.admitted(), at=NOON + timedelta(hours=2))
    await selection.tell(applied.withdrawn(), at=NOON + timedelta(hours=1))

    outcome = await selection.replay(until=NOON + timedelta(hours=1))

    assert (outcome.events.handled, outcome.events.later) == (1, 2)


async def test_the_forgotten_do_not_come_back_in_the_past_either(notifications: Living) -> None:
    forgotten, known = told.person(uuid4()), told.person(uuid4())
    for person in (forgotten, known):
        await notifications.tell(person, at=NOON)
    await notifications.tell(Forgotten(PEOPLE_TOPIC, forgotten.key), at=NOON + timedelta(hours=2))
    async with notifications.working():
        await notifications.has_heard_all()

    target = await notifications.empty_database()
    try:
        await _replay_into(notifications, target, until=NOON + timedelta(hours=1))
        past = await rows(target, "SELECT id FROM contact")
    finally:
        await notifications.backbone.drop_database(target)
    now = await notifications.replay()

    assert [row["id"] for row in past] == [known.person_id]
    assert now.equal
    assert tables_of(now)["contact"].rebuilt.rows == 1


async def test_what_the_service_has_not_heard_yet_makes_no_difference(selection: Living) -> None:
    await tell_selection(selection)
    async with selection.working():
        await selection.has_heard_all()
    heard = len(selection.sent)
    await tell_selection(selection)

    outcome = await selection.replay(wait_seconds=0)

    assert outcome.equal
    assert outcome.good
    assert outcome.caught_up is False
    assert outcome.events.handled == heard
    assert outcome.events.in_flight == len(selection.sent) - heard


async def test_an_event_that_the_service_set_aside_is_named_and_left_out(selection: Living) -> None:
    applied = Applied(Season(selection=None), (uuid4(),))  # type: ignore[arg-type]  # only its ids are needed
    broken = await selection.tell(applied.submitted(), value=b'{"application_id": "nobody"}')
    await selection.tell(applied.admitted())
    async with selection.working():
        await selection.has_heard_all()
        await until(lambda: _counts(selection, 2, "quarantine WHERE released_at IS NULL"), what="both in quarantine")

    compared, alone = await selection.replay(), await selection.replay(compare=False)

    assert compared.equal
    assert compared.good
    assert compared.events.left_out.count == 2
    assert compared.events.left_out.first[0]["event_id"] == str(broken.id)
    assert compared.events.left_out.first[0]["why"].startswith("in quarantine: ")
    assert not alone.good
    assert alone.equal is None
    assert [each["why"].partition(" at ")[0] for each in alone.events.failed.first] == [
        "pydantic_core._pydantic_core.ValidationError",
        "waits behind an earlier event of its key",
    ]


async def test_a_record_that_was_sent_twice_counts_once(selection: Living) -> None:
    challenge = a.ChallengePublished(challenge_id=uuid4(), edition_id=uuid4(), partner="lydec", title={"en": "Water"})
    sent = await selection.tell(challenge)
    await selection.send(sent)

    outcome = await selection.replay(compare=False)

    assert outcome.good
    assert (outcome.events.handled, outcome.events.duplicates) == (1, 1)


async def test_more_than_a_batch_is_handled_in_order_and_a_fault_takes_nothing_else_along(selection: Living) -> None:
    season = Season(selection=None)  # type: ignore[arg-type]  # only its ids are needed
    applied = [Applied(season, (uuid4(),)) for _ in range(BATCH)]
    for each in applied:
        await selection.tell(each.submitted())
    broken = applied[BATCH // 2]
    await selection.tell(broken.admitted(), value=b"{}")
    for each in applied:
        await selection.tell(each.withdrawn())

    outcome = await selection.replay(compare=False)

    assert outcome.events.handled == 2 * BATCH - 1
    assert {each["key"] for each in outcome.events.failed.first} == {str(broken.application_id)}
    assert outcome.events.failed.count == 2
    assert tables_of(outcome)["candidate"].rebuilt.rows == BATCH


async def test_an_effect_is_read_after_its_cause_although_clocks_disagree(selection: Living) -> None:
    challenge = a.ChallengePublished(challenge_id=uuid4(), edition_id=uuid4(), partner="lydec", title={"en": "Water"})
    cause = await selection.tell(challenge, at=NOON)
    person = Person(person_id=uuid4(), name="Invented", email="invented@example.org", language="en")
    effect = await selection.tell(person, at=NOON - timedelta(seconds=5), cause=cause)
    earlier = await selection.tell(_dossier(uuid4(), 1), at=NOON - timedelta(seconds=1))

    async with reading(selection.kafka) as reader:
        spans = await reader.spans(selection.subject.listener.topics)
        found = [read.envelope.id async for read in reader.in_order(spans) if read.envelope]

    assert found == [earlier.id, cause.id, effect.id]


async def test_a_service_without_events_is_replayed_too(selection: Living) -> None:
    outcome = await selection.replay()

    assert outcome.equal
    assert outcome.events.read == 0


async def test_a_topic_that_is_missing_is_named(selection: Living) -> None:
    async with reading(selection.kafka) as reader:
        with pytest.raises(LocalProblem, match="has no topic nowhere"):
            await reader.spans(["nowhere"])


async def _counts(service: Living, wanted: int, table: str) -> bool:
    (found,) = await service.sql(f"SELECT count(*) AS rows FROM {table}")
    return bool(found["rows"] == wanted)


async def _replay_into(service: Living, target: Any, **options: Any) -> Outcome:
    return await replay(service.subject, kafka=service.kafka, into=target.runtime_url, **options)
