"""The route by which staff forget a workshop's guest, who has no account to ask with."""

from typing import Self
from uuid import UUID

from pydantic import Field

from services.incubation.api.fields import PREFIX
from services.incubation.handlers import guests as handlers
from services.incubation.handlers.guests import GuestForgotten
from services.incubation.permissions import PERMISSIONS
from shared.http import ActorDep, Body, View, WorksDep, current_correlation_id, does, service_router

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["workshops"])


class GuestErasureBody(Body):
    dry_run: bool = Field(default=False, description="Do it in a transaction that is rolled back; tell what would go.")


class GuestErasureView(View):
    """That a guest is forgotten; what each service erased is told by notifications' report."""

    person_id: UUID
    dry_run: bool
    already: bool = Field(description="It had been forgotten before, and nothing more happened.")
    seats: int = Field(description="Registrations that say how to reach the guest; one to come is freed.")
    report: str

    @classmethod
    def of(cls, done: GuestForgotten, *, dry_run: bool) -> Self:
        report = f"/api/notifications/v1/erasures/{done.person_id}"
        return cls(person_id=done.person_id, dry_run=dry_run, already=done.before, seats=done.seats, report=report)


@router.post("/guests/{person_id}/erasure", **does("forget_guest", transaction=False))
async def forget_guest(person_id: UUID, body: GuestErasureBody, works: WorksDep, actor: ActorDep) -> GuestErasureView:
    """Forget whoever registered without an account, everywhere. It can't be undone."""
    begun = works.begin(actor=actor, correlation_id=current_correlation_id(), read_only=body.dry_run)
    async with begun as work:
        done = await handlers.forget_guest(person_id, work)
    return GuestErasureView.of(done, dry_run=body.dry_run)
