"""Routes of a draft that is being written: saved field by field, its versions, and what changed between them."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from services.applications import views
from services.applications.api.answers.drafts import DifferencesView, DraftVersionView, SavedView
from services.applications.api.bodies import SaveDraftBody
from services.applications.commands import RestoreVersion, SaveDraft
from services.applications.domain.drafts import Saving
from services.applications.handlers import drafts as handlers
from services.applications.permissions import PERMISSIONS
from shared.http import WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["drafts"])

Number = Annotated[int, Path(ge=1, lt=2**31, description="As in the list of versions.")]
State = Annotated[
    str,
    Query(
        pattern=r"^(draft|version-[1-9][0-9]{0,8}|revision-[1-9][0-9]{0,8})$",
        description="`draft` as it is, `version-7` of the draft, or `revision-2` that was handed in.",
    ),
]


@router.post("/applications/{application_id}/saves", **does("change_application"))
async def save_draft(application_id: UUID, body: SaveDraftBody, work: WorkDep, response: Response) -> SavedView:
    """Save what you are writing, as often as you like, while others of your team write too.

    Fields that only one of you changed are taken; where both changed the same text, both changes are merged, word by
    word; where they meet, both texts are kept and the answer says so.
    """
    command = SaveDraft(application_id=application_id, base=body.base, pen=body.pen, changes=body.changes)
    return await _saved(application_id, await handlers.save_draft(command, work), work, response)


@router.get("/applications/{application_id}/versions/{number}", **does("read_draft_versions"))
async def read_version(application_id: UUID, number: Number, work: WorkDep) -> DraftVersionView:
    """What the draft said then."""
    return DraftVersionView.of_draft(await views.draft_version(work, application_id, number))


@router.post("/applications/{application_id}/versions/{number}/restore", **does("change_application"))
async def restore_version(application_id: UUID, number: Number, work: WorkDep, response: Response) -> SavedView:
    """Let the draft say again what it said then. What it says now stays a version, so this can be undone."""
    saving = await handlers.restore_version(RestoreVersion(application_id=application_id, number=number), work)
    return await _saved(application_id, saving, work, response)


@router.get("/applications/{application_id}/differences", **does("read_draft_versions"))
async def read_differences(
    application_id: UUID, before: State, work: WorkDep, after: State = "draft"
) -> DifferencesView:
    """What changed between two states of the application, field by field, word by word."""
    found = await views.differences_between(work, application_id, before, after)
    return DifferencesView.of(application_id, before, after, found)


async def _saved(application_id: UUID, saving: Saving, work: WorkDep, response: Response) -> SavedView:
    await work.session.flush()
    set_etag(response, saving.number)
    return SavedView.of(application_id, saving)
