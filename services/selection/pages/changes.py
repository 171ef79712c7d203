"""What the team changed in a file since the revision that a juror read, word by word."""

from uuid import UUID

from starlette.responses import Response

from services.selection.pages.answers import changed_parts
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.review import facts_of
from services.selection.permissions import PERMISSIONS, authorise
from services.selection.rounds import require
from services.selection.views.changes import changes
from services.selection.views.own_review import own_review
from shared.http import WorkDep, does
from shared.identity import Resource
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/reviews/{review_id}/changes", **does("read_file"))
async def read_what_changed(page: PageDep, work: WorkDep, review_id: UUID) -> Response:
    mine = await own_review(work.session, work.actor, review_id, now=work.now)
    authorise(work.actor, "read_file", Resource({"reviewer"}, mine.review.state))
    require(mine.jury, "juror", "read_file", now=work.now)
    found = await changes(work.session, mine.review, since=None)
    page = await in_zone(page, work.session, edition=mine.jury.edition_id)
    return page.show("changes.html", **facts_of(page, mine), changes=found, parts=changed_parts(page, found))
