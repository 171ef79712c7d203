"""Routes of the reasons that applicants get: read with hints, changed, and signed by a person."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints

from services.selection.commands import ChangeReasons, SignReasons
from services.selection.domain.decisions import Outcome
from services.selection.domain.leaks import Hint
from services.selection.domain.reasons import Passage
from services.selection.domain.tongues import Language
from services.selection.handlers import reasons
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import reasons as views
from services.selection.views.reasons import ReasonsRow
from shared.http import Body, IfMatch, LongText, Page, PagingDep, View, WorkDep, does, service_router, set_etag

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["decisions"])


class PassageBody(Body):
    """A piece of what is told, and the language that it is in."""

    text: LongText
    language: Language
    criterion: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None


class ChangeReasonsBody(Body):
    """All that the applicant is to be told."""

    passages: Annotated[list[PassageBody], Field(min_length=1, max_length=200)]


class SignBody(Body):
    """The digest of the text that was read: nothing else is signed."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    despite_hints: bool = Field(default=False, description="What a machine points at tells nobody who wrote it.")


class HintView(View):
    """Where, in characters from 0, something might tell who wrote it."""

    start: int
    end: int
    hint: Hint


class PassageView(View):
    text: str
    language: Language
    criterion: str | None
    hints: list[HintView]


class ReasonsView(View):
    """What one applicant will be told. It was compiled from what jurors wrote for it."""

    application_id: UUID
    version: int
    outcome: Outcome
    digest: str
    passages: list[PassageView]
    edited: bool
    signed_at: datetime | None
    signed_by: str | None


class SignedView(View):
    """A signature, and how many of those who are not selected still wait for one."""

    application_id: UUID
    digest: str
    signed_at: datetime


@router.get("/decisions/{decisions_id}/reasons", **does("read_reasons"))
async def list_reasons(
    decisions_id: UUID, work: WorkDep, paging: PagingDep, unsigned: bool = False
) -> Page[ReasonsView]:
    after = paging.after(UUID)
    rows = await views.reasons(
        work.session,
        decisions_id,
        person_id=person_id(work.actor),
        unsigned=unsigned,
        after=after[0] if after else None,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.reasons.application_id,), view=_view)


@router.get("/decisions/{decisions_id}/reasons/{application_id}", **does("read_reasons"))
async def read_reasons(decisions_id: UUID, application_id: UUID, work: WorkDep, response: Response) -> ReasonsView:
    return await _one(decisions_id, application_id, work, response)


@router.put("/decisions/{decisions_id}/reasons/{application_id}", **does("change_reasons"))
async def change_reasons(
    decisions_id: UUID,
    application_id: UUID,
    body: ChangeReasonsBody,
    version: IfMatch,
    work: WorkDep,
    response: Response,
) -> ReasonsView:
    passages = tuple(Passage(text=one.text, language=one.language, criterion=one.criterion) for one in body.passages)
    command = ChangeReasons(
        decisions_id=decisions_id, application_id=application_id, version=version, passages=passages
    )
    await reasons.change_reasons(command, work)
    return await _one(decisions_id, application_id, work, response)


@router.post("/decisions/{decisions_id}/reasons/{application_id}/sign", **does("sign_reasons"))
async def sign_reasons(decisions_id: UUID, application_id: UUID, body: SignBody, work: WorkDep) -> SignedView:
    command = SignReasons(
        decisions_id=decisions_id,
        application_id=application_id,
        digest=body.digest,
        despite_hints=body.despite_hints,
    )
    return SignedView.model_validate(await reasons.sign_reasons(command, work))


async def _one(decisions_id: UUID, application_id: UUID, work: WorkDep, response: Response) -> ReasonsView:
    row = await views.reasons_for(work.session, decisions_id, application_id, person_id=person_id(work.actor))
    set_etag(response, row.reasons.version)
    return _view(row)


def _view(row: ReasonsRow) -> ReasonsView:
    passages: list[dict[str, Any]] = [
        {**passage, "hints": [{"start": one.start, "end": one.end, "hint": one.hint} for one in hints]}
        for passage, hints in zip(row.reasons.passages, row.hints, strict=True)
    ]
    return ReasonsView.model_validate(
        {
            "application_id": row.reasons.application_id,
            "version": row.reasons.version,
            "outcome": row.outcome,
            "digest": row.reasons.digest,
            "passages": passages,
            "edited": row.reasons.edited_by is not None,
            "signed_at": row.reasons.signed_at,
            "signed_by": row.reasons.signed_by,
        }
    )
