"""One file as a jury judged it: what it says, each review that staff may read by now, and who gave it back."""

from uuid import UUID

from starlette.responses import Response

from services.selection.domain.criteria import weighted
from services.selection.domain.reviews import ReviewState
from services.selection.handlers.conflicts import NoSuchCandidate
from services.selection.handlers.reviews import criteria_from
from services.selection.pages.answers import parts_of
from services.selection.pages.jury import head_of
from services.selection.pages.naming import described
from services.selection.pages.place import PREFIX, in_zone
from services.selection.permissions import PERMISSIONS, authorise, person_id
from services.selection.rounds import allows
from services.selection.views import deliberation as views
from services.selection.views import reviews as review_views
from services.selection.views.handed_in import handed_in
from services.selection.views.questions import sections_asked
from shared.http import WorkDep, does
from shared.identity import Resource
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 200


@router.get("/{language}/juries/{jury_id}/files/{application_id}", **does("read_review"))
async def read_one_file(page: PageDep, work: WorkDep, jury_id: UUID, application_id: UUID) -> Response:
    authorise(work.actor, "read_review", Resource())
    me = person_id(work.actor)
    whole = await views.whole_jury(work.session, jury_id)
    names = await views.names_of(work.session, [application_id], person_id=me)
    file = await handed_in(work.session, whole.jury, application_id, person_id=me, organisation=work.actor.organisation)
    if file is None:
        raise NoSuchCandidate
    authorise(work.actor, "read_judged_file", Resource())
    sections = await sections_asked(work.session, application_id) if file.file else ()
    reviews = await review_views.reviews(
        work.session,
        person_id=me,
        everyones=True,
        state=None,
        application=application_id,
        jury=jury_id,
        after=None,
        limit=MOST,
    )
    blind = bool(await review_views.files_still_reviewed_by(work.session, me, {application_id}))
    criteria = criteria_from(whole.jury.criteria)
    page = await in_zone(page, work.session, edition=whole.jury.edition_id)
    return page.show(
        "file.html",
        **head_of(page, whole, work),
        application_id=application_id,
        names=names,
        file=file,
        dossier=file.file,
        parts=parts_of(page, file.file, sections, attachments_at=None) if file.file else [],
        blind=blind,
        discussed=allows(whole.jury, "staff", "read_discussion", now=work.now),
        criteria=[described(page, each) for each in criteria],
        reviews=[
            {
                "review": each,
                "open": each.state == ReviewState.SUBMITTED and (each.juror_id == me or not blind),
                "total": weighted(each.scores, criteria),
            }
            for each in reviews
            if each.state != ReviewState.CANCELLED
        ],
    )
