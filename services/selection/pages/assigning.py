"""Assigns a jury's files: first a dry run, which shows what would change or why it can't be; then for real."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from services.selection.commands import AssignReviews
from services.selection.domain.infeasible import AssignmentInfeasible
from services.selection.handlers import assignment as handlers
from services.selection.handlers.assignment import Assigned
from services.selection.pages.forms import all_fields, one_of
from services.selection.pages.jury import head_of
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import deliberation as views
from shared.errors import DomainError
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/juries/{jury_id}/assignment", **does("assign_reviews"))
async def think_of_an_assignment(page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    return await _show(page, jury_id, work)


@router.post("/{language}/juries/{jury_id}/assignment", **does("assign_reviews", accepts=[FORM]))
async def assign_a_jurys_files(request: Request, page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    for_real = one_of(await all_fields(request), "for_real") == "yes"
    try:
        assigned = await handlers.assign_reviews(AssignReviews(jury_id=jury_id, dry_run=not for_real), work)
    except TOLD_HERE as refusal:
        return await _show(page, jury_id, work, refusal=refusal)
    if for_real:
        return RedirectResponse(f"{page.root}/juries/{jury_id}?said=assigned", status_code=303)
    return await _show(page, jury_id, work, assigned=assigned)


async def _show(
    page: Page,
    jury_id: UUID,
    work: Work,
    *,
    assigned: Assigned | None = None,
    refusal: DomainError | None = None,
) -> Response:
    me = person_id(work.actor)
    whole = await views.whole_jury(work.session, jury_id)
    page = await in_zone(page, work.session, edition=whole.jury.edition_id)
    files = await views.files_of(work.session, whole.jury, person_id=me)
    reasons = refusal.reasons if isinstance(refusal, AssignmentInfeasible) else ()
    return page.show(
        "assignment.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/juries/{jury_id}/assignment",
        **head_of(page, whole, work),
        files=files,
        names=await views.names_of(work.session, [file.id for file in files], person_id=me),
        jurors=[one.id for one in await views.jurors_of(work.session, whole.jury, person_id=me)],
        assigned=assigned,
        rows=_rows(assigned, {file.id for file in files}) if assigned else [],
        reasons=reasons,
        refused=told(page, refusal) if refusal and not reasons else None,
    )


def _rows(assigned: Assigned, visible: set[UUID]) -> list[dict[str, Any]]:
    """File by file who reviews it: kept, new, or to be taken away. A file that is hidden from who asks has no row."""
    taken = {(move.application_id, move.from_juror_id) for move in assigned.moved}
    rows: dict[UUID, list[tuple[UUID, str]]] = {}
    for review in assigned.reviews:
        rows.setdefault(review.application_id, []).append((review.juror_id, "kept" if review.kept else "new"))
    for application_id, juror_id in taken:
        rows.setdefault(application_id, []).append((juror_id, "gone"))
    return [
        {"file": file, "reviewers": reviewers, "changes": any(how != "kept" for _, how in reviewers)}
        for file, reviewers in sorted(rows.items(), key=lambda row: all(how == "kept" for _, how in row[1]))
        if file in visible
    ]
