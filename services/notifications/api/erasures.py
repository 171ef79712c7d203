"""The report of an erasure: what each service erased, what it keeps and why, and who has not answered yet."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from services.notifications.api.shown import PREFIX
from services.notifications.domain.erasures import Answer, Report
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import erasures as views
from shared.errors import NotFound
from shared.events.erasures import WHY_KEPT, Kept, KeptBecause
from shared.http import View, WorkDep, does, service_router
from shared.identity import Resource

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["forgetting"])


class ErasureUnknown(NotFound):
    message = (
        "The log knows of no wish of this person to be forgotten, or has not heard of it yet. "
        "Check the id, and if it was asked a moment ago try again in a few seconds."
    )


class KeptView(View):
    table: str
    rows: int
    because: KeptBecause
    why: str

    @classmethod
    def of(cls, kept: Kept) -> Self:
        return cls(table=kept.table, rows=kept.rows, because=kept.because, why=WHY_KEPT[kept.because])


class ServiceView(View):
    """What one service did."""

    service: str
    erased: dict[str, int] = Field(description="Table → rows that were deleted, or of which words were erased.")
    kept: list[KeptView]
    last_answer_at: datetime | None


class ErasureReportView(View):
    """What became of a wish to be forgotten."""

    person_id: UUID
    state: Literal["forgotten", "deferred"] = Field(description="`deferred`: an obligation keeps the person known.")
    complete: bool = Field(description="Every service has answered every tombstone, and nothing waits for an end.")
    ordered_at: datetime
    deferred_until: datetime | None
    kept: list[KeptView] = Field(description="What an obligation keeps.")
    dossiers: list[str] = Field(description="Application and revision of each file that was forgotten too.")
    services: list[ServiceView]
    missing: dict[str, list[str]] = Field(description="Service → tombstones that it has not answered.")

    @classmethod
    def of(cls, person_id: UUID, report: Report) -> Self:
        until = datetime.fromisoformat(report.until) if report.until else None
        return cls(
            person_id=person_id,
            state="forgotten" if report.state == "forgotten" else "deferred",
            complete=report.complete,
            ordered_at=report.ordered_at,
            deferred_until=until,
            kept=[KeptView.of(Kept.model_validate(each)) for each in report.kept],
            dossiers=[f"{application_id}/{revision}" for application_id, revision in report.dossiers],
            services=[_service(name, answer) for name, answer in sorted(report.answers.items())],
            missing=report.missing,
        )


def _service(name: str, answer: Answer) -> ServiceView:
    kept = [KeptView.of(Kept.model_validate(each)) for each in answer.kept]
    return ServiceView(service=name, erased=answer.erased, kept=kept, last_answer_at=answer.last_at)


@router.get("/erasures/{person_id}", **does("read_erasure"))
async def read_erasure(person_id: UUID, work: WorkDep) -> ErasureReportView:
    """Made from the log alone; complete once all services have answered. The person itself may read it too."""
    own = str(person_id) == work.actor.person_id
    PERMISSIONS.authorise(work.actor, "read_erasure", Resource({"self"} if own else ()))
    report = await views.report(work.session, person_id)
    if report is None:
        raise ErasureUnknown
    return ErasureReportView.of(person_id, report)
