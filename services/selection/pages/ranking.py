"""A jury's ranking as it would be, or as it is frozen; and what if weights, jurors or the cut were others."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import FreezeRanking, PreviewRanking
from services.selection.domain.ranking import METHODS
from services.selection.handlers import previews
from services.selection.handlers import rankings as handlers
from services.selection.handlers.reviews import criteria_from
from services.selection.models import Jury, Ranking
from services.selection.pages.asking import Asked, asked_in
from services.selection.pages.forms import NOTHING, Form, Typed, all_fields, read
from services.selection.pages.jury import head_of
from services.selection.pages.naming import criterion_name
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.ranks import Ranks, frozen, previewed
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import deliberation as views
from services.selection.views import previews as preview_views
from services.selection.views import rankings as ranking_views
from shared.errors import DomainError
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)


class FreezeForm(Form):
    """How to rank, and that one means it."""

    method: Annotated[str, Field(pattern=f"^({'|'.join(METHODS)})$")]
    places: Annotated[int, Field(ge=1, le=10_000)]
    accept_groups: bool = False
    sure: Literal["yes"]


@router.get("/{language}/juries/{jury_id}/ranking", **does("preview_ranking"))
async def read_ranking_of_jury(request: Request, page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    return await _show(request, page, jury_id, work)


@router.post("/{language}/juries/{jury_id}/ranking", **does("freeze_ranking", accepts=[FORM]))
async def freeze_ranking_of_jury(request: Request, page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, FreezeForm)
        command = FreezeRanking(
            jury_id=jury_id, method=form.method, places=form.places, accept_groups=form.accept_groups
        )
        await handlers.freeze_ranking(command, work)
    except TOLD_HERE as refusal:
        typed = Typed(form="freeze", fields=fields)
        return await _show(request, page, jury_id, work, refusal=refusal, typed=typed)
    return RedirectResponse(f"{page.root}/juries/{jury_id}/ranking", status_code=303)


async def _show(
    request: Request,
    page: Page,
    jury_id: UUID,
    work: Work,
    *,
    refusal: DomainError | None = None,
    typed: Typed = NOTHING,
) -> Response:
    whole = await views.whole_jury(work.session, jury_id)
    page = await in_zone(page, work.session, edition=whole.jury.edition_id)
    criteria = criteria_from(whole.jury.criteria)
    weights = {each.key: each.weight for each in criteria}
    asked, kept, ranks, before = Asked(), None, None, None
    try:
        asked = asked_in(request)
        kept = await _frozen(whole.jury, work)
        ranks, before = await _ranks(whole.jury, asked, kept, work, differs=asked.differs(weights))
    except TOLD_HERE as wrong:
        refusal = refusal or wrong
    files = [line.application_id for line in ranks.lines] if ranks else []
    names = await views.names_of(work.session, files, person_id=person_id(work.actor))
    return page.show(
        "ranking.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/juries/{jury_id}/ranking",
        **head_of(page, whole, work),
        ranks=ranks,
        names=names,
        figure=ranks.figure(names, rtl=page.speech.direction == "rtl") if ranks else None,
        before=before.places_of if before else {},
        kept=kept,
        asked=asked,
        places=(asked.places or (ranks.places if ranks else 1)),
        criteria=[
            (each.key, criterion_name(page, each), (asked.weights or weights).get(each.key, 0)) for each in criteria
        ],
        judged=sorted(await preview_views.everyone_who_judged(work.session, jury_id)),
        methods=METHODS,
        typed=typed,
        refused=told(page, refusal) if refusal else None,
    )


async def _frozen(jury: Jury, work: Work) -> Ranking | None:
    found = await ranking_views.rankings(
        work.session, person_id=person_id(work.actor), challenge=jury.challenge_id, edition=None, after=None, limit=1
    )
    return found[0] if found else None


async def _ranks(
    jury: Jury, asked: Asked, kept: Ranking | None, work: Work, *, differs: bool
) -> tuple[Ranks, Ranks | None]:
    """What is shown, and what it is compared with: a preview with the ranking as it stands, or is frozen."""
    what_if = differs or asked.places is not None
    if kept is not None and not what_if:
        return frozen(kept), None
    places = asked.places or (frozen(kept).places if kept else 1)
    command = PreviewRanking(jury_id=jury.id, places=places, weights=asked.weights, without_jurors=asked.without)
    shown = previewed(await previews.preview_ranking(command, work))
    if kept is not None:
        return shown, frozen(kept)
    if not differs:
        return shown, None
    return shown, previewed(await previews.preview_ranking(PreviewRanking(jury_id=jury.id, places=places), work))
