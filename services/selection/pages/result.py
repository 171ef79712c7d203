"""What an applicant reads of its own files once results are published: the outcome in plain words, and the reasons."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.selection.handlers.reviews import criteria_from
from services.selection.models import Challenge
from services.selection.pages.naming import criterion_name, titled
from services.selection.pages.place import PREFIX, in_zone
from services.selection.permissions import PERMISSIONS, authorise, person_id
from services.selection.views import editions as edition_views
from services.selection.views import interests as tie_views
from services.selection.views import results as views
from shared.http import WorkDep, does
from shared.identity import Resource
from shared.web import Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 100


@router.get("/{language}/result", **does("list_own_results"))
async def read_my_result(page: PageDep, work: WorkDep) -> Response:
    # The query asks for applications of the actor's own teams only: to each of them it stands as a member.
    authorise(work.actor, "read_own_result", Resource({"member"}))
    rows = await views.own_results(work.session, person_id(work.actor), after=None, limit=MOST)
    page = await in_zone(page, work.session)
    startups = await views.startups_of(work.session, rows)
    newest_first = sorted(rows, key=lambda row: str(row.deliberation.published_at), reverse=True)
    judged_by = await views.criteria_of_files(work.session, [row.decision.application_id for row in rows])

    def called(application_id: UUID, key: str) -> str:
        criteria = criteria_from(judged_by.get(application_id, ()))
        return next((criterion_name(page, each) for each in criteria if each.key == key), key.replace("_", " "))

    return page.show(
        "result.html",
        results=[await _shown(page, row, startups, work) for row in newest_first],
        called=called,
        files=await tie_views.files_of_person(work.session, person_id(work.actor)),
    )


async def _shown(page: Page, row: views.OwnResult, startups: dict[UUID, str], work: Work) -> dict[str, Any]:
    chosen = row.decision.challenge_id
    challenge = await work.session.get(Challenge, chosen) if chosen else None
    return {
        "id": row.decision.id,
        "application_id": row.decision.application_id,
        "startup": startups.get(row.decision.application_id),
        "outcome": row.decision.outcome,
        "edition": titled(page, await edition_views.edition_title(work.session, row.deliberation.edition_id)),
        "challenge": titled(page, challenge.title) if challenge else None,
        "partner": challenge.partner if challenge else None,
        "published_at": row.deliberation.published_at,
        "reasons": row.reasons,
    }
