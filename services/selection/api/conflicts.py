"""Routes of candidates and of jurors' conflicts of interest."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.selection.commands import DeclareConflict
from services.selection.handlers import conflicts
from services.selection.models import Conflict
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import candidates as candidate_views
from services.selection.views import conflicts as views
from shared.events.selection import ConflictKind
from shared.http import Body, LongText, Page, PagingDep, SafeText, View, WorkDep, does, service_router

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


class ConflictView(View):
    id: UUID
    application_id: UUID
    juror_id: UUID
    kind: ConflictKind
    declared_at: datetime


class ConflictWithNoteView(ConflictView):
    note: str | None


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
    work: WorkDep, paging: PagingDep, application: UUID | None = None
) -> Page[ConflictWithNoteView]:
    after = paging.after(UUID)
    rows = await views.conflicts(
        work.session,
        only_of=None if work.actor.holds("staff") else person_id(work.actor),
        application=application,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(rows, key=_key, view=ConflictWithNoteView.model_validate)


def _key(conflict: Conflict) -> tuple[UUID]:
    return (conflict.id,)
