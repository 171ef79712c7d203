"""Erases what a service holds on a person or of a file, by its register, and tells how many rows of which table."""

import json
from collections import Counter
from collections.abc import Sequence
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

# A stored answer may show anything of what its request was about, whoever sent it: what names an erased row goes too.
# It would go within a day anyway.
ANSWERS = text(
    """
    DELETE FROM idempotency_keys WHERE actor = :id OR EXISTS (
        SELECT FROM unnest(CAST(:ids AS text[])) AS known WHERE position(convert_to(known, 'UTF8') IN body) > 0
    )
    """
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


class _Erasing:
    """Erases by the register on one connection, counts the rows, and remembers which they were."""

    def __init__(self, register: Register, connection: AsyncConnection) -> None:
        self.register = register
        self.connection = connection
        self.erased: Counter[str] = Counter()
        self.ids: set[str] = set()

    async def act(self, held: Held, rows: ColumnElement[bool], act: Act) -> None:
        table = held.sql
        keys = list(table.primary_key.columns)
        if act is Act.DELETE:
            statement: Any = table.delete().where(rows).returning(*keys)
        else:
            statement = table.update().where(rows, held.is_filled()).values(held.blanks()).returning(*keys)
        met = (await self.connection.execute(statement)).all()
        self.erased[held.name] += len(met)
        self.ids |= {str(row[0]) for row in met}

    async def file(self, application_id: UUID) -> None:
        self.ids.add(str(application_id))
        for held in self.register.held:
            if held.with_file:
                act = Act.DELETE if held.deletes_with_file else Act.BLANK
                await self.act(held, held.with_file(application_id), act)

    async def carried(self, topic: str, key: str, *, actor: str = "") -> None:
        """What the backbone's own tables carry of it: records that wait to be handled or to be sent, stored answers."""
        waiting = await self.connection.execute(OVERTAKEN, {"topic": topic, "key": key})
        self.erased["quarantine"] += waiting.scalar_one()
        self.erased["outbox_pending"] += await drop_unsent(self.connection, [(topic, key)])
        await self.answers(actor=actor)

    async def answers(self, *, actor: str = "") -> None:
        deleted = await self.connection.execute(ANSWERS, {"id": actor, "ids": sorted(self.ids)})
        self.erased["idempotency_keys"] += deleted.rowcount

    @property
    def rows(self) -> dict[str, int]:
        return dict(sorted((+self.erased).items()))


async def erase_person(register: Register, person_id: UUID, work: Work, *, files: Sequence[UUID] = ()) -> PersonErased:
    """Erase what is held on a person, and the files that go with it; tells so, unless that is a repetition.

    The caller's own changes are written first; objects that it loaded before are stale afterwards.
    """
    await work.session.flush()
    connection = await work.session.connection()
    erasing = _Erasing(register, connection)
    for application_id in files:
        await erasing.file(application_id)
    kept: Counter[tuple[str, str]] = Counter()
    for held in register.held:
        if held.act is Act.KEEP:
            kept[held.name, str(held.because)] += await _count(held, held.of(person_id), connection)
        else:
            await erasing.act(held, held.of(person_id), held.act)
    erasing.ids.add(str(person_id))
    await erasing.carried(PEOPLE_TOPIC, str(person_id), actor=str(person_id))
    told = PersonErased(person_id=person_id, erased=erasing.rows, kept=_kept(kept))
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


async def erase_files(register: Register, files: Sequence[UUID], work: Work) -> dict[str, int]:
    """Erase what goes with these files, and nothing of their people; table → rows. To tell of it is the caller's."""
    await work.session.flush()
    erasing = _Erasing(register, await work.session.connection())
    for application_id in files:
        await erasing.file(application_id)
    await erasing.answers()
    return erasing.rows


async def erase_dossier(
    register: Register, application_id: UUID, revision: int, work: Work, *, last: ColumnElement[bool]
) -> DossierErased:
    """Erase one revision of a file; if then `last` holds, also all that goes with the file."""
    await work.session.flush()
    connection = await work.session.connection()
    erasing = _Erasing(register, connection)
    erasing.ids.add(str(application_id))
    for held in register.held:
        if held.with_revision:
            await erasing.act(held, held.with_revision(application_id, revision), Act.DELETE)
    if (await connection.execute(select(last))).scalar_one():
        await erasing.file(application_id)
    await erasing.carried(DOSSIERS_TOPIC, dossier_key(application_id, revision))
    told = DossierErased(application_id=application_id, revision=revision, erased=erasing.rows)
    await _tell(told, work, connection, about={"revision": revision})
    return told


async def was_forgotten(record: type[Forgettable], key: str, work: Work) -> bool:
    """Whether this service sent the key's tombstone before."""
    asked = {"topic": record.TOPIC, "key": key}
    found: bool = (await (await work.session.connection()).execute(BURIED, asked)).scalar_one()
    return found


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
