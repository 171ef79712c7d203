"""What an operator of one service can ask: how far the backbone is behind, what is parked, and to let it go."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import text

from shared.errors import NotFound
from shared.http import ActorDep, Body, ShortText, View, WorkDep, WorksDep, does, service_router
from shared.identity import PermissionTable
from shared.inbox import waiting
from shared.messaging import Handling

BACKBONE = text(
    """
    SELECT (SELECT count(*) FROM outbox_pending) AS outbox_pending,
           (SELECT count(*) FROM outbox_parked) AS outbox_parked,
           (SELECT count(*) FROM quarantine WHERE released_at IS NULL) AS quarantined,
           (SELECT count(*) FROM event_log) AS events_written,
           (SELECT count(*) FROM inbox) AS events_handled,
           (SELECT coalesce(sum(gaps), 0)::bigint FROM inbox_head) AS gaps
    """
)


class BackboneView(View):
    """How the service's event backbone stands at this moment."""

    service: str
    outbox_pending: int
    outbox_parked: int
    quarantined: int
    events_written: int
    events_handled: int
    gaps: int


class ParkedView(View):
    """An event that waits in quarantine. Its value is not shown, as it may hold personal data."""

    id: int
    topic: str
    partition: int
    offset: int
    key: str
    error: str
    fingerprint: str
    attempts: int
    parked_at: datetime


class QuarantineView(View):
    """What waits, in the order in which it would be released; at most 200."""

    events: list[ParkedView]


class ReleaseBody(Body):
    """The key whose events are to be handled again, in order."""

    topic: ShortText
    key: ShortText


class ReleaseView(View):
    """How many events of the key were handled; it stops at the first that still fails."""

    released: int


class NothingParked(NotFound):
    """No event of this key waits."""

    def __init__(self) -> None:
        super().__init__("Nothing of this topic and key waits in quarantine. GET the quarantine to see what does.")


def operations_router(service: str, *, permissions: PermissionTable, handling: Handling) -> APIRouter:
    """Routes under `/api/SERVICE/v1/operations`, for those whom the table lets watch and release."""
    router = service_router(f"/api/{service}/v1/operations", permissions=permissions, tags=["operations"])

    @router.get("/backbone", **does("watch_operations"))
    async def read_backbone(work: WorkDep) -> BackboneView:
        row = (await (await work.session.connection()).execute(BACKBONE)).one()
        return BackboneView(service=service, **row._mapping)

    @router.get("/quarantine", **does("watch_operations"))
    async def read_quarantine(work: WorkDep) -> QuarantineView:
        return QuarantineView(events=[ParkedView.model_validate(parked) for parked in await waiting(work.session)])

    @router.post("/quarantine/release", **does("release_quarantine", transaction=False))
    async def release_quarantine(body: ReleaseBody, works: WorksDep, actor: ActorDep) -> ReleaseView:
        async with works.begin(actor=actor, read_only=True) as work:
            if not await waiting(work.session, topic=body.topic, key=body.key, limit=1):
                raise NothingParked
        return ReleaseView(released=await handling.release(topic=body.topic, key=body.key, actor=actor))

    return router
