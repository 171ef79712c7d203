"""One jury as staff see it: its round, its files and jurors with their progress, and its rule, which can be changed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import ChangeJury, OpenPhase, PlanPhases
from services.selection.domain.juries import OPEN
from services.selection.domain.phases import Phase
from services.selection.handlers import juries as handlers
from services.selection.handlers import phases as phase_handlers
from services.selection.handlers.reviews import criteria_from
from services.selection.pages.forms import Fields, Form, all_fields, one_of, read
from services.selection.pages.naming import described, titled
from services.selection.pages.phases import round_shown
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.planning import dates_written, planned_in, wall_times
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.pages.rule import RuleForm, matching_in, rule_written
from services.selection.pages.seats import limits_written, seats_in
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.rounds import round_of
from services.selection.views import deliberation as views
from services.selection.views import juries as jury_views
from services.selection.views import phases as phase_views
from services.selection.views.naming import names_in_minutes
from shared.errors import DomainError
from shared.http import LongText, WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

Said = Annotated[str | None, Query(pattern="^(changed|planned|opened|assigned)$")]


class ChangeForm(RuleForm):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class PlanForm(Form):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    zone: Annotated[str, Field(min_length=1, max_length=64)]


class OpenForm(Form):
    phase: Phase
    reason: LongText


@router.get("/{language}/juries/{jury_id}", **does("change_jury"))
async def read_one_jury(page: PageDep, work: WorkDep, jury_id: UUID, said: Said = None) -> Response:
    return await _show(page, jury_id, work, said=said)


@router.post("/{language}/juries/{jury_id}", **does("change_jury", accepts=[FORM]))
async def change_one_jury(request: Request, page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, ChangeForm)
        seats = seats_in(fields)
        await handlers.change_jury(
            ChangeJury(
                jury_id=jury_id,
                version=form.version,
                juror_ids=seats.jurors,
                reviews_per_file=form.reviews_per_file,
                files_per_juror=form.files_per_juror,
                limits=seats.limits,
                matching=matching_in(fields, form),
                names=seats.names,
            ),
            work,
        )
    except TOLD_HERE as refusal:
        return await _show(page, jury_id, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/juries/{jury_id}?said=changed", status_code=303)


@router.post("/{language}/juries/{jury_id}/phases", **does("plan_phases", accepts=[FORM]))
async def plan_a_round(request: Request, page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, PlanForm)
        plan = tuple(planned_in(fields))
        command = PlanPhases(jury_id=jury_id, version=form.version, zone=form.zone, plan=plan)
        await phase_handlers.plan_phases(command, work)
    except TOLD_HERE as refusal:
        return await _show(page, jury_id, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/juries/{jury_id}?said=planned", status_code=303)


@router.post("/{language}/juries/{jury_id}/phases/open", **does("open_phase", accepts=[FORM]))
async def open_a_phase(request: Request, page: PageDep, work: WorkDep, jury_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, OpenForm)
        await phase_handlers.open_phase(OpenPhase(jury_id=jury_id, phase=form.phase, reason=form.reason), work)
    except TOLD_HERE as refusal:
        return await _show(page, jury_id, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/juries/{jury_id}?said=opened", status_code=303)


async def _show(
    page: Page,
    jury_id: UUID,
    work: Work,
    *,
    said: str | None = None,
    refusal: DomainError | None = None,
    given: Fields | None = None,
) -> Response:
    me = person_id(work.actor)
    whole = await views.whole_jury(work.session, jury_id)
    jury = whole.jury
    page = await in_zone(page, work.session, edition=jury.edition_id)
    files = await views.files_of(work.session, jury, person_id=me)
    jurors = await views.jurors_of(work.session, jury, person_id=me)
    limits = (await jury_views.seats(work.session, [jury_id]))[jury_id]
    seated = await views.seated_in_edition(work.session, jury.edition_id)
    changing = given if given is not None and "reviews_per_file" in given else None
    return page.show(
        "jury.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/juries/{jury_id}",
        **head_of(page, whole, work),
        files=files,
        names=await views.names_of(work.session, [file.id for file in files], person_id=me),
        jurors=jurors,
        elsewhere=[one for one in seated if one not in limits],
        called=await names_in_minutes(work.session, [*seated, *limits]),
        criteria=[described(page, each) for each in criteria_from(jury.criteria)],
        own_limits={one: most for one, most in limits.items() if most is not None},
        written_limits=limits_written(changing) if changing else {str(one): most for one, most in limits.items()},
        ticked=set(changing.get("seated", ())) if changing else {str(juror.id) for juror in jurors},
        rule=rule_written(changing, jury),
        changing=changing is not None,
        frozen=jury.state not in OPEN,
        openings=await phase_views.openings(work.session, jury),
        planning=bool(dates_written(given)),
        dates=dates_written(given) or wall_times(jury),
        zone=str(page.speech.zone),
        phases=list(Phase),
        written={name: one_of(given or {}, name) or "" for name in ("jurors", "reason", "phase")},
        said=said,
        refused=told(page, refusal) if refusal else None,
    )


def head_of(page: Page, whole: views.WholeJury, work: Work) -> dict[str, Any]:
    """What each page about one jury begins with."""
    return {
        "jury": whole.jury,
        "title": titled(page, whole.challenge.title),
        "partner": whole.challenge.partner,
        "edition": titled(page, whole.edition.title) if whole.edition else None,
        "round": round_shown(whole.jury, work.now),
        "planned": bool(round_of(whole.jury).last),
    }
