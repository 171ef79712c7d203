"""Batches of events on real Kafka and PostgreSQL: one transaction, and each event still as if it came alone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import MetaData, event, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.database import NAMING, new_id
from shared.database import Table as SharedTable
from shared.database.successive import ASKING, SuccessiveSession
from shared.events import Envelope, Person
from shared.messaging import Consumer, Handling
from shared.messaging.batching import Batches
from shared.work import Work
from tests.support.backbone import NoteWritten, Rig, rig, running, until
from tests.support.stack import Backbone

TABLES = (
    "CREATE TABLE noted (id uuid PRIMARY KEY, version integer NOT NULL, subject_id uuid NOT NULL, text text)",
    "CREATE TABLE promised (noted_id uuid REFERENCES noted DEFERRABLE INITIALLY DEFERRED)",
)


class Table(SharedTable):
    metadata = MetaData(naming_convention=NAMING)


class Noted(Table, table=True):
    """A row of effect, written by the ORM."""

    __tablename__ = "noted"

    subject_id: UUID
    text: str


@pytest.fixture
async def service(backbone: Backbone) -> Any:
    async with rig(backbone, tables=TABLES) as made:
        yield made


async def records_of(service: Rig, *notes: tuple[UUID, str]) -> list[Any]:
    """Notes as they come out of Kafka, in the order in which they were written."""
    for subject, note in notes:
        await service.note(subject, note)
    async with running(service.relay().run()):
        found = await service.records(len(notes))
    order = {note: number for number, (_, note) in enumerate(notes)}
    return sorted(found, key=lambda record: order[NoteWritten.from_bytes(record.value).text])


async def handled_together(handling: Handling, records: list[Any]) -> list[int]:
    """Handle as one poll; the sizes of the transactions that were not undone."""
    batches = Batches(handling)
    return [len(batch) async for batch in batches.handle(records, wanted=lambda _: True) if batch]


def total(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_batch_is_one_transaction(service: Rig) -> None:
    subjects = [uuid4(), uuid4()]
    records = await records_of(service, *((subjects[number % 2], str(number)) for number in range(20)))

    sizes = await handled_together(service.handling(), records)

    assert sizes == [20]
    assert await service.scalar("SELECT count(DISTINCT xmin::text) FROM effect") == 1
    assert [note for _, note in await service.effects()] == [str(number) for number in range(20)]
    assert await service.scalar("SELECT sum(gaps)::int FROM inbox_head") == 0
    assert await service.scalar("SELECT array_agg(sequence::int) FROM inbox_head") == [10, 10]


async def test_repeats_within_a_batch_and_of_an_earlier_one_have_no_effect(service: Rig) -> None:
    subject = uuid4()
    first, second, third = await records_of(service, (subject, "a"), (subject, "b"), (subject, "c"))
    handling = service.handling()

    await handled_together(handling, [first, second, second])
    await handled_together(handling, [first, third, second, third])

    assert [note for _, note in await service.effects()] == ["a", "b", "c"]
    assert total("datacity_events_handled_total", service=service.name, topic=service.topic, outcome="duplicate") == 4


@pytest.mark.parametrize(
    ("came", "gaps", "head"),
    [
        ([1, 2, 3, 4], 0, 4),
        ([1, 3, 4], 1, 4),
        ([2, 4], 2, 4),
        ([3, 1, 2, 4], 1, 4),
        ([4, 4, 3], 1, 4),
    ],
)
async def test_gaps_are_counted_in_a_batch_as_they_are_one_by_one(
    service: Rig, came: list[int], gaps: int, head: int
) -> None:
    other = uuid4()
    subject = uuid4()
    notes = await records_of(service, *((subject, str(number)) for number in range(1, 5)), (other, "other"))
    records = [notes[number - 1] for number in came]
    alone = service.handling()

    await handled_together(service.handling(), [notes[4], *records])
    together = await service.scalar(f"SELECT ARRAY[gaps, sequence]::int[] FROM inbox_head WHERE subject = '{subject}'")
    async with service.works.begin() as work:
        await (await work.session.connection()).execute(text("DELETE FROM inbox_head"))
        await (await work.session.connection()).execute(text("DELETE FROM inbox"))
    for record in records:
        await alone.handle(record)
    one_by_one = await service.scalar(
        f"SELECT ARRAY[gaps, sequence]::int[] FROM inbox_head WHERE subject = '{subject}'"
    )

    assert together == one_by_one == [gaps, head]


async def test_a_gap_between_two_batches_is_counted(service: Rig) -> None:
    subject = uuid4()
    notes = await records_of(service, *((subject, str(number)) for number in range(1, 7)))
    handling = service.handling()

    await handled_together(handling, notes[:2])
    await handled_together(handling, [notes[4], notes[2], notes[5]])

    assert await service.scalar("SELECT ARRAY[gaps, sequence]::int[] FROM inbox_head") == [1, 6]
    assert total("datacity_event_gaps_total", service=service.name, topic=service.topic) == 2


async def test_what_a_batch_publishes_is_written_in_order_each_with_its_own_cause(service: Rig) -> None:
    subject, told = uuid4(), uuid4()
    records = await records_of(service, *((subject, str(number)) for number in range(6)))
    person = Person(person_id=uuid4(), name="Aya", email="aya@example.org")

    async def tell(event: NoteWritten, work: Work) -> None:
        work.publish(NoteWritten(subject_id=told, text=f"after {event.text}"))
        if event.text == "2":
            work.remember(person)
            work.forget(Person, key=person.key)

    await handled_together(service.handling(tell), records)

    async with service.works.engine.connect() as connection:
        logged = (
            await connection.execute(
                text("SELECT * FROM event_log WHERE subject = :told ORDER BY position"), {"told": str(told)}
            )
        ).all()
        pending = (await connection.execute(text("SELECT * FROM outbox_pending ORDER BY position"))).all()
    assert [NoteWritten.from_bytes(row.value).text for row in logged] == [f"after {number}" for number in range(6)]
    assert [row.sequence for row in logged] == [1, 2, 3, 4, 5, 6]
    causes = [Envelope.from_record(record) for record in records]
    assert [row.causation_id for row in logged] == [str(cause.id) for cause in causes]
    assert [row.correlation_id for row in logged] == [cause.correlation_id for cause in causes]
    assert [row.logged_at for row in pending if row.logged_at] == [row.position for row in logged]
    of_person = [row for row in pending if row.envelope]
    assert [row.envelope["sequence"] for row in of_person] == [1, 2]
    assert [row.value for row in of_person] == [person.to_bytes(), None]
    assert pending.index(of_person[0]) == 3


async def test_each_event_of_a_batch_sees_what_the_ones_before_it_changed_as_from_a_session_of_its_own(
    service: Rig,
) -> None:
    subject = uuid4()
    records = await records_of(service, *((subject, note) for note in ("add", "sql", "orm", "read")))
    row_id, seen = new_id(), []

    async def change(event: NoteWritten, work: Work) -> None:
        match event.text:
            case "add":
                work.session.add(Noted(id=row_id, subject_id=subject, text="added"))
            case "sql":
                connection = await work.session.connection()
                await connection.execute(text("UPDATE noted SET text = text || ', by SQL'"))
            case "orm":
                row = await work.session.get_one(Noted, row_id)
                row.text += ", by the ORM"
            case _:
                mine = Noted(subject_id=subject, text="mine")
                work.session.add(mine)
                seen.append((await work.session.exec(select(Noted.text).where(Noted.id == row_id))).one())
                mine.text = "mine, changed after a query"

    sizes = await handled_together(service.handling(change), records)

    assert sizes == [4]
    assert seen == ["added, by SQL, by the ORM"]
    assert await service.scalar("SELECT text FROM noted WHERE id <> :id", id=row_id) == "mine, changed after a query"
    assert await service.scalar("SELECT version FROM noted WHERE id = :id", id=row_id) == 2


async def test_rows_that_handlers_only_add_are_inserted_together(service: Rig) -> None:
    records = await records_of(service, *((uuid4(), str(number)) for number in range(30)))
    inserts: list[str] = []

    @event.listens_for(service.works.engine.sync_engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO noted"):
            inserts.append(statement)

    batch_of = Handling(listening(service, add_row), service.works)
    await handled_together(batch_of, records)

    assert len(inserts) == 1
    assert await service.scalar("SELECT count(*) FROM noted") == 30


async def add_row(event: NoteWritten, work: Work) -> None:
    work.session.add(Noted(subject_id=event.subject_id, text=event.text))


def listening(service: Rig, handler: Callable[[NoteWritten, Work], Awaitable[None]]) -> Any:
    from shared.messaging import Listener

    listens = Listener(service.name)
    listens.to(service.topic)(handler)
    return listens


def test_every_way_to_ask_the_database_settles_what_came_before() -> None:
    """A new version of SQLAlchemy or SQLModel may bring another: it belongs into `ASKING`, or into this list."""
    ask_nothing = {"rollback", "commit", "close", "reset", "aclose", "invalidate", "close_all", "flush"}
    asking = {
        name
        for name in dir(AsyncSession)
        if not name.startswith("_") and asyncio.iscoroutinefunction(getattr(AsyncSession, name))
    }

    assert asking - ask_nothing == set(ASKING)
    assert all(getattr(SuccessiveSession, name) is not getattr(AsyncSession, name) for name in (*ASKING, "flush"))


@pytest.mark.parametrize("place", ["in a handler", "at the end"])
async def test_a_batch_that_fails_leaves_nothing_and_each_event_gets_its_effect_nevertheless(
    service: Rig, place: str
) -> None:
    subject = uuid4()
    records = await records_of(service, *((subject, str(number)) for number in range(12)))
    failed: set[str] = set()

    async def fail_once(event: NoteWritten, work: Work) -> None:
        if event.text == "7" and "7" not in failed:
            failed.add("7")
            if place == "in a handler":
                raise RuntimeError(event.text)
            connection = await work.session.connection()
            await connection.execute(text("INSERT INTO promised VALUES (gen_random_uuid())"))  # refused at the commit

    before = total("datacity_batch_fallbacks_total", service=service.name)
    sizes = await handled_together(service.handling(fail_once), records)

    assert [note for _, note in await service.effects()] == [str(number) for number in range(12)]
    assert sum(sizes) == 12
    assert len(sizes) > 1
    assert total("datacity_batch_fallbacks_total", service=service.name) == before + 1
    assert await service.scalar("SELECT count(*) FROM quarantine") == 0


async def test_a_record_that_is_not_ours_divides_its_batch_and_is_parked_alone(service: Rig) -> None:
    notes = await records_of(service, *((uuid4(), str(number)) for number in range(5)))
    notes[2] = replace(notes[2], headers=[("ce_id", b"not-a-uuid")])

    await handled_together(service.handling(), notes)

    assert [note for _, note in await service.effects()] == ["0", "1", "3", "4"]
    assert await service.scalar("SELECT count(*) FROM quarantine WHERE next_attempt_at IS NULL") == 1


async def test_many_failing_events_cost_a_poll_no_more_than_the_patience(service: Rig) -> None:
    notes = await records_of(service, *((uuid4(), str(number)) for number in range(24)))

    async def choke(event: NoteWritten, work: Work) -> None:
        if int(event.text) % 3:
            raise RuntimeError(event.text)

    handling = Handling(service.listener(choke), service.works, patience_seconds=0.4)
    pauses = 0.0
    sleep = asyncio.sleep

    async def note_pause(seconds: float, *rest: Any) -> None:
        nonlocal pauses
        pauses += seconds
        await sleep(seconds, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.messaging.patience.asyncio.sleep", note_pause)
        await handled_together(handling, notes)

    assert 0 < pauses <= 0.4
    assert len(await service.effects()) == 8
    assert await service.scalar("SELECT count(*) FROM quarantine WHERE next_attempt_at IS NOT NULL") == 16


async def test_a_handler_that_hangs_is_set_aside_like_one_that_fails(service: Rig) -> None:
    notes = await records_of(service, (uuid4(), "hangs"), (uuid4(), "flows"))

    async def hang(event: NoteWritten, work: Work) -> None:
        if event.text == "hangs":
            await asyncio.Event().wait()

    handling = service.handling(hang, budget=60)
    handling.longest_seconds = 0.5
    await handled_together(handling, notes)

    assert [note for _, note in await service.effects()] == ["flows"]
    assert await service.scalar("SELECT error FROM quarantine") is not None


async def test_two_copies_of_a_batch_at_the_same_time_have_one_effect(service: Rig) -> None:
    notes = await records_of(service, *((uuid4(), str(number)) for number in range(40)))

    await asyncio.gather(
        handled_together(service.handling(), notes), handled_together(service.handling(), list(reversed(notes)))
    )

    assert sorted(int(note) for _, note in await service.effects()) == list(range(40))


async def test_a_consumer_works_off_a_full_topic_in_batches(service: Rig) -> None:
    subjects = [uuid4() for _ in range(20)]
    async with service.works.begin() as work:
        for number in range(400):
            work.publish(NoteWritten(subject_id=subjects[number % 20], text=str(number)))
    async with running(service.relay().run()):
        await service.records(400)
    async with running(Consumer(service.handling(), kafka=service.kafka).run()):
        await until(lambda: effects_are(service, 400), seconds=60, what="400 effects")

    assert await service.scalar("SELECT count(DISTINCT xmin::text) FROM effect") < 40
    told: dict[str, list[int]] = {}
    for subject, note in await service.effects():
        told.setdefault(subject, []).append(int(note))
    assert all(numbers == sorted(numbers) for numbers in told.values())


async def effects_are(service: Rig, count: int) -> bool:
    return len(await service.effects()) >= count
