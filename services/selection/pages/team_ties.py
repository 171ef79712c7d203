"""A team says to whom its startup is tied, so that no juror of theirs reads its file."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from services.selection.commands.ties import StateTeamTies
from services.selection.domain.conflict_graph import DECLARED
from services.selection.handlers import interests as handlers
from services.selection.handlers.conflicts import NoSuchCandidate
from services.selection.models import Candidate
from services.selection.pages.forms import Fields, all_fields
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.pages.tie_rows import EMPTY_ROWS, row_of, rows_written, ties_in, version_in
from services.selection.permissions import PERMISSIONS, authorise_or_hide, person_id
from services.selection.views import interests as views
from shared.errors import DomainError
from shared.http import WorkDep, does
from shared.identity import Resource
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

Said = Annotated[str | None, Query(pattern="^stated$")]


@router.get("/{language}/files/{application_id}/ties", **does("state_team_ties"))
async def read_our_ties(page: PageDep, work: WorkDep, application_id: UUID, said: Said = None) -> Response:
    return await _show(page, application_id, work, said=said)


@router.post("/{language}/files/{application_id}/ties", **does("state_team_ties", accepts=[FORM]))
async def state_our_ties(request: Request, page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        ties = tuple(ties_in(fields))
        command = StateTeamTies(application_id=application_id, version=version_in(fields), ties=ties)
        await handlers.state_team_ties(command, person_id(work.actor), work)
    except TOLD_HERE as refusal:
        return await _show(page, application_id, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/files/{application_id}/ties?said=stated", status_code=303)


async def _show(
    page: Page,
    application_id: UUID,
    work: Work,
    *,
    said: str | None = None,
    refusal: DomainError | None = None,
    given: Fields | None = None,
) -> Response:
    candidate = await work.session.get(Candidate, application_id)
    me = person_id(work.actor)
    of_team = candidate is not None and await views.belongs_to_team(work.session, me, candidate)
    relations = {"member"} if of_team else frozenset[str]()
    authorise_or_hide(work.actor, "state_team_ties", Resource(relations), hidden=NoSuchCandidate())
    page = await in_zone(page, work.session, edition=candidate.edition_id if candidate else None)
    statement = await views.statement_of(work.session, application_id=application_id)
    ties = await views.interests_of(work.session, application_id=application_id)
    mine = dict(await views.files_of_person(work.session, me))
    return page.show(
        "team_ties.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/files/{application_id}/ties",
        application_id=application_id,
        startup=mine.get(application_id),
        version=statement.version if statement else 0,
        stated_at=statement.stated_at if statement else None,
        ties=rows_written(given) if given else [row_of(each) for each in ties],
        empty_rows=EMPTY_ROWS,
        tie_kinds=DECLARED,
        said=said,
        refused=told(page, refusal) if refusal else None,
    )
