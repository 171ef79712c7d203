"""A juror's ties and conflicts of interest: said before files are assigned, or as soon as one finds out."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from services.selection.commands import DeclareConflict
from services.selection.domain.conflict_graph import DECLARED, Source
from services.selection.handlers import conflicts as handlers
from services.selection.pages.forms import NOTHING, Fields, Form, Typed, all_fields, one_of, read
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.pages.tie_rows import EMPTY_ROWS, row_of, rows_written
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import candidates as candidate_views
from services.selection.views import conflicts as views
from services.selection.views import interests as tie_views
from shared.errors import DomainError
from shared.events.selection import ConflictKind
from shared.http import Cursor, LongText, SafeText, WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 50
KINDS = ("employer", "shareholder", "mentor", "family", "competitor", "other")

Search = Annotated[SafeText | None, Query(max_length=100)]
After = Annotated[str | None, Query(min_length=1, max_length=200)]
Said = Annotated[str | None, Query(pattern="^(declared|stated)$")]


class ConflictForm(Form):
    """What binds the juror to a file's people, and some words for staff."""

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
    said: Said = None,
) -> Response:
    return await show_interests(page, work, search=search, file=file, after=after, said=said)


@router.post("/{language}/interests", **does("declare_conflict", accepts=[FORM]))
async def declare_my_conflict(
    request: Request, page: PageDep, work: WorkDep, search: Search = None, after: After = None
) -> Response:
    """The list from which it was declared is shown again after a refusal, with what was written in its place."""
    fields = await all_fields(request)
    try:
        form = read(fields, ConflictForm)
        command = DeclareConflict(
            juror_id=person_id(work.actor), application_id=form.application_id, kind=form.kind, note=form.note
        )
        await handlers.declare_conflict(command, work)
    except TOLD_HERE as refusal:
        typed = Typed(form=one_of(fields, "application_id") or "", fields=fields)
        return await show_interests(page, work, search=search, after=after, refusal=refusal, typed=typed)
    return RedirectResponse(f"{page.root}/interests?said=declared", status_code=303)


async def show_interests(
    page: Page,
    work: Work,
    *,
    search: str | None = None,
    file: UUID | None = None,
    after: str | None = None,
    said: str | None = None,
    refusal: DomainError | None = None,
    given: Fields | None = None,
    typed: Typed = NOTHING,
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
    statement = await tie_views.statement_of(work.session, person_id=me)
    ties = await tie_views.interests_of(work.session, person_id=me)
    return page.show(
        "interests.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/interests",
        rows=rows[:SHOWN],
        more=Cursor.encode((rows[SHOWN - 1].candidate.id,)) if len(rows) > SHOWN else None,
        declared=await views.conflicts(work.session, only_of=me, application=None, after=None, limit=200),
        version=statement.version if statement else 0,
        ties=rows_written(given) if given else [row_of(each) for each in ties if each.source == Source.SELF],
        vouched=[each for each in ties if each.source != Source.SELF],
        competences=(one_of(given, "competences") or "")
        if given
        else ", ".join(statement.competences if statement else ()),
        empty_rows=EMPTY_ROWS,
        tie_kinds=DECLARED,
        kinds=KINDS,
        search=search,
        open_=file,
        asked=urlencode({name: each for name, each in (("search", search), ("after", after)) if each}),
        typed=typed,
        unkept_words=None
        if typed.form in {str(row.candidate.id) for row in rows[:SHOWN]}
        else typed(typed.form, "note"),
        said=said,
        refused=told(page, refusal) if refusal else None,
    )
