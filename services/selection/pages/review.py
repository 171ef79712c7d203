"""One review: the file on one side, on the other the rubric and the juror's words, kept as they are written."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.selection.commands import SaveReview
from services.selection.domain.criteria import HIGHEST, LOWEST, weighted
from services.selection.handlers import reviews as handlers
from services.selection.handlers.reviews import criteria_from
from services.selection.models import Review
from services.selection.pages.answers import Part, parts_of
from services.selection.pages.naming import described, titled
from services.selection.pages.phases import round_shown
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.writing import Written, written_in
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.rounds import allows
from services.selection.views.desk import OwnFile, my_files
from services.selection.views.own_review import OwnReview, own_review
from services.selection.views.questions import sections_asked
from shared.errors import Conflict, StaleVersion
from shared.http import WorkDep, does, etag, if_match
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

Said = Annotated[str | None, Query(pattern="^saved$")]
LONGEST = 20_000
"""Characters of a comment or a note."""


@router.get("/{language}/reviews/{review_id}", **does("write_review"))
async def read_my_review(page: PageDep, work: WorkDep, review_id: UUID, said: Said = None) -> Response:
    return await _show(page, await own_review(work.session, work.actor, review_id, now=work.now), work, said=said)


@router.post("/{language}/reviews/{review_id}", **does("write_review", accepts=[FORM]))
async def save_my_review(
    request: Request,
    page: PageDep,
    work: WorkDep,
    review_id: UUID,
    seen: Annotated[str | None, Header(alias="If-Match")] = None,
) -> Response:
    """For the form's own buttons, and for the script that saves as one writes."""
    by_script = "text/html" not in request.headers.get("accept", "")
    written = await written_in(request)
    version = if_match(seen) if seen is not None else written.version
    try:
        review = await handlers.save_review(
            SaveReview(review_id=review_id, juror_id=person_id(work.actor), version=version, draft=written.draft), work
        )
    except (StaleVersion, Conflict) as refusal:
        if by_script:
            raise
        mine = await own_review(work.session, work.actor, review_id, now=work.now)
        return await _show(page, mine, work, status=refusal.status, unsaved=written)
    if by_script:
        return JSONResponse({"version": review.version}, headers={"ETag": etag(review.version)})
    here = f"{page.root}/reviews/{review_id}"
    goes_on = {"submit": f"{here}/submit?revision={written.revision or 1}", "step-back": f"{here}/step-back"}
    return RedirectResponse(goes_on.get(written.act, f"{here}?said=saved"), status_code=303)


async def _show(
    page: Page,
    mine: OwnReview,
    work: Work,
    *,
    status: int = 200,
    said: str | None = None,
    unsaved: Written | None = None,
) -> Response:
    page = await in_zone(page, work.session, edition=mine.jury.edition_id)
    return page.show(
        "review.html",
        status=status,
        place=f"{page.root}/reviews/{mine.review.id}",
        **facts_of(page, mine),
        writes=mine.writes,
        others_open=allows(mine.jury, "juror", "read_other_reviews", now=work.now),
        discussed=allows(mine.jury, "juror", "read_discussion", now=work.now),
        round=round_shown(mine.jury, work.now),
        parts=await _answers(page, mine, work),
        words=unsaved or mine.review,
        unsaved=unsaved,
        said=said,
        longest=LONGEST,
        **_beside(
            mine.review, await my_files(work.session, person_id(work.actor), organisation=work.actor.organisation)
        ),
    )


async def _answers(page: Page, mine: OwnReview, work: Work) -> list[Part]:
    if mine.file is None or mine.file.dossier is None:
        return []
    sections = await sections_asked(work.session, mine.review.application_id)
    return parts_of(
        page, mine.file.dossier, sections, attachments_at=f"{page.root}/reviews/{mine.review.id}/attachments"
    )


def facts_of(page: Page, mine: OwnReview) -> dict[str, Any]:
    """What each page about one's own review shows."""
    review = mine.review
    criteria = criteria_from(mine.jury.criteria)
    return {
        "review": review,
        "file": mine.file,
        "dossier": mine.file.dossier if mine.file else None,
        "challenge": titled(page, mine.challenge.title),
        "criteria": [described(page, each) for each in criteria],
        "scale": range(LOWEST, HIGHEST + 1),
        "total": weighted(review.scores, criteria),
    }


def _beside(review: Review, files: list[OwnFile]) -> Mapping[str, Any]:
    """The files before and after this one in the juror's list."""
    ids = [file.review.id for file in files]
    if review.id not in ids:
        return {"before": None, "after": None}
    here = ids.index(review.id)
    return {"before": ids[here - 1] if here else None, "after": ids[here + 1] if here + 1 < len(ids) else None}
