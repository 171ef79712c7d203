"""Workshops over HTTP: staff schedule them, anybody comes."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.incubation import views
from services.incubation.api.fields import PREFIX, Email, Title, WallTime, ZoneName
from services.incubation.commands import CancelRegistration, Contact, RegisterForWorkshop, ScheduleWorkshops
from services.incubation.domain.workshops import ContactMissing
from services.incubation.handlers import workshops as handlers
from services.incubation.permissions import PERMISSIONS
from services.incubation.views.meetings import (
    AcceptedView,
    RegistrationAcceptedView,
    RegistrationView,
    WorkshopsView,
    WorkshopView,
    workshop_view,
)
from shared.http import WHOLE_AS_JSON_HAS_IT, Body, Page, PagingDep, ShortText, WorkDep, does, service_router

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["workshops"])


class ScheduleWorkshopBody(Body):
    """What, when by the clock on the wall there, where, for how many."""

    edition_id: UUID
    title: Title
    starts_local: WallTime
    zone: ZoneName | None = None
    """The edition's own, if none is given."""
    place: ShortText
    seats: Annotated[int, Field(ge=1, le=10_000), WHOLE_AS_JSON_HAS_IT]


class ScheduleSeriesBody(ScheduleWorkshopBody):
    """The same, at the same time on the wall for so many weeks."""

    weeks: Annotated[int, Field(ge=1, le=53), WHOLE_AS_JSON_HAS_IT]


class RegisterBody(Body):
    """How to address you, if you have no account; nothing at all if you are signed in."""

    name: ShortText | None = None
    email: Email | None = None
    language: Literal["fr", "ar", "en"] | None = None

    def contact(self) -> Contact | None:
        """Raises ContactMissing if only some of it is there."""
        if self.name and self.email and self.language:
            return Contact(name=self.name, email=self.email, language=self.language)
        given = self.model_dump(exclude_none=True)
        if given:
            raise ContactMissing([field for field in ("name", "email", "language") if field not in given])
        return None


class CancelBody(Body):
    """The token that was answered to the registration."""

    cancellation_token: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


@router.post("/workshops", status_code=201, **does("schedule_workshops"))
async def schedule_workshop(body: ScheduleWorkshopBody, work: WorkDep) -> WorkshopView:
    (workshop,) = await handlers.schedule_workshops(_command(body), work)
    return workshop_view(workshop)


@router.post("/workshops/series", status_code=201, **does("schedule_workshops"))
async def schedule_series(body: ScheduleSeriesBody, work: WorkDep) -> WorkshopsView:
    """Schedule a weekly series; each stays at its wall time when the clocks change."""
    scheduled = await handlers.schedule_workshops(_command(body, weeks=body.weeks), work)
    return WorkshopsView(items=[workshop_view(workshop) for workshop in scheduled])


@router.get("/workshops", **does("read_workshops"))
async def list_workshops(
    work: WorkDep, paging: PagingDep, edition_id: UUID | None = None, upcoming: bool = False
) -> Page[WorkshopView]:
    """All workshops by their start; with `upcoming`, those that have not started."""
    return await views.meetings.page_of_workshops(work, paging, edition_id=edition_id, upcoming=upcoming)


# `:uuid`, so that /workshops/series is not taken for a workshop.
@router.get("/workshops/{workshop_id:uuid}", **does("read_workshops"))
async def read_workshop(workshop_id: UUID, work: WorkDep) -> WorkshopView:
    return await views.meetings.workshop(work, workshop_id)


@router.post("/workshops/{workshop_id}/registrations", status_code=202, **does("register_for_workshop"))
async def register_for_workshop(workshop_id: UUID, body: RegisterBody, work: WorkDep) -> RegistrationAcceptedView:
    """Come to a workshop. The answer is the same whether or not you had registered before."""
    token = await handlers.register_for_workshop(
        RegisterForWorkshop(workshop_id=workshop_id, contact=body.contact()), work
    )
    return RegistrationAcceptedView(workshop_id=workshop_id, cancellation_token=token)


@router.post("/workshops/{workshop_id}/cancellations", status_code=202, **does("cancel_registration"))
async def cancel_registration(workshop_id: UUID, body: CancelBody, work: WorkDep) -> AcceptedView:
    """Give your seat back. The answer is the same whether or not the token stood for one."""
    await handlers.cancel_registration(CancelRegistration(workshop_id=workshop_id, token=body.cancellation_token), work)
    return AcceptedView(workshop_id=workshop_id)


@router.get("/workshops/{workshop_id}/registrations", **does("list_registrations"))
async def list_registrations(workshop_id: UUID, work: WorkDep, paging: PagingDep) -> Page[RegistrationView]:
    """Who comes."""
    return await views.meetings.page_of_registrations(work, paging, workshop_id)


def _command(body: ScheduleWorkshopBody, *, weeks: int = 1) -> ScheduleWorkshops:
    return ScheduleWorkshops(
        edition_id=body.edition_id,
        title=body.title.by_language(),
        starts_local=body.starts_local,
        zone=body.zone,
        place=body.place,
        seats=body.seats,
        weeks=weeks,
    )
