"""Erases what a service holds on a person or of a file, by its register, and tells how many rows of which table."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.erasures import DossierErased, Kept, PersonErased
from shared.events.forgettable import DOSSIERS_TOPIC, PEOPLE_TOPIC, Forgettable, dossier_key
from shared.outbox import drop_unsent
from shared.personal.register import Act, Held, Register
from shared.work import Work

# A stored answer may show anything on whom its request was about, whoever sent it. It would go within a day anyway.
ANSWERS = text(
    "DELETE FROM idempotency_keys WHERE actor = :id OR position(convert_to(CAST(:id AS text), 'UTF8') IN body) > 0"
)

# Records of the key that waited in quarantine: the tombstone ended their stay in this very transaction.
OVERTAKEN = text(
    """
    SELECT count(*) FROM quarantine
    WHERE topic = :topic AND key = :key AND reason = 'superseded' AND released_at = now()
    """
)

BURIED = text("SELECT EXISTS (SELECT FROM tombstone WHERE topic = :topic AND key = :key)")

TOLD_BEFORE = text(
    """
    SELECT EXISTS (
        SELECT FROM event_log
        WHERE subject = :subject AND type = :type AND convert_from(value, 'UTF8')::jsonb @> CAST(:about AS jsonb)
    )
    """
)


async def erase_person(register: Register, person_id: UUID, work: Work, *, files: Sequence[UUID] = ()) -> PersonErased:
    """Erase what is held on a person, and the files that go with it; tells so, unless that is a repetition.

    The caller's own changes are written first; objects that it loaded before are stale afterwards.
    """
    erased: Counter[str] = Counter(await erase_files(register, files, work))
    connection = await work.session.connection()
    kept: Counter[tuple[str, str]] = Counter()
    for held in register.held:
        rows = await _act(held, held.of(person_id), held.act, connection)
        if held.act is Act.KEEP:
            kept[held.name, str(held.because)] += rows
        else:
            erased[held.name] += rows
    erased += await _erase_carried(PEOPLE_TOPIC, str(person_id), person_id, connection)
    told = PersonErased.model_validate(
        {
            "person_id": person_id,
            "erased": dict(sorted((+erased).items())),
            "kept": _kept(kept),
        }
    )
    await _tell(told, work, connection, about={"person_id": str(person_id)})
    return told


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What erasing a person would do, in numbers."""

    erased: dict[str, int]
    kept: list[Kept]


async def survey_person(register: Register, person_id: UUID, work: Work, *, files: Sequence[UUID] = ()) -> Survey:
    """What would be erased and kept if the person were forgotten with these files; nothing is changed."""
    connection = await work.session.connection()
    erased: Counter[str] = Counter()
    kept: Counter[tuple[str, str]] = Counter()
    for held in register.held:
        theirs = held.of(person_id)
        going = or_(false(), *(held.with_file(each) for each in files)) if held.with_file else false()
        if held.act is Act.KEEP:
            erased[held.name] += await _count(held, going, connection)
            kept[held.name, str(held.because)] += await _count(held, and_(theirs, not_(going)), connection)
        else:
            erased[held.name] += await _count(held, or_(theirs, going), connection)
    return Survey(erased=dict(sorted((+erased).items())), kept=_kept(kept))


async def erase_files(
    register: Register, files: Sequence[UUID], work: Work, *, answers_about: Iterable[UUID] = ()
) -> dict[str, int]:
    """Erase what goes with these files, and nothing of their people; table → rows. To tell of it is the caller's.

    Stored answers that name a file, or one of `answers_about`, are deleted.
    """
    await work.session.flush()
    connection = await work.session.connection()
    erased: Counter[str] = Counter()
    for application_id in files:
        erased += await _erase_file(register, application_id, connection)
    for id_ in (*files, *answers_about):
        erased["idempotency_keys"] += (await connection.execute(ANSWERS, {"id": str(id_)})).rowcount
    return dict(sorted((+erased).items()))


async def erase_dossier(
    register: Register, application_id: UUID, revision: int, work: Work, *, last: ColumnElement[bool] | None = None
) -> DossierErased:
    """Erase one revision of a file; if then `last` holds, also all that goes with the file."""
    await work.session.flush()
    connection = await work.session.connection()
    erased: Counter[str] = Counter()
    for held in register.held:
        if held.with_revision:
            erased[held.name] += await _act(held, held.with_revision(application_id, revision), Act.DELETE, connection)
    if last is not None and (await connection.execute(select(last))).scalar_one():
        erased += await _erase_file(register, application_id, connection)
    key = dossier_key(application_id, revision)
    erased += await _erase_carried(DOSSIERS_TOPIC, key, application_id, connection)
    told = DossierErased(application_id=application_id, revision=revision, erased=dict(sorted((+erased).items())))
    await _tell(told, work, connection, about={"revision": revision})
    return told


async def was_forgotten(record: type[Forgettable], key: str, work: Work) -> bool:
    """Whether this service sent the key's tombstone before."""
    asked = {"topic": record.TOPIC, "key": key}
    found: bool = (await (await work.session.connection()).execute(BURIED, asked)).scalar_one()
    return found


async def _erase_file(register: Register, application_id: UUID, connection: AsyncConnection) -> Counter[str]:
    erased: Counter[str] = Counter()
    for held in register.held:
        if held.with_file:
            act = Act.DELETE if held.deletes_with_file else Act.BLANK
            erased[held.name] += await _act(held, held.with_file(application_id), act, connection)
    return erased


async def _erase_carried(topic: str, key: str, id_: UUID, connection: AsyncConnection) -> Counter[str]:
    """What the backbone's own tables carry of it: stored answers, records that wait to be sent or to be handled."""
    answers = await connection.execute(ANSWERS, {"id": str(id_)})
    waiting = await connection.execute(OVERTAKEN, {"topic": topic, "key": key})
    return Counter(
        idempotency_keys=answers.rowcount,
        quarantine=waiting.scalar_one(),
        outbox_pending=await drop_unsent(connection, [(topic, key)]),
    )


async def _act(held: Held, rows: ColumnElement[bool], act: Act, connection: AsyncConnection) -> int:
    """How many rows it met."""
    table, filled = held.sql, and_(rows, held.is_filled())
    if act is Act.DELETE:
        return (await connection.execute(table.delete().where(rows))).rowcount
    if act is Act.BLANK:
        return (await connection.execute(table.update().where(filled).values(held.blanks()))).rowcount
    return await _count(held, rows, connection)


async def _count(held: Held, rows: ColumnElement[bool], connection: AsyncConnection) -> int:
    query = select(func.count()).select_from(held.sql).where(rows, held.is_filled())
    counted: int = (await connection.execute(query)).scalar_one()
    return counted


def _kept(rows_by: Counter[tuple[str, str]]) -> list[Kept]:
    return [
        Kept.model_validate({"table": table, "rows": rows, "because": because})
        for (table, because), rows in sorted((+rows_by).items())
    ]


async def _tell(
    told: PersonErased | DossierErased, work: Work, connection: AsyncConnection, *, about: dict[str, Any]
) -> None:
    """A tombstone comes twice, so that Kafka compacts it away: what was told is told again only if more was erased."""
    asked = {"subject": told.subject, "type": told.TYPE, "about": json.dumps(about)}
    if told.erased or not (await connection.execute(TOLD_BEFORE, asked)).scalar_one():
        work.publish(told)
