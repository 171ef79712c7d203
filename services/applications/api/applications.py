"""Routes of applications: written, handed in, revised, taken back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.applications import views
from services.applications.api.answers.applications import (
    ApplicationLine,
    ApplicationView,
    ReceiptView,
    RevisionView,
    StandingView,
    VersionsView,
)
from services.applications.api.answers.drafts import DraftVersionLine
from services.applications.api.answers.programme import DeadlineView
from services.applications.api.bodies import ChangeDraftBody, DraftApplicationBody
from services.applications.api.versions import IfMatchAtWill
from services.applications.commands import DraftApplication, SaveDraft, SubmitApplication
from services.applications.domain.applications import Status
from services.applications.handlers import applications as handlers
from services.applications.handlers import drafts
from services.applications.models import Application
from services.applications.permissions import PERMISSIONS
from shared.http import IfMatch, Page, PagingDep, ReceiptsDep, WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["applications"])


@router.post("/applications", status_code=201, **does("draft_application"))
async def draft_application(body: DraftApplicationBody, work: WorkDep, response: Response) -> ApplicationView:
    """Begin to write; a team has one application for a call, unless it withdrew the one before."""
    application = await handlers.draft_application(DraftApplication(call_id=body.call_id, team_id=body.team_id), work)
    return await _application(application.id, work, response)


@router.get("/applications", **does("list_applications"))
async def list_applications(
    work: WorkDep,
    paging: PagingDep,
    call_id: Annotated[UUID | None, Query(description="Only those for this call.")] = None,
    status: Annotated[Status | None, Query(description="Only those that stand like this.")] = None,
) -> Page[ApplicationLine]:
    """Your team's; for staff all that were handed in, once the call's files are opened; for partners those matched."""
    after = paging.after(datetime, UUID)
    rows = await views.applications_shown(work, call_id=call_id, status=status, after=after, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.application.created_at, row.application.id), view=ApplicationLine.of)


@router.get("/applications/{application_id}", **does("read_application"))
async def read_application(application_id: UUID, work: WorkDep, response: Response) -> ApplicationView:
    return await _application(application_id, work, response)


@router.patch("/applications/{application_id}", **does("change_application"))
async def change_draft(
    application_id: UUID, body: ChangeDraftBody, version: IfMatch, work: WorkDep, response: Response
) -> ApplicationView:
    """Save what you wrote, as often as you like; nothing is handed in by that."""
    command = SaveDraft(
        application_id=application_id,
        base=version,
        changes=body.changes,
        all_answers="answers" in body.model_fields_set,
        alone=True,
    )
    await drafts.save_draft(command, work)
    return await _application(application_id, work, response)


@router.get("/applications/{application_id}/versions", **does("read_application"))
async def list_versions(application_id: UUID, work: WorkDep) -> VersionsView:
    """What was handed in, and when; to its team also what was saved of the draft, newest first."""
    file, revisions = await views.revisions(work, application_id)
    versions = await views.draft_versions(work, application_id) if file.is_own else []
    return VersionsView(
        application_id=application_id,
        revisions=[RevisionView.of(revision) for revision in revisions],
        drafts=[DraftVersionLine.of(version) for version in versions],
        draft_saved_at=file.application.updated_at,
        unsubmitted_changes=file.unsubmitted_changes,
    )


@router.post("/applications/{application_id}/submit", **does("submit_application"))
async def submit_application(
    application_id: UUID, version: IfMatchAtWill, work: WorkDep, receipts: ReceiptsDep, response: Response
) -> ReceiptView:
    """Hand in the draft as it stands; again after a change, to revise, until the deadline.

    With If-Match, only if nobody changed the draft since you read it.
    """
    application, revision, deadline = await handlers.submit_application(
        SubmitApplication(application_id=application_id, version=version), work
    )
    await work.session.flush()
    set_etag(response, application.version)
    return ReceiptView(
        application_id=application_id,
        version=application.version,
        status=Status(application.status),
        revision=revision.number,
        dossier_digest=revision.digest,
        submitted_at=revision.submitted_at,
        deadline=DeadlineView.of(deadline),
        receipt=receipts.of_last(),
    )


@router.post("/applications/{application_id}/withdraw", **does("withdraw_application"))
async def withdraw_application(application_id: UUID, work: WorkDep, response: Response) -> StandingView:
    """The lead takes it back, for good; until the results."""
    return await _standing(await handlers.withdraw_application(application_id, work), work, response)


async def _application(application_id: UUID, work: WorkDep, response: Response) -> ApplicationView:
    await work.session.flush()
    file = await views.file(work, application_id)
    set_etag(response, file.application.version)
    return ApplicationView.of(file)


async def _standing(application: Application, work: WorkDep, response: Response) -> StandingView:
    await work.session.flush()
    set_etag(response, application.version)
    return StandingView.of(application, to_team=True)
