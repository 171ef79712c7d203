"""How an erasure looks: what went, what stays, and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from services.applications import models
from services.applications.domain.erasure import KEPT_UNDER, Ground
from services.applications.handlers.erasure import Forgetting
from shared.events.erasures import WHY_KEPT, KeptBecause
from shared.http import View


class KeptView(View):
    table: str
    rows: int
    because: KeptBecause
    why: str


class HoldView(View):
    """An obligation to keep what is known of a person."""

    id: UUID
    person_id: UUID
    ground: Literal["accounting", "dispute"]
    reference: str
    until: datetime
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    keeps: list[str] = Field(description="What it keeps: `contact`, `files`.")

    @classmethod
    def of(cls, hold: models.Hold) -> Self:
        return cls(
            id=hold.id,
            person_id=hold.person_id,
            ground=Ground(hold.ground).value,
            reference=hold.reference,
            until=hold.until,
            placed_at=hold.placed_at,
            placed_by=hold.placed_by,
            lifted_at=hold.lifted_at,
            keeps=sorted(KEPT_UNDER[Ground(hold.ground)]),
        )


class HoldsView(View):
    holds: list[HoldView]

    @classmethod
    def of(cls, holds: Iterable[models.Hold]) -> Self:
        return cls(holds=[HoldView.of(hold) for hold in holds])


class FileFateView(View):
    """What becomes of a file of the person's team."""

    application_id: UUID
    fate: Literal["forgotten", "kept"]
    withdrawn: bool = Field(description="It was still in the running, and is taken out of it.")
    led_by: UUID | None = Field(description="Who leads it from now on, if the person led it.")
    why: str


class ErasureView(View):
    """What was, or with `dry_run` would be, done here; what the other services do is told by notifications' report."""

    person_id: UUID
    dry_run: bool
    state: Literal["forgotten", "deferred"] = Field(description="`deferred`: an obligation keeps the person known.")
    already: bool = Field(description="It had been forgotten before, and nothing more happened.")
    requested_at: datetime
    forgotten_at: datetime | None
    erased: dict[str, int] = Field(description="Table of this service → rows deleted, or of which words were erased.")
    kept: list[KeptView]
    holds: list[HoldView]
    files: list[FileFateView]
    duties: list[str] = Field(description="What the person was about to do for the programme, and what becomes of it.")
    report: str = Field(description="Where it is told what each service erased and keeps.")

    @classmethod
    def of(cls, done: Forgetting, *, dry_run: bool) -> Self:
        plan = done.plan
        files = [_file(id_, "forgotten", done) for id_ in plan.files] + [_file(i, "kept", done) for i in plan.shared]
        duties = []
        if done.reviews_held:
            duties.append(
                f"It may read {done.reviews_held} files as a juror: reviews that are not submitted are given back, so "
                "that staff assign them anew; what was submitted counts on; its seats in juries are free."
            )
        return cls(
            person_id=done.person_id,
            dry_run=dry_run,
            state="forgotten" if done.forgotten_at else "deferred",
            already=done.before,
            requested_at=done.requested_at,
            forgotten_at=done.forgotten_at,
            erased=dict(done.erased),
            kept=[KeptView(table=k.table, rows=k.rows, because=k.because, why=WHY_KEPT[k.because]) for k in done.kept],
            holds=[HoldView.of(hold) for hold in done.holds],
            files=files,
            duties=duties,
            report=f"/api/notifications/v1/erasures/{done.person_id}",
        )


def _file(application_id: UUID, fate: Literal["forgotten", "kept"], done: Forgetting) -> FileFateView:
    return FileFateView(
        application_id=application_id,
        fate=fate,
        withdrawn=application_id in done.plan.withdrawn,
        led_by=done.led_by.get(application_id),
        why="Nobody else wrote it." if fate == "forgotten" else WHY_KEPT["shared-file"],
    )
