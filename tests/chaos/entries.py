"""What the fault suite's system is about: entries in files, written over HTTP, and the events that tell of them."""

from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import text

from shared import events
from shared.errors import Conflict
from shared.events import Event
from shared.http import Body, ShortText, View, WorkDep, does, service_router
from shared.identity import PermissionTable, Rule

PREFIX = "/api/origin/v1"

PERMISSIONS = PermissionTable(
    [
        Rule("anyone", action)
        for action in (
            "write_entry",
            "watch_operations",
            "release_quarantine",
            "discard_quarantine",
            "release_outbox",
        )
    ]
)
"""Identity is not on trial here."""


class EntryWritten(Event):
    """Something was written into a file; `chokes` names the services that must fail to handle it."""

    TYPE: ClassVar[str] = "io.datacity.test.entry-written.v1"
    SUBJECT: ClassVar[str] = "file_id"

    file_id: UUID
    write_id: str
    chokes: tuple[str, ...] = ()
    padding: str = ""


class EntryEchoed(Event):
    """The first hop handled an entry."""

    TYPE: ClassVar[str] = "io.datacity.test.entry-echoed.v1"
    SUBJECT: ClassVar[str] = "file_id"

    file_id: UUID
    write_id: str


for _event in (EntryWritten, EntryEchoed):
    events.EVENTS.setdefault(_event.TYPE, _event)


class Refused(Conflict):
    slug = "refused-on-purpose"
    message = "This entry was undone after it was written, as a rule that is checked late would have it."


class EntryBody(Body):
    write_id: ShortText
    file_id: UUID
    chokes: tuple[ShortText, ...] = ()
    padding: int = 0
    refused: bool = False


class EntryView(View):
    write_id: str


def entries_router() -> APIRouter:
    router = service_router(PREFIX, permissions=PERMISSIONS)

    @router.post("/entries", status_code=201, **does("write_entry"))
    async def write_entry(body: EntryBody, work: WorkDep) -> EntryView:
        """State and event in one transaction."""
        await (await work.session.connection()).execute(
            text("INSERT INTO entry (write_id, file_id) VALUES (:id, :file)"),
            {"id": body.write_id, "file": str(body.file_id)},
        )
        work.publish(
            EntryWritten(
                file_id=body.file_id,
                write_id=body.write_id,
                chokes=body.chokes,
                padding="x" * body.padding,
            )
        )
        if body.refused:
            await work.flush()
            raise Refused
        return EntryView(write_id=body.write_id)

    return router
