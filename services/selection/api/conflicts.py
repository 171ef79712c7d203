"""Routes of candidates and of jurors' conflicts of interest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from services.selection.commands import DeclareConflict
from services.selection.commands.ties import DecideConflict, PinConflict, WaivePartnerTie
from services.selection.domain.conflict_graph import Source, TieKind
from services.selection.domain.conflicts import ConflictState
from services.selection.handlers import conflict_decisions, conflicts
from services.selection.models import Conflict
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import candidates as candidate_views
from services.selection.views import conflicts as views
from shared.events.selection import ConflictKind
from shared.http import Body, LongText, Page, PagingDep, SafeText, View, WorkDep, does, service_router
from shared.work import Work

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["candidates and conflicts"])


class CandidateView(View):
    """An admitted application. A juror is told the startup's name and the title only, to declare conflicts."""

    application_id: UUID
    startup: str | None
    title: str | None
    challenge_ids: list[UUID] | None
    revision: int | None


class DeclareConflictBody(Body):
    """The juror's own conflict with an application. The note is read by staff only."""

    application_id: UUID
    kind: ConflictKind
    note: LongText | None = None


class DecideBody(Body):
    """What a person found, and why; only staff and the juror read the reason. Pinned, later ties don't change it."""

    reason: LongText
    pin: bool = False


class PinBody(Body):
    """That a juror is, or is not, in conflict with a file, whatever ties say. Its own declaration goes before it."""

    juror_id: UUID
    application_id: UUID
    in_conflict: bool
    reason: LongText


class WaiverBody(Body):
    """Let somebody tied to the challenge's partner judge who answers it. Other ties of theirs count as before."""

    challenge_id: UUID
    juror_id: UUID
    reason: LongText


class ConflictView(View):
    """A juror's conflict of interest with a file. In each state but `dismissed` the juror sees nothing of the file."""

    id: UUID
    application_id: UUID
    juror_id: UUID
    kind: ConflictKind
    declared_at: datetime
    state: ConflictState
    pinned: bool


class StepView(View):
    """A tie of a path from the juror to the startup."""

    tie: TieKind
    source: Source
    organisation: str | None = Field(description="With whom, if it is an organisation and still known.")


class ConflictWithNoteView(ConflictView):
    note: str | None
    reason: str | None = Field(description="Why staff confirmed or dismissed it.")
    decided_at: datetime | None
    decided_by: str | None = Field(description="For staff.")
    evidence: list[list[StepView]] | None = Field(
        description="For staff: the paths of ties that it was inferred from, the shortest first."
    )


class WaiverView(View):
    id: UUID
    challenge_id: UUID
    juror_id: UUID
    waived_at: datetime


class WaiverWithReasonView(WaiverView):
    reason: str | None
    waived_by: str


@router.get("/candidates", **does("list_candidates"))
async def list_candidates(
    work: WorkDep,
    paging: PagingDep,
    challenge: UUID | None = None,
    search: Annotated[SafeText | None, Query(min_length=1, max_length=100)] = None,
) -> Page[CandidateView]:
    staff = work.actor.holds("staff")
    after = paging.after(UUID)
    rows = await candidate_views.candidates(
        work.session,
        person_id=person_id(work.actor),
        all_juries=staff,
        now=work.now,
        challenge=challenge,
        search=search,
        after=after[0] if after else None,
        limit=paging.fetch,
        organisation=work.actor.organisation,
    )
    return paging.page(
        rows,
        key=lambda row: (row.candidate.id,),
        view=lambda row: CandidateView(
            application_id=row.candidate.id,
            startup=row.startup,
            title=row.title,
            challenge_ids=row.candidate.challenge_ids if staff else None,
            revision=row.candidate.revision if staff else None,
        ),
    )


@router.post("/conflicts", status_code=201, **does("declare_conflict"))
async def declare_conflict(body: DeclareConflictBody, work: WorkDep) -> ConflictView:
    conflict = await conflicts.declare_conflict(
        DeclareConflict(
            juror_id=person_id(work.actor), application_id=body.application_id, kind=body.kind, note=body.note
        ),
        work,
    )
    # Without the note: answers to a POST are kept for a repeat, and words of people only where they can be erased.
    return ConflictView.model_validate(conflict)


@router.get("/conflicts", **does("list_conflicts"))
async def list_conflicts(
    work: WorkDep,
    paging: PagingDep,
    application: UUID | None = None,
    juror: UUID | None = None,
    jury: Annotated[UUID | None, Query(description="Of its jurors, with files that it judges.")] = None,
    state: ConflictState | None = None,
) -> Page[ConflictWithNoteView]:
    me, staff = person_id(work.actor), work.actor.holds("staff")
    after = paging.after(UUID)
    rows = await views.conflicts(
        work.session,
        only_of=None if staff else me,
        reader=me if staff else None,
        application=application,
        juror=juror,
        jury=jury,
        state=state,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    named = await views.organisations_named(work.session, rows) if staff else {}
    return paging.page(rows, key=_key, view=lambda row: _view(row, named if staff and row.juror_id != me else None))


@router.post("/conflicts/pins", status_code=201, **does("decide_conflicts"))
async def pin_conflict(body: PinBody, work: WorkDep) -> ConflictView:
    command = PinConflict(
        juror_id=body.juror_id,
        application_id=body.application_id,
        to=ConflictState.CONFIRMED if body.in_conflict else ConflictState.DISMISSED,
        reason=body.reason,
    )
    return ConflictView.model_validate(await conflict_decisions.pin_conflict(command, person_id(work.actor), work))


@router.post("/conflicts/{conflict_id}/confirm", **does("decide_conflicts"))
async def confirm_conflict(conflict_id: UUID, body: DecideBody, work: WorkDep) -> ConflictView:
    return await _decided(conflict_id, ConflictState.CONFIRMED, body, work)


@router.post("/conflicts/{conflict_id}/dismiss", **does("decide_conflicts"))
async def dismiss_conflict(conflict_id: UUID, body: DecideBody, work: WorkDep) -> ConflictView:
    return await _decided(conflict_id, ConflictState.DISMISSED, body, work)


@router.get("/waivers", **does("decide_conflicts"))
async def list_waivers(work: WorkDep, paging: PagingDep, challenge: UUID | None = None) -> Page[WaiverWithReasonView]:
    after = paging.after(UUID)
    rows = await views.waivers(work.session, challenge=challenge, after=after[0] if after else None, limit=paging.fetch)
    return paging.page(
        rows,
        key=lambda row: (row.id,),
        view=lambda row: WaiverWithReasonView(
            **WaiverView.model_validate(row).model_dump(), reason=row.because, waived_by=row.waived_by
        ),
    )


@router.post("/waivers", status_code=201, **does("decide_conflicts"))
async def waive_partner_tie(body: WaiverBody, work: WorkDep) -> WaiverView:
    command = WaivePartnerTie(challenge_id=body.challenge_id, juror_id=body.juror_id, reason=body.reason)
    return WaiverView.model_validate(await conflict_decisions.waive_partner_tie(command, person_id(work.actor), work))


async def _decided(conflict_id: UUID, to: ConflictState, body: DecideBody, work: Work) -> ConflictView:
    command = DecideConflict(conflict_id=conflict_id, to=to, reason=body.reason, pin=body.pin)
    return ConflictView.model_validate(await conflict_decisions.decide_conflict(command, person_id(work.actor), work))


def _view(row: Conflict, named: Mapping[str, str] | None) -> ConflictWithNoteView:
    return ConflictWithNoteView(
        **ConflictView.model_validate(row).model_dump(),
        note=row.note,
        reason=row.decided_because,
        decided_at=row.decided_at,
        decided_by=None if named is None else row.decided_by,
        evidence=None
        if named is None
        else [
            [
                StepView(tie=TieKind(step["tie"]), source=Source(step["source"]), organisation=named.get(step["id"]))
                for step in path
            ]
            for path in row.evidence
        ],
    )


def _key(conflict: Conflict) -> tuple[UUID]:
    return (conflict.id,)
