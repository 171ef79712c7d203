"""Routes of editions, challenges and calls."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.applications import repository, views
from services.applications.api.answers.programme import (
    CallLine,
    CallView,
    ChallengeView,
    EditionView,
    by_language,
)
from services.applications.api.answers.showing import call_shown
from services.applications.api.bodies import (
    AnnounceCallBody,
    AnnounceEditionBody,
    ChangeChallengeBody,
    DeclareChallengeBody,
)
from services.applications.commands import AnnounceCall, AnnounceEdition, ChangeChallenge, DeclareChallenge
from services.applications.handlers import programme as handlers
from services.applications.permissions import PERMISSIONS
from services.applications.settings import shortest_call
from shared.http import IfMatch, Page, PagingDep, WorkDep, does, service_router, set_etag

router = service_router("/api/applications/v1", permissions=PERMISSIONS, tags=["programme"])

OfEdition = Annotated[UUID | None, Query(description="Only those of this edition.")]


@router.post("/editions", status_code=201, **does("announce_edition"))
async def announce_edition(body: AnnounceEditionBody, work: WorkDep, response: Response) -> EditionView:
    edition = await handlers.announce_edition(
        AnnounceEdition(city=body.city, title=by_language(body.title.model_dump()), zone=body.zone), work
    )
    set_etag(response, edition.version)
    return EditionView.model_validate(edition)


@router.get("/editions", **does("read_editions"))
async def list_editions(work: WorkDep, paging: PagingDep) -> Page[EditionView]:
    rows = await views.editions(work, after=paging.after(datetime, UUID), limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.created_at, row.id), view=EditionView.model_validate)


@router.get("/editions/{edition_id}", **does("read_editions"))
async def read_edition(edition_id: UUID, work: WorkDep, response: Response) -> EditionView:
    edition = await repository.edition(work, edition_id)
    set_etag(response, edition.version)
    return EditionView.model_validate(edition)


@router.post("/challenges", status_code=201, **does("declare_challenge"))
async def declare_challenge(body: DeclareChallengeBody, work: WorkDep, response: Response) -> ChallengeView:
    challenge = await handlers.declare_challenge(
        DeclareChallenge(
            edition_id=body.edition_id,
            title=by_language(body.title.model_dump()),
            description=by_language(body.description.model_dump()),
        ),
        work,
    )
    set_etag(response, challenge.version)
    return ChallengeView.model_validate(challenge)


@router.get("/challenges", **does("list_challenges"))
async def list_challenges(work: WorkDep, paging: PagingDep, edition_id: OfEdition = None) -> Page[ChallengeView]:
    after = paging.after(datetime, UUID)
    rows = await views.challenges_shown(work, edition_id=edition_id, after=after, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.created_at, row.id), view=ChallengeView.model_validate)


@router.get("/challenges/{challenge_id}", **does("read_challenge"))
async def read_challenge(challenge_id: UUID, work: WorkDep, response: Response) -> ChallengeView:
    challenge = await views.challenge(work, challenge_id)
    set_etag(response, challenge.version)
    return ChallengeView.model_validate(challenge)


@router.patch("/challenges/{challenge_id}", **does("change_challenge"))
async def change_challenge(
    challenge_id: UUID, body: ChangeChallengeBody, version: IfMatch, work: WorkDep, response: Response
) -> ChallengeView:
    """Only while it is declared: a published challenge stands."""
    challenge = await handlers.change_challenge(
        ChangeChallenge(
            challenge_id=challenge_id,
            version=version,
            title=by_language(body.title.model_dump()) if body.title else None,
            description=by_language(body.description.model_dump()) if body.description else None,
        ),
        work,
    )
    await work.session.flush()
    set_etag(response, challenge.version)
    return ChallengeView.model_validate(challenge)


@router.post("/challenges/{challenge_id}/publish", **does("publish_challenge"))
async def publish_challenge(challenge_id: UUID, work: WorkDep, response: Response) -> ChallengeView:
    challenge = await handlers.publish_challenge(challenge_id, work)
    await work.session.flush()
    set_etag(response, challenge.version)
    return ChallengeView.model_validate(challenge)


@router.post("/calls", status_code=201, **does("announce_call"))
async def announce_call(body: AnnounceCallBody, work: WorkDep, request: Request, response: Response) -> CallView:
    call = await handlers.announce_call(
        AnnounceCall(
            edition_id=body.edition_id,
            challenge_ids=body.challenge_ids,
            opens=body.opens_at.as_wall(),
            closes=body.closes_at.as_wall(),
            challenge_deadlines={id_: deadline.as_wall() for id_, deadline in body.challenge_deadlines.items()},
            shortest=shortest_call(request.app.state.settings),
            form=body.form.as_definition() if body.form else None,
            grace=timedelta(seconds=body.grace_seconds),
        ),
        work,
    )
    return await call_shown(call.id, work, response)


@router.get("/calls", **does("read_calls"))
async def list_calls(work: WorkDep, paging: PagingDep, edition_id: OfEdition = None) -> Page[CallLine]:
    after = paging.after(datetime, UUID)
    rows = await views.calls_shown(work, edition_id=edition_id, after=after, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.created_at, row.id), view=lambda row: CallLine.of(row, now=work.now))


@router.get("/calls/{call_id}", **does("read_calls"))
async def read_call(call_id: UUID, work: WorkDep, response: Response) -> CallView:
    return await call_shown(call_id, work, response)


@router.post("/calls/{call_id}/open-files", **does("open_files"))
async def open_files(call_id: UUID, work: WorkDep, response: Response) -> CallView:
    """Break the seal of a closed call, once."""
    await handlers.open_files(call_id, work)
    return await call_shown(call_id, work, response)
