"""What a draft said before: who saved what when, what changed since, word by word, and going back to it."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import RedirectResponse, Response

from services.applications import views
from services.applications.commands import RestoreVersion
from services.applications.domain.applications import WRITABLE
from services.applications.handlers import drafts as handlers
from services.applications.pages.asking import names_of_fields
from services.applications.pages.place import PREFIX, of_edition
from services.applications.pages.telling import plainly
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.http import WorkDep, does
from shared.web import FORM, PageDep, page_router

router = page_router(PREFIX, permissions=PERMISSIONS)

State = Annotated[str, Query(pattern=r"^(draft|version-[1-9][0-9]{0,8}|revision-[1-9][0-9]{0,8})$")]
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Number = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("/{language}/files/{application_id}/versions", **does("read_draft_versions"))
async def list_versions(page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    versions = await views.draft_versions(work, application_id)
    file, revisions = await views.revisions(work, application_id)
    page = of_edition(page, await public.edition_of(work, application_id))
    _, members = await views.team(work, file.application.team_id)
    return page.show(
        "versions.html",
        file=file,
        application=file.application,
        versions=versions,
        revisions=list(reversed(revisions)),
        members={member.person_id: member.name for member in members},
        named=names_of_fields(page, await public.form_answered(work, application_id)),
    )


@router.get("/{language}/files/{application_id}/differences", **does("read_draft_versions"))
async def read_differences(
    page: PageDep, work: WorkDep, application_id: UUID, before: State, after: State = "draft"
) -> Response:
    found = await views.differences_between(work, application_id, before, after)
    file = await views.file(work, application_id)
    page = of_edition(page, await public.edition_of(work, application_id))
    offered = await public.challenges_of_call(work, file.application.call_id)
    titles = {str(each.id): plainly(page, each.title) for each in offered}
    kind, _, number = before.partition("-")
    return page.show(
        "differences.html",
        file=file,
        application=file.application,
        differences=found,
        named=names_of_fields(page, await public.form_answered(work, application_id)),
        said=lambda text: _UUID.sub(lambda found: titles.get(found[0], found[0]), text),
        number=int(number or 0),
        may_restore=kind == "version" and after == "draft" and file.application.status in WRITABLE,
    )


@router.post(
    "/{language}/files/{application_id}/versions/{number}/restore", **does("change_application", accepts=[FORM])
)
async def restore(page: PageDep, work: WorkDep, application_id: UUID, number: Number) -> Response:
    await handlers.restore_version(RestoreVersion(application_id=application_id, number=number), work)
    return RedirectResponse(f"{page.root}/files/{application_id}/write?saved=1", status_code=303)
