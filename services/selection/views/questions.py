"""What a call asks: the programme's own words, the same for whoever reads an answer."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.questions import Section, section_from
from services.selection.models import CallForm, Candidate


async def sections_asked(session: AsyncSession, application_id: UUID) -> Sequence[Section]:
    """By the call to which the file was handed in, in the order of its form; empty if its words were never heard."""
    query = (
        select(CallForm.sections)
        .join(Candidate, col(Candidate.call_id) == col(CallForm.id))
        .where(Candidate.id == application_id)
    )
    return [section_from(plain) for plain in (await session.exec(query)).one_or_none() or ()]
