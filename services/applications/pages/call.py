"""A call: what may be applied for, from when to when, and every rule by which that is decided."""

from uuid import UUID

from starlette.responses import Response

from services.applications import repository, views
from services.applications.pages.place import KEPT_SECONDS, PREFIX, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.http import WorkDep, does
from shared.web import PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

POLICY = ("several", "own", "clock", "draft", "later", "outage", "clocks", "sealed")
"""The rules that hold for every call, by the names of their words."""


@router.get("/{language}/calls", **does("read_calls"))
async def list_calls(page: PageDep, work: WorkDep) -> Response:
    edition = await public.newest_edition(work)
    found = await public.schedules_of(work, await public.calls_newest_first(work))
    return of_edition(page, edition).show(
        "calls.html", keep=KEPT_SECONDS, calls=[(each, each.phase(now=work.now)) for each in found]
    )


@router.get("/{language}/calls/{call_id}", **does("read_calls"))
async def read_call(page: PageDep, work: WorkDep, call_id: UUID) -> Response:
    schedule, log = await views.rule_log(work, call_id)
    edition = await repository.edition(work, schedule.call.edition_id)
    challenges = await public.challenges_of_call(work, call_id)
    return of_edition(page, edition).show(
        "call.html",
        keep=KEPT_SECONDS,
        schedule=schedule,
        edition=edition,
        phase=schedule.phase(now=work.now),
        challenges=[(each, schedule.deadline_for([each.id])) for each in challenges],
        titles={each.id: each.title for each in challenges},
        log=log,
        policy=POLICY,
    )
