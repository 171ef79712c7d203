"""The route that assigns a jury's files to its jurors, or shows what that would change."""

from uuid import UUID

from pydantic import Field

from services.selection.commands import AssignReviews
from services.selection.handlers import assignment
from services.selection.permissions import PERMISSIONS
from shared.http import Body, View, WorkDep, does, service_router

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["juries"])


class AssignBody(Body):
    dry_run: bool = False


class AssignedReviewView(View):
    review_id: UUID | None = Field(description="Null in a dry run, for a review that would be new.")
    application_id: UUID
    juror_id: UUID
    kept: bool


class MoveView(View):
    """A review that one juror loses and another gets instead."""

    application_id: UUID
    from_juror_id: UUID
    to_juror_id: UUID


class LoadView(View):
    juror_id: UUID
    files: int
    files_before: int


class ObjectiveView(View):
    """By what one assignment is better than another: first the fewest changes, then the lowest cost."""

    changes: int = Field(description="Reviews that are new; nothing can be assigned with fewer.")
    bids: dict[str, int] = Field(description="How many reviews follow which bid; `none` where the juror did not bid.")
    of_the_field: int = Field(description="Reviews by a juror who declared one of the file's fields.")
    squares: int = Field(description="The sum of the squares of the loads: the less, the more even.")
    cost: int


class AssignmentView(View):
    """Who reviews what, and what changes: new (`kept` is false), `cancelled`, and among these what moved."""

    jury_id: UUID
    dry_run: bool
    reviews: list[AssignedReviewView]
    cancelled: list[UUID]
    moved: list[MoveView]
    load: list[LoadView]
    objective: ObjectiveView


@router.post("/juries/{jury_id}/assignment", **does("assign_reviews"))
async def assign_reviews(jury_id: UUID, body: AssignBody, work: WorkDep) -> AssignmentView:
    assigned = await assignment.assign_reviews(AssignReviews(jury_id=jury_id, dry_run=body.dry_run), work)
    return AssignmentView(
        jury_id=assigned.jury_id,
        dry_run=assigned.dry_run,
        reviews=[AssignedReviewView.model_validate(review) for review in assigned.reviews],
        cancelled=assigned.cancelled,
        moved=[MoveView.model_validate(move) for move in assigned.moved],
        load=[
            LoadView(juror_id=juror, files=files, files_before=assigned.load_before[juror])
            for juror, files in sorted(assigned.load.items())
        ],
        objective=ObjectiveView.model_validate(assigned.objective),
    )
