"""The challenges, and each one as its partner declared it."""

from uuid import UUID

from starlette.responses import Response

from services.applications import repository, views
from services.applications.pages.place import KEPT_SECONDS, PREFIX, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.http import WorkDep, does
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 200


@router.get("/{language}/challenges", **does("list_challenges"))
async def list_challenges(page: PageDep, work: WorkDep) -> Response:
    editions = {each.id: each for each in await views.editions(work, after=None, limit=MOST)}
    found = await views.challenges_shown(work, edition_id=None, after=None, limit=MOST)
    by_edition = [
        (edition, own)
        for id_, edition in reversed(editions.items())
        if (own := [each for each in found if each.edition_id == id_])
    ]
    return page.show("challenges.html", keep=KEPT_SECONDS, by_edition=by_edition)


@router.get("/{language}/challenges/{challenge_id}", **does("read_challenge"))
async def read_challenge(page: PageDep, work: WorkDep, challenge_id: UUID) -> Response:
    challenge = await views.challenge(work, challenge_id)
    edition = await repository.edition(work, challenge.edition_id)
    calls = await public.schedules_of(work, await public.calls_offering(work, challenge_id))
    return of_edition(page, edition).show(
        "challenge.html",
        keep=KEPT_SECONDS,
        challenge=challenge,
        edition=edition,
        calls=[(each, each.phase(now=work.now), each.deadline_for([challenge_id])) for each in calls],
    )
