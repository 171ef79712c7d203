"""Whom a published ranking concerns, by what the log says of it: it names nobody itself."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.domain.journal import JURY_APPOINTED, RANKING_FROZEN
from services.notifications.models import Entry

RANKED = text(
    """
    SELECT EXISTS (
        SELECT FROM entry AS frozen, jsonb_array_elements(frozen.data -> 'files') AS line
        JOIN file_member ON file_member.file_id::text = line ->> 'application_id'
        WHERE frozen.type = :type AND frozen.subject = :ranking AND file_member.person_id = :person
    )
    """
)
# The last word on who sits there; before a ranking is frozen, jurors may come and go.
JUDGES = text(
    """
    SELECT data -> 'juror_ids' ? :person FROM entry
    WHERE type = :type AND subject = :jury ORDER BY position DESC LIMIT 1
    """
)


async def is_ranked(session: AsyncSession, told: Entry, person: UUID) -> bool:
    """Whether a file of this person's team stands in the ranking that an event tells of."""
    values = {"type": RANKING_FROZEN, "ranking": told.subject, "person": person}
    return bool((await (await session.connection()).execute(RANKED, values)).scalar())


async def judges(session: AsyncSession, told: Entry, person: UUID) -> bool:
    """Whether this person sits in the jury whose ranking an event tells of."""
    values = {"type": JURY_APPOINTED, "jury": told.data.get("jury_id", ""), "person": str(person)}
    return bool((await (await session.connection()).execute(JUDGES, values)).scalar())
