"""Screening as staff see it, and what a team was asked for."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func
from sqlmodel import col, select

from services.applications import contents, relations, repository
from services.applications.domain import challenges, eligibility
from services.applications.domain.eligibility import RuleFinding, ScreenedFile, Verdict
from services.applications.models import (
    Application,
    Call,
    CallEligibility,
    InformationRequest,
    Revision,
    Screening,
    TeamMember,
)
from services.applications.repository import asked_of
from services.applications.views.files import visible_applications
from shared.errors import NotFound
from shared.work import Work

__all__ = [
    "ScreeningFile",
    "ScreeningLine",
    "asked_of",
    "eligibility_of_call",
    "requests_of",
    "screening_file",
    "screening_lines",
]

MOST_LINES = 2000
"""More than any call had; a page of the desk shows all of them."""


class NoEligibility(NotFound):
    slug = "no-eligibility"
    message = "This call has no rules of who may take part: a person reads each file."


class ScreeningFile(NamedTuple):
    """A file with what is found of it, what was asked, and what was decided."""

    application: Application
    findings: Sequence[RuleFinding]
    requests: Sequence[InformationRequest]
    signed: Screening | None


class ScreeningLine(NamedTuple):
    """A file on the desk."""

    application: Application
    startup: str
    title: str
    failing: int
    unclear: int
    request: InformationRequest | None
    """What the team is asked for, if it did not answer yet."""


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
    application, _ = await relations.file_to(work, application_id, "screen_application")
    revision = await repository.counting_revision(work, application)
    findings = await repository.findings_of(work, application, revision)
    signed = await work.session.get(Screening, application_id)
    return ScreeningFile(application, findings, await _requests(work, application_id), signed)


async def screening_lines(work: Work, call_id: UUID) -> Sequence[ScreeningLine]:
    """The files of an opened call that who asks may screen, undecided ones first."""
    rules = await repository.eligibility_rules(work, call_id)
    form = await repository.form_in_force(work, await repository.call_of(work, call_id))
    members = (
        select(func.count(col(TeamMember.id))).where(col(TeamMember.team_id) == col(Application.team_id))
    ).scalar_subquery()
    waiting = and_(
        col(InformationRequest.application_id) == col(Application.id),
        col(InformationRequest.answered_at).is_(None),
        col(InformationRequest.ended_at).is_(None),
    )
    query = (
        select(Application, Revision, InformationRequest, members)
        .join(
            Revision,
            and_(
                col(Revision.application_id) == col(Application.id),
                col(Revision.number) == col(Application.revision),
            ),
        )
        .outerjoin(InformationRequest, waiting)
        .where(col(Application.call_id) == call_id, visible_applications(work.actor))
        .order_by(col(Application.screened).is_not(None), col(Application.created_at), col(Application.id))
        .limit(MOST_LINES)
    )
    lines = []
    for application, revision, request, count in await work.session.exec(query):
        file = ScreenedFile(content=contents.of_revision(revision), members=count, form=form)
        verdicts = [found.verdict for found in eligibility.findings(rules, file)]
        lines.append(
            ScreeningLine(
                application,
                revision.startup,
                revision.title,
                failing=verdicts.count(Verdict.FAILS),
                unclear=verdicts.count(Verdict.UNCLEAR),
                request=request,
            )
        )
    return lines


async def requests_of(work: Work, application_id: UUID) -> Sequence[InformationRequest]:
    """What the team was asked for, newest first; for the team itself and for who screens."""
    await relations.file_to(work, application_id, "read_requests")
    return await _requests(work, application_id)


async def _requests(work: Work, application_id: UUID) -> Sequence[InformationRequest]:
    query = select(InformationRequest).where(col(InformationRequest.application_id) == application_id)
    return list(await work.session.exec(query.order_by(col(InformationRequest.asked_at).desc())))
