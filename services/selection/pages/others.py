"""What other jurors said of a file, without who they are: for who submitted a review, once the phase opens it."""

from uuid import UUID

from starlette.responses import Response

from services.selection.domain.reviews import StillJudging
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.review import facts_of
from services.selection.permissions import PERMISSIONS, authorise, person_id
from services.selection.rounds import require
from services.selection.views import reviews as views
from services.selection.views.discussions import letters_of
from services.selection.views.own_review import own_review
from shared.http import WorkDep, does
from shared.identity import Resource
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/reviews/{review_id}/others", **does("read_other_reviews"))
async def read_what_others_said(page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    mine = await own_review(work.session, work.actor, review_id, now=work.now)
    authorise(work.actor, "read_other_reviews", Resource({"reviewer"}, mine.review.state))
    me = person_id(work.actor)
    if await views.files_still_reviewed_by(work.session, me, {mine.review.application_id}):
        raise StillJudging
    require(mine.jury, "juror", "read_other_reviews", now=work.now)
    page = await in_zone(page, work.session, edition=mine.jury.edition_id)
    letters = await letters_of(work.session, mine.review.jury_id, mine.review.application_id)
    found = await views.other_reviews(work.session, mine.review)
    # In the order of letters: that of ids would tell whose is whose.
    others = sorted(found, key=lambda row: (len(letters[row.juror_id]), letters[row.juror_id]))
    return page.show("others.html", **facts_of(page, mine), others=others)
