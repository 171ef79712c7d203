"""Routes of the names that stand in minutes: staff type them, and nobody else reads them here."""

from uuid import UUID

from fastapi import Response
from pydantic import Field

from services.selection.commands import NamePerson
from services.selection.handlers import naming
from services.selection.permissions import PERMISSIONS
from services.selection.views import naming as views
from shared.http import Body, IfMatch, Page, PagingDep, ShortText, View, WorkDep, does, service_router, set_etag

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["minutes"])


class NameBody(Body):
    """How minutes call the person; null, and it stands there by its id."""

    name: ShortText | None


class NameView(View):
    person_id: UUID
    version: int
    name: str | None


class InMinutesView(NameView):
    """Somebody whom minutes of the edition name."""

    juror: bool = Field(description="Sits in a jury or judged; else of the staff, and decided something.")
    forgotten: bool = Field(description="Was forgotten: no name is kept, and minutes say so.")


@router.get("/editions/{edition_id}/names-in-minutes", **does("name_people"))
async def list_names_in_minutes(edition_id: UUID, work: WorkDep, paging: PagingDep) -> Page[InMinutesView]:
    after = paging.after(UUID)
    people = await views.people_in_minutes(work.session, edition_id)
    rows = [each for each in people if after is None or each.person_id > after[0]][: paging.fetch]
    return paging.page(rows, key=lambda row: (row.person_id,), view=InMinutesView.model_validate)


@router.get("/people/{person_id}/name-in-minutes", **does("name_people"))
async def read_name_in_minutes(person_id: UUID, work: WorkDep, response: Response) -> NameView:
    row = await views.name_of(work.session, person_id)
    set_etag(response, row.version if row else 0)
    return NameView(person_id=person_id, version=row.version if row else 0, name=row.name if row else None)


@router.put("/people/{person_id}/name-in-minutes", **does("name_people"))
async def name_person(person_id: UUID, body: NameBody, version: IfMatch, work: WorkDep, response: Response) -> NameView:
    """The first time there is nothing to match: send `If-Match: "0"`, the ETag of what GET answers then."""
    row = await naming.name_person(NamePerson(person_id=person_id, version=version, name=body.name), work)
    set_etag(response, row.version if row else 0)
    return NameView(person_id=person_id, version=row.version if row else 0, name=row.name if row else None)
