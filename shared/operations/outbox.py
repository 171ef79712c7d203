"""Keys whose next row the relay could not send: which they are, and to let the relay take one up again."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import text

from shared.database import new_id
from shared.errors import NotFound
from shared.events.operations import OutboxKeyReleased, ReleaseReason
from shared.http import Body, Page, PagingDep, ShortText, View, WorkDep, does

PARKED = text(
    """
    WITH parked AS MATERIALIZED (
        SELECT topic, key, position, error, parked_at FROM outbox_parked
        WHERE (topic, key) > (:topic, :key) ORDER BY topic, key LIMIT :limit
    ),
    waiting AS (
        SELECT p.topic, p.key, count(*) AS rows FROM outbox_pending p
        WHERE p.position >= (SELECT min(position) FROM parked) AND (p.topic, p.key) IN (SELECT topic, key FROM parked)
        GROUP BY p.topic, p.key
    )
    SELECT parked.*, coalesce(waiting.rows, 0) AS waiting FROM parked LEFT JOIN waiting USING (topic, key)
    ORDER BY topic, key
    """
)
MARK = text("SELECT topic, key, position, error, parked_at FROM outbox_parked WHERE topic = :topic AND key = :key")
WAITING = text("SELECT count(*) FROM outbox_pending WHERE topic = :topic AND key = :key AND position >= :position")
FREE = text(
    "DELETE FROM outbox_parked WHERE topic = :topic AND key = :key RETURNING topic, key, position, error, parked_at"
)


class ParkedKeyView(View):
    """A key of the outbox that waits because its next row can't be sent; the other keys flow."""

    topic: str
    key: str
    error: str
    parked_at: datetime
    waiting: int = Field(description="How many rows of the key wait, the one that can't be sent included.")


class ReleaseKeyBody(Body):
    """The key that the relay is to take up again, in order."""

    topic: ShortText
    key: ShortText
    reason: ReleaseReason | None = Field(default=None, description="Why it may go on; told with the release.")
    dry_run: bool = Field(default=False, description="Say what would be taken up, and change nothing.")


class ReleasedKeyView(View):
    """What the relay takes up again; if the row still can't be sent, the key is parked anew."""

    topic: str
    key: str
    waiting: int
    dry_run: bool


class KeyNotParked(NotFound):
    def __init__(self) -> None:
        super().__init__("This topic and key is not parked in the outbox. GET the parked keys to see what is.")


def add_outbox_routes(router: APIRouter) -> None:
    @router.get("/outbox/parked", **does("watch_operations"))
    async def read_parked_keys(work: WorkDep, paging: PagingDep) -> Page[ParkedKeyView]:
        topic, key = paging.after(str, str) or ("", "")
        found = await (await work.session.connection()).execute(
            PARKED, {"topic": topic, "key": key, "limit": paging.fetch}
        )
        return paging.page(found.all(), key=lambda row: (row.topic, row.key), view=ParkedKeyView.model_validate)

    @router.post("/outbox/release", **does("release_outbox"))
    async def release_outbox_key(body: ReleaseKeyBody, work: WorkDep) -> ReleasedKeyView:
        connection = await work.session.connection()
        named = {"topic": body.topic, "key": body.key}
        mark = (await connection.execute(MARK if body.dry_run else FREE, named)).first()
        if mark is None:
            raise KeyNotParked
        waiting = (await connection.execute(WAITING, {**named, "position": mark.position})).scalar_one()
        if not body.dry_run:
            work.publish(
                OutboxKeyReleased(
                    release_id=new_id(),
                    parked_topic=mark.topic,
                    parked_key=mark.key,
                    parked_at=mark.parked_at,
                    reason=body.reason,
                )
            )
        return ReleasedKeyView(topic=mark.topic, key=mark.key, waiting=waiting, dry_run=body.dry_run)
