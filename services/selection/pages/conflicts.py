"""Conflicts of interest before staff: what ties show, with the evidence, to be confirmed or dismissed by a person."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from services.selection.commands.ties import DecideConflict, PinConflict, WaivePartnerTie
from services.selection.domain.conflicts import BY_A_PERSON, ConflictState
from services.selection.handlers import conflict_decisions as handlers
from services.selection.models import Conflict
from services.selection.pages.forms import NOTHING, Form, Typed, all_fields, read
from services.selection.pages.naming import titled
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import conflicts as views
from services.selection.views import deliberation
from services.selection.views import editions as edition_views
from shared.errors import DomainError
from shared.http import Cursor, LongText, WorkDep, does
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 50
STATES = tuple(ConflictState)

State = Annotated[ConflictState | None, Query()]
After = Annotated[str | None, Query(min_length=1, max_length=200)]
Said = Annotated[str | None, Query(pattern="^(decided|pinned|waived)$")]


class DecideForm(Form):
    """What a person found, and why."""

    to: Literal["confirmed", "dismissed"]
    reason: LongText
    pin: bool = False


class PinForm(Form):
    """That a juror is, or is not, in conflict with a file, whatever ties say."""

    juror_id: UUID
    application_id: UUID
    to: Literal["confirmed", "dismissed"]
    reason: LongText


class WaiveForm(Form):
    """Let somebody tied to the challenge's partner judge who answers it."""

    challenge_id: UUID
    juror_id: UUID
    reason: LongText


@router.get("/{language}/conflicts", **does("decide_conflicts"))
async def read_conflicts(
    page: PageDep,
    work: WorkDep,
    state: State = None,
    jury: UUID | None = None,
    after: After = None,
    said: Said = None,
) -> Response:
    return await _show(page, work, state=state, jury=jury, after=after, said=said)


@router.post("/{language}/conflicts/pins", **does("decide_conflicts", accepts=[FORM]))
async def pin_one_conflict(request: Request, page: PageDep, work: WorkDep) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, PinForm)
        command = PinConflict(
            juror_id=form.juror_id,
            application_id=form.application_id,
            to=ConflictState(form.to),
            reason=form.reason,
        )
        await handlers.pin_conflict(command, person_id(work.actor), work)
    except TOLD_HERE as refusal:
        return await _show(page, work, refusal=refusal, typed=Typed(form="pin", fields=fields))
    return RedirectResponse(f"{page.root}/conflicts?said=pinned", status_code=303)


@router.post("/{language}/conflicts/waivers", **does("decide_conflicts", accepts=[FORM]))
async def waive_one_tie(request: Request, page: PageDep, work: WorkDep) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, WaiveForm)
        command = WaivePartnerTie(challenge_id=form.challenge_id, juror_id=form.juror_id, reason=form.reason)
        await handlers.waive_partner_tie(command, person_id(work.actor), work)
    except TOLD_HERE as refusal:
        return await _show(page, work, refusal=refusal, typed=Typed(form="waive", fields=fields))
    return RedirectResponse(f"{page.root}/conflicts?said=waived", status_code=303)


@router.post("/{language}/conflicts/{conflict_id}", **does("decide_conflicts", accepts=[FORM]))
async def decide_one_conflict(
    request: Request,
    page: PageDep,
    work: WorkDep,
    conflict_id: UUID,
    state: State = None,
    jury: UUID | None = None,
    after: After = None,
) -> Response:
    """The list from which it was decided is shown again after a refusal, with what was written in its place."""
    fields = await all_fields(request)
    try:
        form = read(fields, DecideForm)
        command = DecideConflict(conflict_id=conflict_id, to=ConflictState(form.to), reason=form.reason, pin=form.pin)
        await handlers.decide_conflict(command, person_id(work.actor), work)
    except TOLD_HERE as refusal:
        typed = Typed(form=str(conflict_id), fields=fields)
        return await _show(page, work, state=state, jury=jury, after=after, refusal=refusal, typed=typed)
    return RedirectResponse(f"{page.root}/conflicts?said=decided", status_code=303)


async def _show(
    page: Page,
    work: Work,
    *,
    state: ConflictState | None = None,
    jury: UUID | None = None,
    after: str | None = None,
    said: str | None = None,
    refusal: DomainError | None = None,
    typed: Typed = NOTHING,
) -> Response:
    page = await in_zone(page, work.session)
    me = person_id(work.actor)
    rows = await views.conflicts(
        work.session,
        only_of=None,
        reader=me,
        application=None,
        jury=jury,
        state=state,
        after=Cursor.decode(after, UUID)[0] if after else None,
        limit=SHOWN + 1,
    )
    shown = rows[:SHOWN]
    named = await views.organisations_named(work.session, shown)
    challenges = await edition_views.challenges_of(work.session)
    listed = [_row(each, me, named) for each in shown]
    return page.show(
        "conflicts.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/conflicts",
        rows=listed,
        names=await deliberation.names_of(work.session, {each.application_id for each in shown}, person_id=me),
        more=Cursor.encode((shown[-1].id,)) if len(rows) > SHOWN else None,
        states=STATES,
        state=state,
        jury=jury,
        asked=urlencode({name: each for name, each in (("state", state), ("jury", jury), ("after", after)) if each}),
        typed=typed,
        unkept_words=None if typed.form in _forms(listed) else typed(typed.form, "reason"),
        challenges=[(each.id, titled(page, each.title), each.partner) for each in challenges],
        waivers=await views.waivers(work.session, challenge=None, after=None, limit=200),
        titles={each.id: titled(page, each.title) for each in challenges},
        said=said,
        refused=told(page, refusal) if refusal else None,
    )


def _forms(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Those that the page has."""
    return {"pin", "waive"} | {str(row["conflict"].id) for row in rows if row["may"]}


def _row(conflict: Conflict, me: UUID, named: Mapping[str, str]) -> dict[str, Any]:
    """Of one's own conflict one reads no evidence, and decides nothing."""
    own = conflict.juror_id == me
    may = frozenset() if own else BY_A_PERSON[ConflictState(conflict.state)]
    return {
        "conflict": conflict,
        "own": own,
        "paths": []
        if own
        else [
            [{"tie": step["tie"], "source": step["source"], "whom": named.get(step["id"])} for step in path]
            for path in conflict.evidence
        ],
        "may": [to for to in ("confirmed", "dismissed") if to in may],
    }
