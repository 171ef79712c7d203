"""Reads from the log what was told of a person's wish to be forgotten."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.domain import erasures
from services.notifications.domain.erasures import DOSSIER_ERASED, OF_PERSON, Report
from services.notifications.models import Entry
from shared.events.forgettable import HOLDERS


async def report(session: AsyncSession, person_id: UUID) -> Report | None:
    """None if the log knows of no such wish."""
    of_person = select(Entry).where(col(Entry.subject) == str(person_id), col(Entry.type).in_(OF_PERSON))
    told = (await session.exec(of_person.order_by(col(Entry.position)))).all()
    files = {application_id for application_id, _ in erasures.dossiers_in(told)}
    of_files = select(Entry).where(col(Entry.subject).in_(files), col(Entry.type) == DOSSIER_ERASED)
    of_dossiers = (await session.exec(of_files.order_by(col(Entry.position)))).all() if files else []
    return erasures.report(str(person_id), told, of_dossiers, holders=HOLDERS)
