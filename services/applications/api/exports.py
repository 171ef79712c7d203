"""Routes that take applications out, for staff, and drafts in, for those who write them."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from enum import StrEnum
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import ValidationError
from starlette.responses import StreamingResponse

from services.applications import common_grants, lines, views
from services.applications.api.answers.imports import ImportedView, ImportView
from services.applications.api.bodies import ImportLineBody
from services.applications.commands import ImportDraft
from services.applications.domain.imports import MOST_BYTES, Outcome, RepeatedLine, Unreadable, require_few
from services.applications.handlers import imports as handlers
from services.applications.permissions import PERMISSIONS
from shared.database import new_id
from shared.events.applications import ApplicationsExported
from shared.http import ActorDep, WorksDep, current_correlation_id, does, service_router
from shared.http.faults import as_refusal, validation_refusal
from shared.identity import Actor
from shared.work import Works

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["import and export"])

_IN_MEMORY = 2**20
_CHUNK = 2**18
JSON_LINES, CSV = "application/jsonl", "text/csv"


class Format(StrEnum):
    """How applications are written down, one a line."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    COMMON_GRANTS = "common-grants"

    @property
    def media_type(self) -> str:
        return CSV if self is Format.CSV else JSON_LINES

    @property
    def ending(self) -> str:
        return {Format.CSV: "csv", Format.JSON_LINES: "jsonl", Format.COMMON_GRANTS: "common-grants.jsonl"}[self]


READERS: Mapping[Format, Callable[[str], Iterator[dict[str, Any]]]] = {
    Format.JSON_LINES: lines.read_json_lines,
    Format.CSV: lines.read_csv,
    Format.COMMON_GRANTS: lambda text: map(common_grants.as_line, lines.read_json_lines(text)),
}

KNOWN = frozenset(ImportLineBody.model_fields)
"""What a line may say that is read; an export says more, and may be imported as it is."""

FormatQuery = Annotated[
    Format,
    Query(
        alias="format",
        description="JSON Lines, exact; CSV, as a spreadsheet shows it; or CommonGrants' applications, one a line.",
    ),
]
BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/calls/{call_id}/export",
    response_class=Response,
    responses={200: {"content": {JSON_LINES: BINARY, CSV: BINARY}}},
    **does("export_applications", transaction=False),
)
async def export_applications(
    call_id: UUID, works: WorksDep, actor: ActorDep, format_: FormatQuery = Format.CSV
) -> StreamingResponse:
    """What was handed in for a call whose files are opened, a line for each application. It is told as an event."""
    out: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed when it is sent
    try:
        count = await _write(call_id, format_, works, actor, out)
        async with works.begin(actor=actor, correlation_id=current_correlation_id()) as work:
            work.publish(
                ApplicationsExported(export_id=new_id(), call_id=call_id, format=format_.value, applications=count)
            )
    except BaseException:
        out.close()
        raise
    headers = {
        "Content-Disposition": f'attachment; filename="applications.{format_.ending}"',
        "Content-Length": str(out.tell()),
    }
    return StreamingResponse(_sent(out), media_type=f"{format_.media_type}; charset=utf-8", headers=headers)


@router.post(
    "/drafts/import", **does("import_drafts", transaction=False, accepts=[JSON_LINES, CSV], body_limit=MOST_BYTES)
)
async def import_drafts(
    request: Request,
    works: WorksDep,
    actor: ActorDep,
    format_: FormatQuery,
    dry_run: Annotated[bool, Query(description="Roll each line back; tell what would be.")] = False,
) -> ImportView:
    """Save drafts of yours from a file, a line for each: it names one by `application_id`, or begins one by `team_id`
    and `call_id`. Each line stands alone: what is refused keeps no other out.
    """
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(1, "is not UTF-8") from None
    read = list(READERS[format_](text))
    require_few(read)
    seen: dict[tuple[object, ...], int] = {}
    told = [await _imported(number, line, seen, works, actor, dry_run=dry_run) for number, line in enumerate(read, 1)]
    return ImportView(dry_run=dry_run, refused=sum(each.outcome is Outcome.REFUSED for each in told), lines=told)


async def _imported(
    number: int,
    line: Mapping[str, Any],
    seen: dict[tuple[object, ...], int],
    works: Works,
    actor: Actor,
    *,
    dry_run: bool,
) -> ImportedView:
    """One line, in a work of its own; what keeps it out is told with it."""
    try:
        try:
            body = ImportLineBody.model_validate({name: line[name] for name in line.keys() & KNOWN})
        except ValidationError as wrong:
            raise validation_refusal(wrong.errors(include_url=False, include_input=False)) from None
        if (earlier := seen.setdefault(body.about, number)) != number:
            raise RepeatedLine(earlier)
        async with works.begin(actor=actor, correlation_id=current_correlation_id(), read_only=dry_run) as work:
            command = ImportDraft(
                application_id=body.application_id, team_id=body.team_id, call_id=body.call_id, changes=body.changes
            )
            found = await handlers.import_draft(command, work)
    except Exception as fault:
        refusal = as_refusal(fault)
        if refusal is None or refusal.status >= 500:
            raise
        return ImportedView.refused(number, refusal)
    return ImportedView(
        line=number, outcome=found.outcome, application_id=found.application_id, lacks=found.lacks, problem=None
    )


async def _write(call_id: UUID, format_: Format, works: Works, actor: Actor, out: IO[bytes]) -> int:
    count = 0
    async with works.begin(actor=actor, read_only=True) as work:
        call = await views.exportable(work, call_id)
        fields = await views.answered_fields(work, call) if format_ is Format.CSV else []
        if format_ is Format.CSV:
            out.write(lines.csv_head(fields).encode())
        async for rows in views.handed_in(work, call_id):
            count += len(rows)
            for row in rows:
                out.write(_line(row, format_, fields).encode())
    return count


def _line(row: lines.Exported, format_: Format, fields: list[str]) -> str:
    match format_:
        case Format.JSON_LINES:
            return lines.as_json_line(lines.line_of(row))
        case Format.CSV:
            return lines.csv_line(lines.line_of(row), fields)
        case Format.COMMON_GRANTS:
            return lines.as_json_line(common_grants.as_application(row))


async def _sent(out: IO[bytes]) -> AsyncIterator[bytes]:
    with out:
        out.seek(0)
        while chunk := out.read(_CHUNK):
            yield chunk
