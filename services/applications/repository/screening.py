"""Rules of who may take part, requests for more information, and what was decided on them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from services.applications import contents
from services.applications.domain import eligibility, requests
from services.applications.domain.applications import Status
from services.applications.domain.eligibility import EligibilityRule, RuleFinding, ScreenedFile, read_rules
from services.applications.domain.requests import Asked
from services.applications.models import Application, Call, CallEligibility, InformationRequest, Revision, TeamMember
from services.applications.repository.forms import form_in_force
from services.applications.repository.programme import call_of
from shared.clock import Deadline
from shared.work import Work


async def eligibility_set(work: Work, call_id: UUID) -> CallEligibility | None:
    """The version that counts: the last one."""
    query = select(CallEligibility).where(col(CallEligibility.call_id) == call_id)
    return (await work.session.exec(query.order_by(col(CallEligibility.number).desc()).limit(1))).first()


async def eligibility_rules(work: Work, call_id: UUID) -> Sequence[EligibilityRule]:
    found = await eligibility_set(work, call_id)
    return read_rules(found.rules) if found else ()


async def findings_of(work: Work, application: Application, revision: Revision) -> Sequence[RuleFinding]:
    """What the call's rules find of a revision."""
    rules = await eligibility_rules(work, application.call_id)
    if not rules:
        return ()
    file = ScreenedFile(
        content=contents.of_revision(revision),
        members=await team_size(work, application.team_id),
        form=await form_in_force(work, await call_of(work, application.call_id)),
    )
    return eligibility.findings(rules, file)


async def team_size(work: Work, team_id: UUID) -> int:
    query = select(func.count()).select_from(TeamMember).where(col(TeamMember.team_id) == team_id)
    return (await work.session.exec(query)).one()


async def waiting_request(work: Work, application_id: UUID) -> InformationRequest | None:
    """The one that is neither answered nor ended; its time may have passed. There is one at most."""
    query = select(InformationRequest).where(
        col(InformationRequest.application_id) == application_id,
        col(InformationRequest.answered_at).is_(None),
        col(InformationRequest.ended_at).is_(None),
    )
    return (await work.session.exec(query)).first()


async def information_request(work: Work, application_id: UUID, request_id: UUID) -> InformationRequest:
    """Locked, as it is about to be answered or ended."""
    found = await work.session.get(InformationRequest, request_id, with_for_update=True)
    if found is None or found.application_id != application_id:
        raise requests.NoSuchRequest
    return found


async def screened_of_call(work: Work, call_id: UUID) -> Sequence[Application]:
    """All that screening decided on, in the order of their ids."""
    query = select(Application).where(
        col(Application.call_id) == call_id,
        col(Application.status) == Status.SUBMITTED,
        col(Application.screened).is_not(None),
    )
    return list(await work.session.exec(query.order_by(col(Application.id)).with_for_update()))


async def unscreened_of(work: Work, call_id: UUID) -> int:
    """How many files that were handed in wait for a decision."""
    query = (
        select(func.count())
        .select_from(Application)
        .where(
            col(Application.call_id) == call_id,
            col(Application.status) == Status.SUBMITTED,
            col(Application.screened).is_(None),
        )
    )
    return (await work.session.exec(query)).one()


async def calls_to_tell(work: Work, edition_id: UUID) -> Sequence[Call]:
    """The opened calls of an edition whose teams were not told yet, locked."""
    query = (
        select(Call)
        .where(
            col(Call.edition_id) == edition_id, col(Call.opened_at).is_not(None), col(Call.screening_told_at).is_(None)
        )
        .order_by(col(Call.id))
        .with_for_update()
    )
    return list(await work.session.exec(query))


def asked_of(row: InformationRequest) -> Asked:
    """A request in the domain's terms."""
    return Asked(
        id=row.id,
        fields=frozenset(row.fields),
        until=Deadline(
            local=datetime.fromisoformat(row.until_local),
            zone=row.until_zone,
            instant=row.until_at,
            tzdata_version=row.until_tzdata,
        ),
        answered=row.answered_at is not None,
        ended=row.ended_at is not None,
    )
