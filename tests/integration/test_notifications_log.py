"""The event log: every event once, in order, unchangeable, and shown to those who may see it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from services.notifications.models import METADATA
from shared.database.engine import asyncpg_dsn
from shared.events.notifications import MailSent
from shared.events.selection import RankedFile, RankingFrozen, ReviewSubmitted
from shared.messaging import Outcome
from tests.support.backbone import BACKBONE_TABLES
from tests.support.notifications import (
    APPLICATION,
    CHALLENGE,
    JUROR,
    LEAD,
    MEMBER,
    Service,
    challenge_published,
    coach_assigned,
    drafted,
    edition,
    milestone_approved,
    notifications,
    person,
    record_of,
    review_assigned,
    revised,
    selected,
    submitted,
)
from tests.support.stack import Backbone


@pytest.fixture
async def service(backbone: Backbone) -> AsyncIterator[Service]:
    async with notifications(backbone) as made:
        yield made


async def test_the_migrated_database_is_the_one_that_the_models_describe(service: Service) -> None:
    engine = create_async_engine(service.owner_url, poolclass=pool.NullPool)
    options = {
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "table" or name not in BACKBONE_TABLES,
    }
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts=options), METADATA)
        )

    assert differences == []


async def test_an_event_is_recorded_once_with_its_exact_bytes(service: Service) -> None:
    envelope = await service.hear(submitted())

    page = await service.get("/events", "staff")
    assert [entry["type"] for entry in page["items"]] == ["io.datacity.application.submitted.v1"]
    shown = await service.get("/events/1", "auditor")
    assert base64.b64decode(shown["value"]) == envelope.value
    assert shown["file"] == str(APPLICATION)
    assert shown["data"]["revision"] == 1


async def test_a_type_that_this_version_does_not_know_is_recorded(service: Service) -> None:
    unknown = replace(
        service.envelope(drafted()),
        type="io.datacity.application.translated.v9",
        value=b'{"application_id": "x", "n": 1e400}',
    )

    await service.hear(unknown)

    shown = await service.get("/events/1", "staff")
    assert shown["type"] == "io.datacity.application.translated.v9"
    assert base64.b64decode(shown["value"]) == unknown.value
    assert shown["data"] is None  # no number of the database is that large


async def test_bytes_that_no_database_can_read_are_recorded_all_the_same(service: Service) -> None:
    values = [b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b"\xff\xfe", b"NaN", b"[" * 5000, b"", None]

    for value in values:
        await service.hear(replace(service.envelope(drafted()), type="io.datacity.strange.v1", value=value))

    rows = await service.rows("SELECT value, data FROM entry ORDER BY position")
    assert [tuple(row) for row in rows] == [(value, None) for value in values]


async def test_the_log_cannot_be_changed_not_even_by_its_owner(service: Service) -> None:
    await service.hear(submitted())

    for url in (service.owner_url, service.settings.database_url.get_secret_value()):
        connection = await asyncpg.connect(asyncpg_dsn(url))
        try:
            for sql in ("UPDATE entry SET actor = 'x'", "DELETE FROM entry", "TRUNCATE entry"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(sql)
        finally:
            await connection.close()


async def test_positions_are_one_two_three_in_the_order_of_commits(service: Service) -> None:
    files = [uuid4() for _ in range(40)]

    async def hear(file: UUID) -> None:
        await service.hear(drafted(file), twice=False)
        await service.hear(submitted(file), twice=False)

    await asyncio.gather(*(hear(file) for file in files))

    rows = await service.rows("SELECT position, recorded_at FROM entry ORDER BY position")
    assert [row.position for row in rows] == list(range(1, 81))
    assert [row.recorded_at for row in rows] == sorted(row.recorded_at for row in rows)


async def test_our_own_events_are_recorded_with_their_file_and_told_to_nobody(service: Service) -> None:
    await service.hear_person(person())
    about = await service.hear(submitted())
    sent = MailSent(mail_id=uuid4(), person_id=LEAD, about_event_id=about.id, template="submitted", language="fr")

    await service.hear(sent, cause=about)

    told = await service.get("/events", "staff", params={"service": "notifications"})
    assert [entry["file"] for entry in told["items"]] == [str(APPLICATION)]
    assert await service.scalar("SELECT count(*) FROM mail") == 1


async def test_each_filter_narrows_and_pages_follow_each_other(service: Service) -> None:
    other = uuid4()
    draft = await service.hear(drafted(), actor=str(LEAD))
    await service.hear(submitted(), cause=draft)
    await service.hear(drafted(other))
    await service.hear(selected())

    async def types(**params: object) -> list[str]:
        page = await service.get("/events", "staff", params=params)
        return [entry["type"].split(".")[3] for entry in page["items"]]

    assert await types(file=str(APPLICATION)) == ["drafted", "submitted", "selected"]
    assert await types(type=["io.datacity.application.drafted.v1", "io.datacity.application.selected.v1"]) == [
        "drafted", "drafted", "selected",
    ]  # fmt: skip
    assert await types(service="selection") == ["selected"]
    assert await types(subject=str(other)) == ["drafted"]
    assert await types(correlation=draft.correlation_id) == ["drafted", "submitted"]
    assert await types(actor=str(LEAD)) == ["drafted"]
    assert await types(**{"from": "2017-02-28T22:10:00Z", "to": "2017-02-28T22:10:00.000001Z"}) == [
        "drafted", "submitted", "drafted", "selected",
    ]  # fmt: skip
    assert await types(to="2017-02-28T22:10:00Z") == []
    assert await types(order="desc") == ["selected", "drafted", "submitted", "drafted"]

    first = await service.get("/events", "staff", params={"limit": 3, "order": "desc"})
    second = await service.get("/events", "staff", params={"limit": 3, "order": "desc", "cursor": first["next"]})
    assert [entry["position"] for entry in first["items"] + second["items"]] == [4, 3, 2, 1]
    assert second["next"] is None


async def test_a_missing_and_a_repeated_number_are_gaps(service: Service) -> None:
    await service.hear(drafted())
    assert (await service.get("/events/gaps", "staff")) == {"head": 1, "gaps": []}

    await service.hear(submitted(), sequence=4)
    await service.hear(revised(), sequence=4)

    gaps = (await service.get("/events/gaps", "auditor"))["gaps"]
    assert [(gap["before"], gap["after"], gap["kind"]) for gap in gaps] == [(1, 4, "missing"), (4, 4, "repeated")]


async def test_an_event_that_does_not_fit_its_contract_waits_in_quarantine(service: Service) -> None:
    spoilt = replace(service.envelope(submitted()), value=b'{"application_id": 5}')

    assert await service.handling.handle(record_of(spoilt)) is Outcome.PARKED

    assert await service.scalar("SELECT count(*) FROM entry") == 0
    waiting = await service.get("/operations/quarantine", "staff")
    assert len(waiting["events"]) == 1


async def test_the_timeline_tells_staff_what_led_to_what(service: Service) -> None:
    draft = await service.hear(drafted(), actor=str(LEAD))
    handed_in = await service.hear(submitted(), cause=draft)
    await service.hear(
        replace(service.envelope(review_assigned(), cause=handed_in), time=handed_in.time.replace(minute=11))
    )

    lines = (await service.get(f"/files/{APPLICATION}/timeline", "staff"))["lines"]

    assert [line["type"].split(".")[2:4] for line in lines] == [
        ["application", "drafted"], ["application", "submitted"], ["review", "assigned"],
    ]  # fmt: skip
    assert lines[1]["caused_by_type"] == "io.datacity.application.drafted.v1"
    assert lines[2]["caused_by"] == str(handed_in.id)
    assert lines[2]["seconds_after_cause"] == 60.0
    assert lines[2]["seconds_since_previous"] == 60.0


async def test_an_applicant_reads_the_own_story_without_the_jury(service: Service) -> None:
    await service.hear(drafted(), actor=str(LEAD))
    await service.hear(submitted(), actor=str(LEAD))
    await service.hear(review_assigned(), actor=str(uuid4()))
    await service.hear(selected())
    await service.hear(coach_assigned())
    await service.hear(milestone_approved())

    for who in (LEAD, MEMBER):
        story = await service.get(f"/files/{APPLICATION}/timeline", "applicant", person_id=str(who))

        assert [line["type"].split(".")[3] for line in story["lines"]] == [
            "drafted", "submitted", "selected", "coach-assigned", "approved",
        ]  # fmt: skip
        assert set(story["lines"][0]) == {"id", "time", "type", "seconds_since_previous", "data"}
        shown = json.dumps(story)
        assert "review" not in shown
        for hidden in (JUROR, LEAD, MEMBER):
            assert str(hidden) not in shown


async def test_another_applicants_file_is_not_there(service: Service) -> None:
    await service.hear(drafted())

    stranger = await service.get(f"/files/{APPLICATION}/timeline", "applicant", person_id=str(uuid4()), status=404)
    nothing = await service.get(f"/files/{uuid4()}/timeline", "applicant", person_id=str(LEAD), status=404)

    assert stranger["detail"] == nothing["detail"]


async def test_the_log_is_for_staff_and_auditors(service: Service) -> None:
    for path in ("/events", "/events/1", "/events/gaps", "/events/stream", "/mails", "/summary"):
        await service.get(path, status=401)
        for role in ("applicant", "juror", "partner", "city", "coach"):
            await service.get(path, role, status=403)


async def test_the_log_shows_no_scores_to_staff_who_judge(service: Service) -> None:
    scores = {"team_quality": 9}
    told = [
        ReviewSubmitted(
            review_id=uuid4(),
            application_id=APPLICATION,
            challenge_id=CHALLENGE,
            juror_id=uuid4(),
            revision=1,
            scores=scores,
        ),
        RankingFrozen(
            ranking_id=uuid4(),
            challenge_id=CHALLENGE,
            edition_id=uuid4(),
            method="weighted-mean/1",
            inputs_digest="0" * 64,
            files=[RankedFile(application_id=APPLICATION, rank=1, score=87.5, reviews=1)],
        ),
    ]
    for event in told:
        await service.hear(event)

    for roles, sees in ((("staff",), True), (("staff", "juror"), False), (("auditor", "juror"), False)):
        listed = (await service.get("/events", *roles))["items"]
        exact = [await service.get(f"/events/{position}", *roles) for position in (1, 2)]
        (line,) = (await service.get(f"/files/{APPLICATION}/timeline", *roles))["lines"]

        assert [entry["position"] for entry in listed] == [1, 2]
        assert [entry["value"] is not None for entry in exact] == [sees, sees]
        assert [entry["value_sha256"] is not None for entry in exact] == [sees, sees]
        assert [("scores" in each["data"]) for each in (listed[0], exact[0], line)] == [sees] * 3
        assert [("files" in each["data"]) for each in (listed[1], exact[1])] == [sees] * 2


async def test_the_log_says_where_it_ends(service: Service) -> None:
    await service.hear(edition())
    await service.hear(challenge_published())

    refusal = await service.get("/events/3", "staff", status=404)

    assert refusal["head"] == 2
    assert (await service.get("/events", "staff", params={"subject": str(CHALLENGE)}))["items"][0]["position"] == 2
