"""The receipt of a revision, for its team to take again: the same bytes each time."""

import json
from uuid import UUID

from sqlalchemy import text

from services.applications.domain import applications
from services.applications.views.files import file
from shared.events.applications import ApplicationRevised, ApplicationSubmitted
from shared.outbox import Outgoing
from shared.work import Work

_TOLD = text(
    """
    SELECT event_id, topic, source, type, subject, key, happened_at, correlation_id, causation_id, actor, traceparent,
           value
    FROM event_log WHERE subject = :subject AND type = ANY(:types) ORDER BY position
    """
)


async def told_of_revision(work: Work, application_id: UUID, number: int) -> Outgoing:
    """The event that told of it, which is what a receipt signs."""
    found = await file(work, application_id)
    if not found.is_own:
        raise applications.NoSuchApplication
    types = [ApplicationSubmitted.TYPE, ApplicationRevised.TYPE]
    database = await work.session.connection()
    for row in await database.execute(_TOLD, {"subject": str(application_id), "types": types}):
        if json.loads(row.value)["revision"] == number:
            return Outgoing(
                id=row.event_id,
                topic=row.topic,
                source=row.source,
                type=row.type,
                subject=row.subject,
                key=row.key,
                time=row.happened_at,
                correlation_id=row.correlation_id,
                causation_id=row.causation_id,
                actor=row.actor,
                traceparent=row.traceparent,
                value=bytes(row.value),
            )
    raise applications.NoSuchApplication
