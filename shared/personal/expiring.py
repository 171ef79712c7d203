"""Erases personal data whose time has come, as its columns say, in small batches, and tells how many rows of what."""

import asyncio
from collections import Counter

import structlog
from sqlalchemy import and_, select

from shared.database import new_id
from shared.events.erasures import PersonalDataExpired
from shared.personal.purposes import Purpose
from shared.personal.register import Act, Held, Register
from shared.work import Work, Works

log = structlog.get_logger(__name__)

BATCH = 200
EVERY_SECONDS = 3600.0


async def expire_personal_data(works: Works, register: Register) -> None:
    """For ever, every hour; beside a second worker each row is erased once, as both skip what the other holds."""
    while True:
        async with works.begin() as work:
            expired = await expire_batch(register, work)
        if not expired:
            await asyncio.sleep(EVERY_SECONDS)


async def expire_batch(register: Register, work: Work) -> Counter[str]:
    """Erase up to BATCH rows of each table; none left, nothing is told."""
    expired: Counter[str] = Counter()
    for held in register.held:
        for purpose, columns in _limited(held).items():
            expired[held.name] += await _expire(held, purpose, columns, work)
    expired = +expired
    if expired:
        work.publish(PersonalDataExpired(expiry_id=new_id(), expired=dict(sorted(expired.items()))))
        log.info("personal_data_expired", rows=expired.total())
    return expired


def _limited(held: Held) -> dict[Purpose, tuple[str, ...]]:
    """The purposes among a table's columns that end by time, with their columns. A copy that goes with its source, or
    an id that says nothing of anybody, has no time of its own."""
    found: dict[Purpose, tuple[str, ...]] = {}
    for name, purpose in held.purposes.items():
        if purpose.keeps is not None:
            found[purpose] = (*found.get(purpose, ()), name)
    return found


async def _expire(held: Held, purpose: Purpose, columns: tuple[str, ...], work: Work) -> int:
    if purpose.keeps is None:
        return 0
    part = Held(table=held.table, columns=columns, of=held.of)
    table, since = held.sql, held.sql.c[purpose.since]
    keys = list(table.primary_key.columns)
    due = (
        select(*keys)
        .where(and_(since < work.now - purpose.keeps, part.is_filled()))
        .order_by(since)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    connection = await work.session.connection()
    found = (await connection.execute(due)).all()
    if not found:
        return 0
    (key,) = keys
    these = key.in_([row[0] for row in found])
    if held.act is Act.DELETE:
        return (await connection.execute(table.delete().where(these))).rowcount
    return (await connection.execute(table.update().where(these).values(part.blanks()))).rowcount
