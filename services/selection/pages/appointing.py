"""Appoints a challenge's jury: who judges, how many read each file, by which criteria."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import AppointJury
from services.selection.domain.criteria import PARIS
from services.selection.handlers import juries as handlers
from services.selection.handlers.juries import ChallengeNotKnown
from services.selection.models import Challenge
from services.selection.pages.forms import Fields, Form, all_fields, criteria_in, one_of, people_in, read
from services.selection.pages.naming import titled
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS
from services.selection.repository import challenge as find_challenge
from services.selection.views import deliberation as views
from shared.errors import DomainError
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

AS_IN_PARIS = "\n".join(f"{key}: {weight}" for key, weight in PARIS.items())


class JuryForm(Form):
    """A jury's rule."""

    reviews_per_file: Annotated[int, Field(ge=1, le=50)] = 2
    files_per_juror: Annotated[int, Field(ge=1, le=10_000)] = 10


@router.get("/{language}/challenges/{challenge_id}/jury", **does("appoint_jury"))
async def think_of_a_jury(page: PageDep, work: WorkDep, challenge_id: UUID) -> Response:
    return await _show(page, await _challenge(work, challenge_id), work)


@router.post("/{language}/challenges/{challenge_id}/jury", **does("appoint_jury", accepts=[FORM]))
async def appoint_a_jury(request: Request, page: PageDep, work: WorkDep, challenge_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, JuryForm)
        jury = await handlers.appoint_jury(
            AppointJury(
                challenge_id=challenge_id,
                juror_ids=people_in(fields, "seated", "jurors"),
                reviews_per_file=form.reviews_per_file,
                files_per_juror=form.files_per_juror,
                weights=criteria_in(one_of(fields, "criteria") or "") or None,
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await _show(page, await _challenge(work, challenge_id), work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/juries/{jury.id}", status_code=303)


async def _challenge(work: Work, challenge_id: UUID) -> Challenge:
    found = await find_challenge(work.session, challenge_id)
    if found is None:
        raise ChallengeNotKnown
    return found


async def _show(
    page: Page, challenge: Challenge, work: Work, *, refusal: DomainError | None = None, given: Fields | None = None
) -> Response:
    page = await in_zone(page, work.session, edition=challenge.edition_id)
    shown: dict[str, Any] = {name: one_of(given or {}, name) for name in ("reviews_per_file", "files_per_juror")}
    return page.show(
        "appoint.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/challenges/{challenge.id}/jury",
        challenge=challenge,
        title=titled(page, challenge.title),
        seated=await views.seated_in_edition(work.session, challenge.edition_id),
        ticked=set((given or {}).get("seated", ())),
        jurors=one_of(given or {}, "jurors") or "",
        criteria=one_of(given or {}, "criteria") or AS_IN_PARIS,
        rule=shown,
        refused=told(page, refusal) if refusal else None,
    )
