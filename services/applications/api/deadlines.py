"""Routes of a call's deadlines: the log that anyone reads, dates set anew before the opening, and more time."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request, Response

from services.applications import views
from services.applications.api.answers.deadlines import ExtensionStandingView, ExtensionView, RulesView, RuleView
from services.applications.api.answers.programme import CallView
from services.applications.api.answers.showing import call_shown
from services.applications.api.bodies import AskExtensionBody, PostponeDeadlineBody, RescheduleCallBody
from services.applications.commands import AskExtension, PostponeDeadline, RescheduleCall
from services.applications.handlers import deadlines as handlers
from services.applications.handlers import extensions
from services.applications.models import Extension
from services.applications.permissions import PERMISSIONS
from services.applications.settings import shortest_call
from shared.http import IfMatch, Page, PagingDep, WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["deadlines"])

POLICY = [
    "A file may name several challenges; the strictest of their deadlines is the file's.",
    "A team that was given more time has its own deadline, if that is later.",
    "A challenge without a deadline of its own has the call's.",
    "The server's clock decides, at the moment when it has received the whole request; the deadline itself is in time.",
    "If the call has seconds of grace, what arrives within them is in time too.",
    "A draft may be written and changed until the last deadline; only what was handed in counts.",
    "Nobody's time is made shorter once the call is open: a deadline moves to a later time, or not at all.",
    "Time in which nobody could reach us in the last hours before a deadline is given back to everyone.",
    "When the law changes the clocks, the later counts of the time that the wall was to show and the instant it was.",
    "The call is closed once its last deadline has passed; its files stay sealed until staff open them.",
]


@router.get("/calls/{call_id}/rules", **does("read_calls"))
async def read_rules(call_id: UUID, work: WorkDep) -> RulesView:
    """Every rule that decides whether a file is in time, in the order in which they were decided."""
    schedule, lines = await views.rule_log(work, call_id)
    return RulesView(
        call_id=call_id,
        policy=POLICY,
        grace_seconds=int(schedule.grace.total_seconds()),
        rules=[RuleView.of(line) for line in lines],
        now=work.now,
    )


@router.patch("/calls/{call_id}", **does("change_call"))
async def reschedule_call(
    call_id: UUID, body: RescheduleCallBody, version: IfMatch, work: WorkDep, request: Request, response: Response
) -> CallView:
    """Set a call's dates anew, until it opens; what is left out stays as it is."""
    own = body.challenge_deadlines
    await handlers.reschedule_call(
        RescheduleCall(
            call_id=call_id,
            version=version,
            opens=body.opens_at.as_wall() if body.opens_at else None,
            closes=body.closes_at.as_wall() if body.closes_at else None,
            challenge_deadlines=None if own is None else {id_: wall.as_wall() for id_, wall in own.items()},
            grace=None if body.grace_seconds is None else timedelta(seconds=body.grace_seconds),
            shortest=shortest_call(request.app.state.settings),
        ),
        work,
    )
    return await call_shown(call_id, work, response)


@router.post("/calls/{call_id}/postponements", **does("change_call"))
async def postpone_deadline(call_id: UUID, body: PostponeDeadlineBody, work: WorkDep, response: Response) -> CallView:
    """Give more time to everyone, or to whoever answers one challenge, before the deadline comes."""
    await handlers.postpone_deadline(
        PostponeDeadline(call_id=call_id, challenge_id=body.challenge_id, until=body.until.as_wall()), work
    )
    return await call_shown(call_id, work, response)


@router.post("/applications/{application_id}/extensions", status_code=201, **does("extend_deadline"))
async def ask_extension(
    application_id: UUID, body: AskExtensionBody, work: WorkDep, response: Response
) -> ExtensionStandingView:
    """Ask for more time for one team. Somebody else decides."""
    extension = await extensions.ask_extension(
        AskExtension(application_id=application_id, until=body.until.as_wall(), reason=body.reason, words=body.words),
        work,
    )
    return await _standing(extension, work, response)


@router.get("/calls/{call_id}/extensions", **does("list_extensions"))
async def list_extensions(call_id: UUID, work: WorkDep, paging: PagingDep) -> Page[ExtensionView]:
    """What was asked for, why, and what was decided; not for files of one's own team or in conflict with oneself."""
    rows = await views.extensions_of(work, call_id, after=paging.after(datetime, UUID), limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.created_at, row.id), view=ExtensionView.of)


@router.post("/extensions/{extension_id}/approve", **does("extend_deadline"))
async def approve_extension(extension_id: UUID, work: WorkDep, response: Response) -> ExtensionStandingView:
    """Give the team that time: by another member of staff than who asked."""
    return await _standing(await extensions.approve_extension(extension_id, work), work, response)


@router.post("/extensions/{extension_id}/refuse", **does("extend_deadline"))
async def refuse_extension(extension_id: UUID, work: WorkDep, response: Response) -> ExtensionStandingView:
    """Leave the deadlines as they are."""
    return await _standing(await extensions.refuse_extension(extension_id, work), work, response)


async def _standing(extension: Extension, work: WorkDep, response: Response) -> ExtensionStandingView:
    await work.session.flush()
    set_etag(response, extension.version)
    return ExtensionStandingView.of(extension)
