"""Takes the whole of a service's tables out, for who leaves, who analyses, and who compares."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from typing import IO

from fastapi import APIRouter, Response
from sqlalchemy import Table
from starlette.responses import StreamingResponse

from shared import clock
from shared.database import new_id
from shared.errors import Forbidden
from shared.events.operations import TablesExported
from shared.exporting import export_tables
from shared.http import ActorDep, WorksDep, current_correlation_id, does

_IN_MEMORY = 2**20
_CHUNK = 2**18


class JudgesToo(Forbidden):
    slug = "judges-too"
    message = "This holds what other jurors wrote. Let somebody do it who judges no file."


def add_export_routes(router: APIRouter, *, service: str, tables: Sequence[Table]) -> None:
    # A POST, as it is told as an event; its answer is not kept for a repetition.
    @router.post(
        "/export",
        response_class=Response,
        responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
        **does("export_tables", transaction=False),
    )
    async def export_all_tables(works: WorksDep, actor: ActorDep) -> StreamingResponse:
        """Every table, as it is at one moment: CSV and JSON Lines in a ZIP archive, with a manifest of digests."""
        if actor.holds("juror"):
            raise JudgesToo
        archive: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed when it is sent
        try:
            exported = await export_tables(works.engine, tables, archive, service=service, now=clock.now())
            async with works.begin(actor=actor, correlation_id=current_correlation_id()) as work:
                work.publish(TablesExported(export_id=new_id(), rows=exported.rows))
        except BaseException:
            archive.close()
            raise
        size = archive.tell()
        headers = {
            "Content-Disposition": f'attachment; filename="datacity-{service}.zip"',
            "Content-Length": str(size),
        }
        return StreamingResponse(_sent(archive), media_type="application/zip", headers=headers)


async def _sent(archive: IO[bytes]) -> AsyncIterator[bytes]:
    with archive:
        archive.seek(0)
        while chunk := archive.read(_CHUNK):
            yield chunk
