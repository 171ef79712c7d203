"""Ties that staff see and note, of a startup, a juror or whoever is between them; conflicts are inferred at once."""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands.ties import NoteTie, RemoveTie
from services.selection.domain.conflict_graph import DECLARED, Source
from services.selection.handlers import interests as handlers
from services.selection.pages.forms import NOTHING, Form, Typed, all_fields, read
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.pages.tie_rows import TieForm, tie_in
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import deliberation
from services.selection.views import interests as views
from shared.errors import DomainError, FieldError, Invalid, NotFound
from shared.http import Cursor, WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 100

After = Annotated[str | None, Query(min_length=1, max_length=200)]
Said = Annotated[str | None, Query(pattern="^(noted|removed)$")]


class NotOfOne(Invalid):
    slug = "tie-not-of-one"
    message = "A tie is of a file or of a person, to an organisation or to a person: name one of each two."


class NoteForm(TieForm):
    """A tie, and of whom."""

    of: Literal["file", "person"]
    of_id: UUID


class RemoveForm(Form):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


@router.get("/{language}/ties", **does("note_ties"))
async def read_ties(
    page: PageDep,
    work: WorkDep,
    file: UUID | None = None,
    person: UUID | None = None,
    after: After = None,
    said: Said = None,
) -> Response:
    return await _show(page, work, file=file, person=person, after=after, said=said)


@router.post("/{language}/ties", **does("note_ties", accepts=[FORM]))
async def note_one_tie(
    request: Request, page: PageDep, work: WorkDep, file: UUID | None = None, person: UUID | None = None
) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, NoteForm)
        if (form.organisation is None) == (form.person is None):
            raise NotOfOne(errors=[FieldError(pointer="#/organisation", detail="one of organisation and person")])
        of_file = form.of == "file"
        command = NoteTie(
            tie=tie_in(form),
            person_id=None if of_file else form.of_id,
            application_id=form.of_id if of_file else None,
        )
        await handlers.note_tie(command, person_id(work.actor), work)
    except (*TOLD_HERE, NotFound) as refusal:
        typed = Typed(form="note", fields=fields)
        return await _show(page, work, file=file, person=person, refusal=refusal, typed=typed)
    return RedirectResponse(f"{page.root}/ties?{_asked(file, person, said='noted')}", status_code=303)


@router.post("/{language}/ties/{tie_id}/remove", **does("note_ties", accepts=[FORM]))
async def remove_one_tie(
    request: Request,
    page: PageDep,
    work: WorkDep,
    tie_id: UUID,
    file: UUID | None = None,
    person: UUID | None = None,
) -> Response:
    fields = await all_fields(request)
    try:
        await handlers.remove_tie(RemoveTie(tie_id=tie_id, version=read(fields, RemoveForm).version), work)
    except TOLD_HERE as refusal:
        return await _show(page, work, file=file, person=person, refusal=refusal)
    return RedirectResponse(f"{page.root}/ties?{_asked(file, person, said='removed')}", status_code=303)


def _asked(file: UUID | None, person: UUID | None, **more: str | None) -> str:
    return urlencode({name: each for name, each in (("file", file), ("person", person), *more.items()) if each})


async def _show(
    page: Page,
    work: Work,
    *,
    file: UUID | None = None,
    person: UUID | None = None,
    after: str | None = None,
    said: str | None = None,
    refusal: DomainError | None = None,
    typed: Typed = NOTHING,
) -> Response:
    page = await in_zone(page, work.session)
    me = person_id(work.actor)
    rows = await views.ties(
        work.session,
        reader=me,
        person=person,
        application=file,
        after=Cursor.decode(after, UUID)[0] if after else None,
        limit=SHOWN + 1,
    )
    shown = rows[:SHOWN]
    files = _files([row.application_id for row in shown], file)
    return page.show(
        "ties.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/ties?{_asked(file, person)}",
        rows=shown,
        names=await deliberation.names_of(work.session, files, person_id=me),
        of_file=file,
        of_person=person,
        asked=_asked(file, person),
        more=_asked(file, person, after=Cursor.encode((shown[-1].id,))) if len(rows) > SHOWN else None,
        tie_kinds=DECLARED,
        by_staff=Source.STAFF,
        typed=typed,
        said=said,
        refused=told(page, refusal) if refusal else None,
    )


def _files(found: Sequence[UUID | None], asked: UUID | None) -> set[UUID]:
    return {each for each in (*found, asked) if each is not None}
