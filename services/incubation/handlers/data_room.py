"""A partner's data: offered, asked for, granted until an instant, accepted by each member, read with a receipt."""

import hashlib
from typing import Any
from uuid import UUID

from services.incubation.commands import (
    AcceptLicence,
    GrantAccess,
    OfferDataset,
    ReadDataset,
    RefuseAccess,
    RequestAccess,
    RevokeAccess,
)
from services.incubation.domain import data_room
from services.incubation.domain.data_room import GrantState
from services.incubation.domain.projects import require_going_on
from services.incubation.models import (
    Challenge,
    DataGrant,
    Dataset,
    DatasetContent,
    LicenceAcceptance,
    Project,
    ReadReceipt,
)
from services.incubation.permissions import authorise
from services.incubation.relations import person_of, to_partner, to_project
from services.incubation.repository import acceptance, live_grant, load, lock, lock_all_of
from shared.events.incubation import (
    DataAccessExpired,
    DataAccessGranted,
    DataAccessRefused,
    DataAccessRequested,
    DataAccessRevoked,
    DatasetOffered,
    DatasetRead,
)
from shared.work import Work


async def offer_dataset(command: OfferDataset, work: Work) -> Dataset:
    """Offer data for a challenge of one's own, under a licence and for a purpose."""
    challenge = await load(work.session, Challenge, command.challenge_id)
    authorise(work.actor, "offer_dataset", to_partner(work.actor, challenge.partner))
    if (command.content is None) == (command.url is None):
        raise data_room.NotOneSource
    if command.content:
        data_room.check_content(command.content.media_type, command.content.content)

    dataset = Dataset(
        challenge_id=challenge.id,
        partner=challenge.partner,
        title=command.title,
        description=command.description,
        licence=command.licence,
        purpose=command.purpose,
        media_type=command.content.media_type if command.content else None,
        size=len(command.content.content) if command.content else None,
        sha256=hashlib.sha256(command.content.content).hexdigest() if command.content else None,
        offered_by=person_of(work.actor),
        offered_at=work.now,
    )
    work.session.add(dataset)
    await work.session.flush()
    content = command.content.content if command.content else None
    work.session.add(DatasetContent(id=dataset.id, content=content, url=command.url))

    work.publish(
        DatasetOffered(
            dataset_id=dataset.id, challenge_id=challenge.id, partner=dataset.partner, licence=dataset.licence
        )
    )
    return dataset


async def request_access(command: RequestAccess, work: Work) -> DataGrant:
    """Ask the partner for a dataset, for one's project; one asking at a time."""
    dataset = await load(work.session, Dataset, command.dataset_id)
    # The project is the queue in which two members who ask at once stand.
    project = await lock(work.session, Project, command.project_id)
    authorise(work.actor, "request_access", to_project(work.actor, project))
    require_going_on(ended_at=project.ended_at, because=project.ended_because)
    if project.challenge_id != dataset.challenge_id:
        raise data_room.AnotherChallenge
    before = await live_grant(work.session, dataset_id=dataset.id, project_id=project.id)
    if before:
        state = data_room.state_at(before.state, expires_at=before.expires_at, now=work.now)
        if state is not GrantState.EXPIRED:
            raise data_room.AccessAlreadyAsked(grant_id=before.id, state=state)
        _end(before, dataset, project, work)
        await work.session.flush()

    grant = DataGrant(
        dataset_id=dataset.id,
        project_id=project.id,
        purpose=command.purpose,
        state=GrantState.REQUESTED,
        requested_by=person_of(work.actor),
        requested_at=work.now,
    )
    work.session.add(grant)

    work.publish(DataAccessRequested(**_about(grant, dataset, project)))
    return grant


async def grant_access(command: GrantAccess, work: Work) -> DataGrant:
    """Open the dataset to the project's members until an instant."""
    grant, dataset, project = await _decide_on(command.grant_id, "grant_access", work)

    _settle(grant, GrantState.GRANTED, words=None, work=work)
    data_room.check_expiry(command.expires_at, now=work.now)
    grant.expires_at = command.expires_at

    work.publish(DataAccessGranted(**_about(grant, dataset, project), expires_at=command.expires_at))
    return grant


async def refuse_access(command: RefuseAccess, work: Work) -> DataGrant:
    """Keep the dataset closed to the project, and say why."""
    grant, dataset, project = await _decide_on(command.grant_id, "refuse_access", work)

    _settle(grant, GrantState.REFUSED, words=command.words, work=work)

    work.publish(DataAccessRefused(**_about(grant, dataset, project)))
    return grant


async def revoke_access(command: RevokeAccess, work: Work) -> DataGrant:
    """Take access back before it ends by itself."""
    grant, dataset, project = await _decide_on(command.grant_id, "revoke_access", work)

    _settle(grant, GrantState.REVOKED, words=command.words, work=work)

    work.publish(DataAccessRevoked(**_about(grant, dataset, project)))
    return grant


async def accept_licence(command: AcceptLicence, work: Work) -> DataGrant:
    """Promise to keep to the licence: each member for themselves, while the access is open."""
    grant = await lock(work.session, DataGrant, command.grant_id)
    project = await load(work.session, Project, grant.project_id)
    authorise(work.actor, "accept_licence", to_project(work.actor, project))
    member = person_of(work.actor)

    data_room.check_open(grant.state, expires_at=grant.expires_at, now=work.now)
    if await acceptance(work.session, grant_id=grant.id, person_id=member) is None:
        work.session.add(LicenceAcceptance(grant_id=grant.id, person_id=member, accepted_at=work.now))
    return grant


async def read_dataset(command: ReadDataset, work: Work) -> tuple[DataGrant, Dataset, DatasetContent]:
    """Hand out the data, and leave a receipt that its owner can see. A revocation comes before, or waits."""
    grant = await lock(work.session, DataGrant, command.grant_id)
    project = await load(work.session, Project, grant.project_id)
    authorise(work.actor, "read_data", to_project(work.actor, project))
    dataset = await load(work.session, Dataset, grant.dataset_id)
    reader = person_of(work.actor)

    data_room.check_open(grant.state, expires_at=grant.expires_at, now=work.now)
    if await acceptance(work.session, grant_id=grant.id, person_id=reader) is None:
        raise data_room.LicenceNotAccepted(licence=dataset.licence)
    content = await work.session.get_one(DatasetContent, dataset.id)
    work.session.add(
        ReadReceipt(dataset_id=dataset.id, grant_id=grant.id, project_id=project.id, person_id=reader, read_at=work.now)
    )

    work.publish(DatasetRead(**_about(grant, dataset, project), person_id=reader))
    return grant, dataset, content


async def expire_access(grant: DataGrant, work: Work) -> None:
    """Note that the end of a locked grant has come. Reading stopped at that instant already."""
    dataset = await load(work.session, Dataset, grant.dataset_id)
    project = await load(work.session, Project, grant.project_id)
    _end(grant, dataset, project, work)


async def close_data(project: Project, work: Work) -> None:
    """The project has ended: no dataset is open to it any more, and what it only asked for is refused with that."""
    for grant in await lock_all_of(work.session, DataGrant, project.id):
        state = data_room.state_at(grant.state, expires_at=grant.expires_at, now=work.now)
        if state not in data_room.LIVE:
            continue
        closed = GrantState.REVOKED if state is GrantState.GRANTED else GrantState.REFUSED
        grant.state = data_room.become(grant.state, closed, expires_at=grant.expires_at, now=work.now)
        grant.decided_at = work.now
        work.session.add(grant)
        if state is GrantState.GRANTED:
            dataset = await load(work.session, Dataset, grant.dataset_id)
            work.publish(DataAccessRevoked(**_about(grant, dataset, project)))


def _end(grant: DataGrant, dataset: Dataset, project: Project, work: Work) -> None:
    grant.state = data_room.expire(grant.state, expires_at=grant.expires_at, now=work.now)
    work.session.add(grant)
    work.publish(DataAccessExpired(**_about(grant, dataset, project)))


async def _decide_on(grant_id: UUID, action: str, work: Work) -> tuple[DataGrant, Dataset, Project]:
    grant = await lock(work.session, DataGrant, grant_id)
    dataset = await load(work.session, Dataset, grant.dataset_id)
    authorise(work.actor, action, to_partner(work.actor, dataset.partner))
    return grant, dataset, await load(work.session, Project, grant.project_id)


def _settle(grant: DataGrant, to: GrantState, *, words: str | None, work: Work) -> None:
    grant.state = data_room.become(grant.state, to, expires_at=grant.expires_at, now=work.now)
    grant.words = words
    grant.decided_by = person_of(work.actor)
    grant.decided_at = work.now
    work.session.add(grant)


def _about(grant: DataGrant, dataset: Dataset, project: Project) -> dict[str, Any]:
    return {
        "grant_id": grant.id,
        "dataset_id": dataset.id,
        "project_id": project.id,
        "application_id": project.application_id,
        "partner": dataset.partner,
        "lead_id": project.lead_id,
    }
