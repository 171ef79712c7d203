"""Letters to many that wait as drafts: how many, to whom by language, and one of each as it will be read."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications import drafting
from services.notifications.models import Contact, Entry, Mail


@dataclass(kw_only=True)
class Draft:
    """The letters of one template that one act brought about."""

    template: str
    correlation_id: str
    since: datetime
    until: datetime
    """When the last of them was drafted."""
    languages: dict[str, int] = field(default_factory=dict)
    """How many in which; of those to whom one can write."""
    unknown: int = 0
    samples: dict[str, UUID] = field(default_factory=dict)

    @property
    def letters(self) -> int:
        return sum(self.languages.values()) + self.unknown


async def drafts(session: AsyncSession) -> Sequence[Draft]:
    """The newest act first."""
    act = drafting.act_of_mail().label("act")
    query = (
        select(
            col(Mail.template),
            act,
            col(Contact.language),
            func.count(),
            func.min(col(Mail.created_at)),
            func.max(col(Mail.created_at)),
            func.min(cast(col(Mail.id), Text)),
        )
        .outerjoin(Entry, col(Entry.event_id) == col(Mail.about_event_id))
        .outerjoin(Contact, col(Contact.id) == col(Mail.person_id))
        .where(*drafting.is_draft())
        .group_by(col(Mail.template), act, col(Contact.language))
    )
    rows = (await (await session.connection()).execute(query)).all()
    by_act: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        by_act[(row[0], row[1])].append(row)
    found = []
    for (template, correlation_id), group in by_act.items():
        draft = Draft(
            template=template,
            correlation_id=correlation_id,
            since=min(row[4] for row in group),
            until=max(row[5] for row in group),
        )
        for _, _, language, count, _, _, sample in group:
            if language is None:
                draft.unknown += count
            else:
                draft.languages[language], draft.samples[language] = count, UUID(sample)
        found.append(draft)
    return sorted(found, key=lambda draft: (draft.since, draft.template), reverse=True)
