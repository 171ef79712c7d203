"""One event: its facts, its exact headers, what caused it and what it led to."""

import hashlib
from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from services.notifications.models import Entry
from services.notifications.pages.facts import facts_of, person
from services.notifications.pages.naming import event_name, service_of
from services.notifications.pages.place import PREFIX, in_zone
from services.notifications.pages.proofs import proof_state
from services.notifications.pages.rows import row_of
from services.notifications.pages.sight import Sight, is_id
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as views
from services.notifications.views import journal
from shared.errors import NotFound
from shared.events import Envelope
from shared.http import WorkDep, does
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/events/{position}", **does("read_events"))
async def read_one_event(page: PageDep, work: WorkDep, position: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> Response:
    entry = await views.entry(work.session, position)
    if entry is None:
        raise NotFound
    page = await in_zone(page, work.session, file=entry.file)
    cause = (await views.causes_of(work.session, [entry])).get(entry.causation_id or "")
    effects = await views.effects_of(work.session, entry.event_id)
    sight = await Sight.of(page.actor, [entry, *effects, *([cause] if cause else [])], work.session)
    return page.show(
        "event.html",
        entry=entry,
        name=event_name(page, entry.type),
        service=service_of(entry.source),
        actor=person(page, entry.actor, sight) if is_id(entry.actor) else entry.actor,
        facts=facts_of(page, sight.facts(entry), sight, type_=entry.type),
        hides=sight.hides(entry),
        headers=_envelope(entry).headers(),
        size=len(entry.value or b""),
        digest=None if sight.hides(entry) else hashlib.sha256(entry.value or b"").hexdigest(),
        cause=row_of(page, cause, sight) if cause else None,
        effects=[row_of(page, each, sight) for each in effects],
        more_effects=len(effects) == views.LONGEST_LIST,
        proof=proof_state(entry.position, sealed=await journal.size(work.session)),
    )


def _envelope(entry: Entry) -> Envelope:
    """As it came: its headers are made from it in one way only."""
    return Envelope(
        id=entry.event_id,
        source=entry.source,
        type=entry.type,
        subject=entry.subject,
        time=entry.happened_at,
        key=entry.key,
        sequence=entry.sequence,
        correlation_id=entry.correlation_id,
        causation_id=entry.causation_id,
        actor=entry.actor,
        value=entry.value,
        topic=entry.topic,
        traceparent=entry.traceparent,
    )
