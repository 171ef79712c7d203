"""Staff set a call's dates anew before it opens, and give everyone, or one challenge, more time afterwards."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from starlette.responses import RedirectResponse, Response

from services.applications import repository
from services.applications.commands import PostponeDeadline, RescheduleCall, WallTime
from services.applications.handlers import deadlines as handlers
from services.applications.pages import dates
from services.applications.pages.deadlines import MOST, Move, Typed, show
from services.applications.pages.place import PREFIX
from services.applications.permissions import PERMISSIONS
from services.applications.settings import shortest_call
from services.applications.times import LocalTime
from shared.errors import DomainError, NotFound
from shared.http import WorkDep, WorksDep, current_correlation_id, does
from shared.web import FORM, Page, PageDep, fields_of, filled_in, page_router
from shared.work import Works

router = page_router(PREFIX, permissions=PERMISSIONS)


class VersionForm(BaseModel):
    version: int


class MoveForm(BaseModel):
    """Whose deadline moves, until when, and whether it was read what that means."""

    model_config = ConfigDict(frozen=True)

    challenge_id: Annotated[UUID | None, BeforeValidator(lambda given: None if given == "all" else given)]
    until: LocalTime
    confirmed: Literal["yes"] | None = None


@router.post("/{language}/calls/{call_id}/deadlines/dates", **does("change_call", accepts=[FORM]))
async def set_anew(request: Request, page: PageDep, work: WorkDep, call_id: UUID) -> Response:
    fields = await fields_of(request, most=MOST)
    told = dates.read(fields)
    try:
        version = VersionForm.model_validate(dict(fields)).version
    except ValidationError:
        version = 0
    if told.dates is None:
        return await show(page, work, call_id, typed=Typed(form="dates", told=told))
    known = await repository.schedule(work, call_id, hold=False)
    command = RescheduleCall(
        call_id=call_id,
        version=version,
        opens=WallTime(told.dates.opens, known.opens.zone),
        closes=WallTime(told.dates.closes, known.closes.zone),
        challenge_deadlines=told.dates.own_in(known.closes.zone),
        grace=told.dates.grace_given,
        shortest=shortest_call(request.app.state.settings),
    )
    try:
        await handlers.reschedule_call(command, work)
    except NotFound:
        raise
    except DomainError as refusal:
        return await show(page, work, call_id, typed=Typed(form="dates", told=told, refusal=refusal))
    return _back(page, call_id, said="set")


@router.post("/{language}/calls/{call_id}/deadlines/moves", **does("change_call", transaction=False, accepts=[FORM]))
async def move(request: Request, page: PageDep, works: WorksDep, call_id: UUID) -> Response:
    """First it is said what would be, as nobody can take it back; then it is done."""
    form = await filled_in(request, MoveForm)
    typed, about_to = Typed(form="move", filled=form), None
    if form.model:
        try:
            about_to = await _move(form.model, page, works, call_id)
        except NotFound:
            raise
        except DomainError as refusal:
            typed = Typed(form="move", filled=form, refusal=refusal)
        else:
            if form.model.confirmed:
                return _back(page, call_id, said="moved")
    async with works.begin(actor=page.actor, read_only=True) as work:
        return await show(page, work, call_id, typed=None if about_to else typed, move=about_to)


async def _move(form: MoveForm, page: Page, works: Works, call_id: UUID) -> Move:
    begun = works.begin(actor=page.actor, correlation_id=current_correlation_id(), read_only=form.confirmed is None)
    async with begun as work:
        known = await repository.schedule(work, call_id, hold=False)
        before = known.own.get(form.challenge_id, known.closes) if form.challenge_id else known.closes
        until = WallTime(form.until, before.zone)
        await handlers.postpone_deadline(
            PostponeDeadline(call_id=call_id, challenge_id=form.challenge_id, until=until), work
        )
    return Move(
        challenge_id=form.challenge_id,
        until=form.until.isoformat(timespec="minutes"),
        before=before,
        after=until.resolved(),
    )


def _back(page: Page, call_id: UUID, *, said: str) -> Response:
    return RedirectResponse(f"{page.root}/calls/{call_id}/deadlines?said={said}", status_code=303)
