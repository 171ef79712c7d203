"""What selection decided, as far as this service needs it: who may read a file, and what became of it."""

from uuid import UUID

import structlog

from services.applications import repository
from services.applications.domain import applications
from services.applications.domain.applications import Status, WrongStatus
from services.applications.handlers.screening import tell
from shared.events.selection import (
    ApplicationNotSelected,
    ApplicationReserved,
    ApplicationSelected,
    ConflictConfirmed,
    ConflictDeclared,
    ConflictDismissed,
    ConflictInferred,
    ReviewAssigned,
    ReviewCancelled,
    ReviewRecused,
)
from shared.work import Work

log = structlog.get_logger(__name__)


async def let_juror_read(event: ReviewAssigned, work: Work) -> None:
    await repository.let_read(
        work,
        review_id=event.review_id,
        application_id=event.application_id,
        juror_id=event.juror_id,
        active=True,
        blind=event.blind,
    )


async def end_reading(event: ReviewRecused | ReviewCancelled, work: Work) -> None:
    await repository.let_read(
        work, review_id=event.review_id, application_id=event.application_id, juror_id=event.juror_id, active=False
    )


async def bar_juror(event: ConflictDeclared | ConflictInferred | ConflictConfirmed, work: Work) -> None:
    """Whether the juror said so, its ties do, or a person: the file does not exist for it."""
    await repository.bar(
        work, conflict_id=event.conflict_id, application_id=event.application_id, juror_id=event.juror_id
    )


async def lift_bar(event: ConflictDismissed, work: Work) -> None:
    """A person found that the ties don't matter; what the juror declared is never dismissed."""
    await repository.lift_bar(work, conflict_id=event.conflict_id)


async def note_selected(event: ApplicationSelected, work: Work) -> None:
    await _note(event.application_id, Status.SELECTED, work, challenge_id=event.challenge_id, partner=event.partner)


async def note_reserved(event: ApplicationReserved, work: Work) -> None:
    await _note(event.application_id, Status.RESERVED, work)


async def note_not_selected(event: ApplicationNotSelected, work: Work) -> None:
    await _note(event.application_id, Status.NOT_SELECTED, work)


async def _note(
    application_id: UUID, outcome: Status, work: Work, *, challenge_id: UUID | None = None, partner: str | None = None
) -> None:
    """Keep the outcome for the applicant to see.

    One that crossed a withdrawal on its way is noted in the log only: the team's last word stands.
    """
    application = await repository.application_if_known(work, application_id)
    if application is None:
        log.warning("outcome_of_unknown_application", application_id=str(application_id))
        return
    tell(application, work)  # who reads a result has read of the screening
    try:
        application.status = applications.become(application.status, outcome)
    except WrongStatus:
        log.warning("outcome_ignored", application_id=str(application_id), status=application.status, outcome=outcome)
        return
    application.matched_challenge_id, application.matched_partner = challenge_id, partner
    application.updated_at = work.now
