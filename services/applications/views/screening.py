"""Screening as staff see it, and what a team was asked for."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from services.applications import relations, repository
from services.applications.domain import applications, challenges
from services.applications.domain.eligibility import RuleFinding
from services.applications.models import Application, Call, CallEligibility, InformationRequest, Screening
from services.applications.repository import asked_of
from shared.errors import NotFound
from shared.work import Work

__all__ = ["ScreeningFile", "asked_of", "eligibility_of_call", "requests_of", "screening_file"]


class NoEligibility(NotFound):
    slug = "no-eligibility"
    message = "This call has no rules of who may take part: a person reads each file."


class ScreeningFile(NamedTuple):
    """A file with what is found of it, what was asked, and what was decided."""

    application: Application
    findings: Sequence[RuleFinding]
    requests: Sequence[InformationRequest]
    signed: Screening | None


async def eligibility_of_call(work: Work, call_id: UUID) -> CallEligibility:
    """The rules that count. Raises NoSuchCall, NoEligibility."""
    if await work.session.get(Call, call_id) is None:
        raise challenges.NoSuchCall
    found = await repository.eligibility_set(work, call_id)
    if found is None:
        raise NoEligibility
    return found


async def screening_file(work: Work, application_id: UUID) -> ScreeningFile:
    """For whoever may screen it, and nobody else."""
    application = await work.session.get(Application, application_id)
    if application is None:
        raise applications.NoSuchApplication
    relations.authorise_file(work.actor, "screen_application", await relations.to_file(work, application))
    revision = await repository.counting_revision(work, application)
    findings = await repository.findings_of(work, application, revision)
    signed = await work.session.get(Screening, application_id)
    return ScreeningFile(application, findings, await _requests(work, application_id), signed)


async def requests_of(work: Work, application_id: UUID) -> Sequence[InformationRequest]:
    """What the team was asked for, newest first; for the team itself and for who screens."""
    application = await work.session.get(Application, application_id)
    if application is None:
        raise applications.NoSuchApplication
    resource = await relations.to_file(work, application)
    relations.authorise_file(work.actor, "read_requests", resource)
    return await _requests(work, application_id)


async def _requests(work: Work, application_id: UUID) -> Sequence[InformationRequest]:
    query = select(InformationRequest).where(col(InformationRequest.application_id) == application_id)
    return list(await work.session.exec(query.order_by(col(InformationRequest.asked_at).desc())))
