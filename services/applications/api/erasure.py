"""Routes of those who ask to be forgotten, and of what the law obliges to keep all the same."""

from uuid import UUID

from services.applications import erasures
from services.applications.api.answers.erasure import ErasureView, HoldsView, HoldView
from services.applications.api.bodies import ErasureBody, HoldBody
from services.applications.commands import ForgetPerson, LiftHold, PlaceHold
from services.applications.domain.erasure import Ground
from services.applications.handlers import erasure as handlers
from services.applications.permissions import PERMISSIONS
from shared.http import ActorDep, WorkDep, WorksDep, current_correlation_id, does, service_router

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["forgetting"])


# Safe to repeat by itself; and its answer need not lie about for a day.
@router.post("/people/{person_id}/erasure", **does("forget_person", transaction=False))
async def forget_person(person_id: UUID, body: ErasureBody, works: WorksDep, actor: ActorDep) -> ErasureView:
    """Forget a person, everywhere: the own, or as staff anybody's. It can't be undone; ask with `dry_run` first."""
    begun = works.begin(actor=actor, correlation_id=current_correlation_id(), read_only=body.dry_run)
    async with begun as work:
        done = await handlers.forget_person(ForgetPerson(person_id=person_id), work)
    return ErasureView.of(done, dry_run=body.dry_run)


@router.get("/people/{person_id}/holds", **does("hold_person"))
async def list_holds(person_id: UUID, work: WorkDep) -> HoldsView:
    """All that were placed, lifted ones too."""
    return HoldsView.of(await erasures.all_holds_of(work, person_id))


@router.post("/people/{person_id}/holds", status_code=201, **does("hold_person"))
async def place_hold(person_id: UUID, body: HoldBody, work: WorkDep) -> HoldView:
    """What the law obliges to keep of a person; whoever asks to be forgotten is told of it."""
    ground = Ground(body.ground)
    hold = await handlers.place_hold(
        PlaceHold(person_id=person_id, ground=ground, reference=body.reference, until=body.until), work
    )
    return HoldView.of(hold)


@router.post("/people/{person_id}/holds/{hold_id}/lift", **does("hold_person"))
async def lift_hold(person_id: UUID, hold_id: UUID, work: WorkDep) -> HoldView:
    """The obligation ended early."""
    return HoldView.of(await handlers.lift_hold(LiftHold(person_id=person_id, hold_id=hold_id), work))
