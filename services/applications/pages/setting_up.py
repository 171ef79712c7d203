"""Staff set a call up: its challenges and dates, what its form asks, seen as applicants will; and open its files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import RedirectResponse, Response

from services.applications import repository, views
from services.applications.commands import AnnounceCall, SetForm, WallTime
from services.applications.definitions import FormBody
from services.applications.domain import form_checks, forms
from services.applications.domain.calls import CallStatus
from services.applications.domain.challenges import ChallengeStatus
from services.applications.domain.deadlines import LONGEST_GRACE
from services.applications.domain.forms import Form
from services.applications.handlers import forms as form_handlers
from services.applications.handlers import programme as handlers
from services.applications.models import Edition
from services.applications.pages import asking, dates
from services.applications.pages.place import PREFIX, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.settings import shortest_call
from services.applications.views import public
from shared.errors import DomainError, Invalid
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, fields_of, form_of, page_router, refusal_said
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 200
DEFAULT = Path(__file__).parents[1] / "default_form.json"


class NoEditionYet(Invalid):
    slug = "no-edition-yet"
    message = "A call belongs to an edition, and there is none yet: announce one with POST /editions."


class ChoiceForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    challenge_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class DefinitionForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    definition: Annotated[str, Field(max_length=500_000)]
    version: int | None = None
    act: str = "preview"


@router.get("/{language}/calls/new", **does("announce_call"))
async def plan_call(page: PageDep, work: WorkDep) -> Response:
    return await _show_plan(page, work, [], dates.Told(given={"grace": "0"}))


@router.post("/{language}/calls/new", **does("announce_call", accepts=[FORM]))
async def announce(request: Request, page: PageDep, work: WorkDep) -> Response:
    """The deadline of a challenge that is not among those of the call is as if it were not there."""
    fields = await fields_of(request, most=2 * MOST)
    chosen = [value for name, value in fields if name == "challenge_ids"]
    told = dates.read([(name, value) for name, value in fields if name != "challenge_ids"])
    try:
        challenge_ids = ChoiceForm.model_validate({"challenge_ids": chosen}).challenge_ids
    except ValidationError:
        return await _show_plan(page, work, chosen, told, none_chosen=True)
    if told.dates is None:
        return await _show_plan(page, work, chosen, told)
    edition = await _edition(work)
    command = AnnounceCall(
        edition_id=edition.id,
        challenge_ids=challenge_ids,
        opens=WallTime(told.dates.opens, edition.zone),
        closes=WallTime(told.dates.closes, edition.zone),
        challenge_deadlines=told.dates.own_in(edition.zone, among=challenge_ids),
        shortest=shortest_call(request.app.state.settings),
        form=json.loads(DEFAULT.read_text()),
        grace=told.dates.grace_given,
    )
    try:
        call = await handlers.announce_call(command, work)
    except DomainError as refusal:
        return await _show_plan(page, work, chosen, told, refusal=refusal)
    return RedirectResponse(f"{page.root}/calls/{call.id}/form", status_code=303)


@router.get("/{language}/calls/{call_id}/form", **does("read_calls"))
async def read_form(page: PageDep, work: WorkDep, call_id: UUID, saved: str | None = None) -> Response:
    """What the call asks, for anyone to read before they begin; staff may set it here."""
    return await _show_form(page, work, call_id, saved=saved is not None)


@router.post("/{language}/calls/{call_id}/form", **does("set_form", accepts=[FORM]))
async def set_form(request: Request, page: PageDep, work: WorkDep, call_id: UUID) -> Response:
    """Shown as applicants will see it, or set; what is wrong with it is said either way, and its text given back."""
    told = await form_of(request, DefinitionForm)
    try:
        definition = FormBody.model_validate_json(told.definition).as_definition()
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or '–'}: {each['msg']}" for each in error.errors()[:20]]
        return await _show_form(page, work, call_id, text=told.definition, wrong=wrong)
    try:
        shown = forms.read(definition)
        form_checks.check(shown)
        if told.act != "set":
            return await _show_form(page, work, call_id, text=told.definition, preview=shown)
        command = SetForm(call_id=call_id, version=told.version, definition=definition)
        await form_handlers.set_form(command, work)
    except DomainError as refusal:
        said = [f"{each.pointer}: {each.detail}" for each in refusal.errors]
        return await _show_form(page, work, call_id, text=told.definition, wrong=said, refusal=refusal)
    return RedirectResponse(f"{page.root}/calls/{call_id}/form?saved=1", status_code=303)


@router.post("/{language}/calls/{call_id}/open-files", **does("open_files", accepts=[FORM]))
async def open_files(page: PageDep, work: WorkDep, call_id: UUID) -> Response:
    await handlers.open_files(call_id, work)
    return RedirectResponse(f"{page.root}/calls/{call_id}", status_code=303)


async def _edition(work: Work) -> Edition:
    edition = await public.newest_edition(work)
    if edition is None:
        raise NoEditionYet
    return edition


async def _show_plan(
    page: Page,
    work: Work,
    chosen: Sequence[str],
    told: dates.Told,
    *,
    none_chosen: bool = False,
    refusal: DomainError | None = None,
) -> Response:
    edition = await _edition(work)
    found = await views.challenges_shown(work, edition_id=edition.id, after=None, limit=MOST)
    wrong = told.wrong | ({"challenge_ids"} if none_chosen else set())
    return of_edition(page, edition).show(
        "plan_call.html",
        status=422 if wrong or refusal else 200,
        edition=edition,
        challenges=[each for each in found if each.status == ChallengeStatus.PUBLISHED],
        chosen=chosen,
        told_dates=told,
        wrong=wrong,
        refused=refusal_said(page, refusal) if refusal else None,
        longest_grace=LONGEST_GRACE,
    )


async def _show_form(
    page: Page,
    work: Work,
    call_id: UUID,
    *,
    text: str | None = None,
    preview: Form | None = None,
    wrong: list[str] | None = None,
    refusal: DomainError | None = None,
    saved: bool = False,
) -> Response:
    call = await repository.call_as_it_is(work, call_id)
    page = of_edition(page, await repository.edition(work, call.edition_id))
    found = await views.form_of_call(work, call_id)
    shown = preview or (found.form if found else None)
    challenges = await public.challenges_of_call(work, call_id)
    may_set = PERMISSIONS.decide(work.actor, "set_form").allowed and call.status == CallStatus.ANNOUNCED
    definition = text
    if may_set and definition is None:
        kept = forms.written(found.form) if found else json.loads(DEFAULT.read_text())
        definition = json.dumps(_sendable(kept), ensure_ascii=False, indent=2)
    return page.show(
        "call_form.html",
        status=422 if wrong or refusal else 200,
        call=call,
        parts=asking.parts(page, shown, {}, challenges=challenges, attachments=[], found=None, now=work.now),
        definition=definition,
        version=found.number if found else None,
        may_set=may_set,
        previewed=preview is not None,
        wrong=wrong or [],
        refused=refusal_said(page, refusal) if refusal else None,
        saved=saved,
        wishes_shown=asking.wishes_shown,
    )


def _sendable(kept: Any) -> Any:
    """A definition as it is kept, without what was found out when it was set."""
    if isinstance(kept, dict):
        return {
            name: _sendable(value)
            for name, value in kept.items()
            if value not in (None, [], False) and name not in {"instant", "tzdata_version"}
        }
    return [_sendable(each) for each in kept] if isinstance(kept, list) else kept
