"""A juror's conflicts of interest: declared before files are assigned, or as soon as one finds out."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.selection.commands import DeclareConflict
from services.selection.handlers import conflicts as handlers
from services.selection.pages.place import PREFIX, in_zone
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import candidates as candidate_views
from services.selection.views import conflicts as views
from shared.events.selection import ConflictKind
from shared.http import Cursor, LongText, SafeText, WorkDep, does
from shared.web import FORM, PageDep, form_of, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 50
KINDS = ("employer", "shareholder", "mentor", "family", "competitor", "other")

Search = Annotated[SafeText | None, Query(max_length=100)]
After = Annotated[str | None, Query(min_length=1, max_length=200)]


class ConflictForm(BaseModel):
    """What binds the juror to a file's people, and some words for staff."""

    model_config = ConfigDict(frozen=True)

    application_id: UUID
    kind: ConflictKind
    note: LongText | None = None


@router.get("/{language}/interests", **does("list_own_interests"))
async def read_my_interests(
    page: PageDep,
    work: WorkDep,
    search: Search = None,
    file: UUID | None = None,
    after: After = None,
    said: Annotated[str | None, Query(pattern="^declared$")] = None,
) -> Response:
    page = await in_zone(page, work.session)
    me = person_id(work.actor)
    rows = await candidate_views.candidates(
        work.session,
        person_id=me,
        all_juries=False,
        now=work.now,
        challenge=None,
        search=search or None,
        after=Cursor.decode(after, UUID)[0] if after else None,
        limit=SHOWN + 1,
        organisation=work.actor.organisation,
    )
    return page.show(
        "interests.html",
        rows=rows[:SHOWN],
        more=Cursor.encode((rows[SHOWN - 1].candidate.id,)) if len(rows) > SHOWN else None,
        declared=await views.conflicts(work.session, only_of=me, application=None, after=None, limit=200),
        kinds=KINDS,
        search=search,
        open_=file,
        said=said,
    )


@router.post("/{language}/interests", **does("declare_conflict", accepts=[FORM]))
async def declare_my_conflict(request: Request, page: PageDep, work: WorkDep) -> Response:
    form = await form_of(request, ConflictForm)
    command = DeclareConflict(
        juror_id=person_id(work.actor), application_id=form.application_id, kind=form.kind, note=form.note
    )
    await handlers.declare_conflict(command, work)
    return RedirectResponse(f"{page.root}/interests?said=declared", status_code=303)
