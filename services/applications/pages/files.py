"""My files: where each application stands in plain words, what comes next, and what may still be done with it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse, Response

from services.applications import relations, repository, views
from services.applications.commands import DraftApplication
from services.applications.domain.applications import ALLOWED, WRITABLE, Status
from services.applications.domain.calls import Phase
from services.applications.domain.requests import ATTACHMENTS, RequestState
from services.applications.handlers import applications as handlers
from services.applications.models import Challenge, InformationRequest
from services.applications.pages import asking
from services.applications.pages.place import PREFIX, of_edition, result_of
from services.applications.pages.profile import contact
from services.applications.permissions import PERMISSIONS, person_id
from services.applications.views import public
from shared.http import WorkDep, does
from shared.web import FORM, PageDep, form_of, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 100


class Step(StrEnum):
    """What a file goes through, as its team is told."""

    WRITTEN = "written"
    HANDED_IN = "handed-in"
    SCREENED = "screened"
    JUDGED = "judged"
    RESULT = "result"


REACHED: Mapping[Status, Step] = {
    Status.DRAFT: Step.WRITTEN,
    Status.SUBMITTED: Step.HANDED_IN,
    Status.ADMITTED: Step.JUDGED,
    Status.DECLINED: Step.SCREENED,
    Status.SELECTED: Step.RESULT,
    Status.RESERVED: Step.RESULT,
    Status.NOT_SELECTED: Step.RESULT,
    Status.WITHDRAWN: Step.WRITTEN,
}
"""Where a file is now; nothing of what a jury does shows before its results."""


TOLD = frozenset(status for status, step in REACHED.items() if step is Step.RESULT)
"""Results are published: the jury's service says which, and why."""


class BeginForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    call_id: UUID
    team_id: UUID


@router.get("/{language}/files", **does("list_applications"))
async def list_files(page: PageDep, work: WorkDep) -> Response:
    page = of_edition(page, await public.newest_edition(work))
    lines = await views.applications_shown(work, call_id=None, status=None, after=None, limit=MOST)
    applies = work.actor.holds("applicant")
    teams = await views.teams_of(work, after=None, limit=MOST) if applies else []
    mine = [team.id for team in teams]
    calls = await public.schedules_of(work, await public.calls_newest_first(work), team_ids=mine) if applies else []
    taken = {
        (each.application.call_id, each.application.team_id)
        for each in lines
        if each.application.status != Status.WITHDRAWN
    }
    takes_drafts = [each for each in calls if each.phase(now=work.now) in {Phase.ANNOUNCED, Phase.OPEN}]
    return page.show(
        "files.html",
        lines=lines,
        deadlines={
            each.call.id: each
            for each in await public.schedules_by_id(work, {line.application.call_id for line in lines}, team_ids=mine)
        },
        beginnings=[
            (schedule, free)
            for schedule in takes_drafts
            if (
                free := [
                    team
                    for team in teams
                    if (schedule.call.id, team.id) not in taken and schedule.takes_drafts(team_id=team.id, now=work.now)
                ]
            )
        ],
        takes_drafts=takes_drafts,
        teams=teams,
        applies=applies,
        registered=not applies or await contact(work) is not None,
        WRITABLE=WRITABLE,
        TOLD=TOLD,
        result=result_of(page),
    )


@router.post("/{language}/files", **does("draft_application", accepts=[FORM]))
async def begin(request: Request, page: PageDep, work: WorkDep) -> Response:
    form = await form_of(request, BeginForm)
    application = await handlers.draft_application(DraftApplication(call_id=form.call_id, team_id=form.team_id), work)
    return RedirectResponse(f"{page.root}/files/{application.id}/write", status_code=303)


@router.get("/{language}/files/{application_id}", **does("read_application"))
async def read_file(
    page: PageDep,
    work: WorkDep,
    application_id: UUID,
    handed_in: Annotated[str | None, Query(alias="handed-in")] = None,
) -> Response:
    file, revisions = await views.revisions(work, application_id)
    application = file.application
    edition = await repository.edition(work, application.edition_id)
    me = person_id(work.actor)
    asked = await _asked(work, application_id) if file.is_own else None
    form = await public.form_answered(work, application_id) if asked else None
    return of_edition(page, edition).show(
        "file.html",
        file=file,
        application=application,
        standing=Status(application.status),
        reached=REACHED[Status(application.status)],
        steps=list(Step),
        revisions=list(reversed(revisions)),
        challenges=await challenges_named(work, file.content.challenge_ids),
        matched=await matched(work, application.matched_challenge_id),
        may_write=file.may_write(now=work.now) and await relations.may(work, "change_application", application),
        in_time=not file.is_over(now=work.now),
        may_withdraw=application.lead_id == me and Status.WITHDRAWN in ALLOWED[Status(application.status)],
        edition=edition,
        result=result_of(page) if file.is_own and application.status in TOLD else None,
        just_handed_in=handed_in is not None,
        asked=asked,
        asked_until=repository.asked_of(asked).until if asked else None,
        asked_names=asking.names_of_fields(page, form) | {ATTACHMENTS: page.speech.t("attachment.title")},
    )


async def _asked(work: Work, application_id: UUID) -> InformationRequest | None:
    """What the team may answer now."""
    rows = await views.requests_of(work, application_id)
    return next((row for row in rows if repository.asked_of(row).state(work.now) is RequestState.OPEN), None)


async def challenges_named(work: Work, ids: tuple[UUID, ...]) -> list[Challenge]:
    """In the team's order of preference."""
    found = {each.id: each for each in await public.challenges_among(work, ids)}
    return [found[id_] for id_ in ids if id_ in found]


async def matched(work: Work, challenge_id: UUID | None) -> Challenge | None:
    found = await public.challenges_among(work, [challenge_id]) if challenge_id else []
    return found[0] if found else None
