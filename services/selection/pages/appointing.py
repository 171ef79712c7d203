"""Appoints a challenge's jury: who judges, how many read each file, whether blind, by which rubric."""

from uuid import UUID

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from services.selection.commands import AppointJury
from services.selection.domain.juries import Blind
from services.selection.handlers import juries as handlers
from services.selection.handlers.juries import ChallengeNotKnown
from services.selection.models import Challenge
from services.selection.pages.forms import Fields, all_fields, one_of, read
from services.selection.pages.naming import titled
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.pages.rubric import EMPTY_ROWS, MOST_CRITERIA, Row, as_in_paris, rows_in, rubric_in
from services.selection.pages.rule import AppointForm, matching_in, rule_written
from services.selection.pages.seats import limits_written, seats_in
from services.selection.permissions import PERMISSIONS
from services.selection.repository import challenge as find_challenge
from services.selection.views import deliberation as views
from services.selection.views.naming import names_in_minutes
from shared.errors import DomainError
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)


@router.get("/{language}/challenges/{challenge_id}/jury", **does("appoint_jury"))
async def think_of_a_jury(page: PageDep, work: WorkDep, challenge_id: UUID) -> Response:
    return await _show(page, await _challenge(work, challenge_id), work)


@router.post("/{language}/challenges/{challenge_id}/jury", **does("appoint_jury", accepts=[FORM]))
async def appoint_a_jury(request: Request, page: PageDep, work: WorkDep, challenge_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, AppointForm)
        seats = seats_in(fields)
        weights, rubric = rubric_in(rows_in(fields))
        jury = await handlers.appoint_jury(
            AppointJury(
                challenge_id=challenge_id,
                juror_ids=seats.jurors,
                reviews_per_file=form.reviews_per_file,
                files_per_juror=form.files_per_juror,
                weights=weights or None,
                rubric=rubric,
                blind=form.blind,
                limits=seats.limits,
                matching=matching_in(fields, form),
                names=seats.names,
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
    seated = await views.seated_in_edition(work.session, challenge.edition_id)
    rows = rows_in(given) if given is not None else as_in_paris()
    return page.show(
        "appoint.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/challenges/{challenge.id}/jury",
        challenge=challenge,
        title=titled(page, challenge.title),
        seated=seated,
        called=await names_in_minutes(work.session, seated),
        ticked=set((given or {}).get("seated", ())),
        jurors=one_of(given or {}, "jurors") or "",
        limits=limits_written(given),
        rule=rule_written(given),
        blind=one_of(given or {}, "blind") or Blind.APPLICANTS,
        ways=list(Blind),
        rows=[*rows, *[Row()] * min(EMPTY_ROWS, MOST_CRITERIA - len(rows))],
        refused=told(page, refusal) if refusal else None,
    )
