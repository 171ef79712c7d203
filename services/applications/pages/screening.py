"""The screening desk: what rules find of each file, what the team is asked for, and what a person decides."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from services.applications import repository, views
from services.applications.commands import (
    AdmitApplication,
    DeclineApplication,
    EndRequest,
    RequestInformation,
    WallTime,
)
from services.applications.contents import fields_of_revision
from services.applications.domain import eligibility
from services.applications.domain.requests import MOST_FIELDS, RequestState
from services.applications.handlers import requests
from services.applications.handlers import screening as handlers
from services.applications.pages import asking
from services.applications.pages.place import PREFIX, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.views import public
from shared.errors import DomainError, NotFound
from shared.events.applications import ScreeningReason
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, fields_of, form_of, page_router, refusal_said
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

REASONS: Sequence[ScreeningReason] = ("incomplete", "off-topic", "not-eligible", "duplicate", "unlawful")


class Shown(StrEnum):
    """Which files of the desk."""

    ALL = "all"
    WAITING = "waiting"
    FAILING = "failing"
    ASKED = "asked"
    DECIDED = "decided"


class AdmitForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    findings_digest: str
    because: str | None = Field(default=None, max_length=20_000)


class PublishForm(BaseModel):
    model_config = ConfigDict(frozen=True)

    call_id: UUID


@router.get("/{language}/screening", **does("list_screening"))
async def desk(
    page: PageDep,
    work: WorkDep,
    call: Annotated[UUID | None, Query()] = None,
    shown: Annotated[Shown, Query()] = Shown.ALL,
) -> Response:
    page = of_edition(page, await public.newest_edition(work))
    calls = [each for each in await public.calls_newest_first(work) if each.opened_at is not None]
    chosen = next((each for each in calls if each.id == call), calls[0] if calls else None)
    lines = await views.screening_lines(work, chosen.id) if chosen else []
    return page.show(
        "screening.html",
        calls=calls,
        chosen=chosen,
        shown=shown,
        kinds=list(Shown),
        counts={kind: sum(1 for line in lines if _is_shown(line, kind, work.now)) for kind in Shown},
        lines=[line for line in lines if _is_shown(line, shown, work.now)],
        state=lambda row: repository.asked_of(row).state(work.now),
    )


@router.post("/{language}/screening", **does("publish_screening", accepts=[FORM]))
async def publish(request: Request, page: PageDep, work: WorkDep) -> Response:
    """All teams are told."""
    form = await form_of(request, PublishForm)
    await handlers.publish_screening(form.call_id, work)
    return RedirectResponse(f"{page.root}/screening?call={form.call_id}", status_code=303)


@router.get("/{language}/screening/{application_id}", **does("screen_application"))
async def file(page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    return await _show(page, work, application_id)


@router.post("/{language}/screening/{application_id}/admit", **does("screen_application", accepts=[FORM]))
async def admit(request: Request, page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    form = await form_of(request, AdmitForm)
    command = AdmitApplication(
        application_id=application_id, because=form.because, findings_digest=form.findings_digest
    )
    try:
        await handlers.admit_application(command, work)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(page, work, application_id, refusal=refusal, typed={"because": form.because or ""})
    return _back(page, application_id)


@router.post("/{language}/screening/{application_id}/decline", **does("screen_application", accepts=[FORM]))
async def decline(request: Request, page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    fields = await fields_of(request)
    one = dict(fields)
    chosen = [reason for reason in REASONS if ("reasons", reason) in fields]
    words = one.get("words", "").strip()
    if not (chosen and words):
        return await _show(page, work, application_id, missing="decline", typed=one | {"reasons": " ".join(chosen)})
    command = DeclineApplication(
        application_id=application_id, reasons=chosen, words=words, findings_digest=one.get("findings_digest")
    )
    try:
        await handlers.decline_application(command, work)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(page, work, application_id, refusal=refusal, typed=one | {"reasons": " ".join(chosen)})
    return _back(page, application_id)


@router.post("/{language}/screening/{application_id}/ask", **does("screen_application", accepts=[FORM]))
async def ask(request: Request, page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    """Until a time on the wall of the edition's city."""
    fields = await fields_of(request, most=MOST_FIELDS * 4)
    one = dict(fields)
    asked = [value for name, value in fields if name == "fields"]
    words, until = one.get("words", "").strip(), _time(one.get("until", ""))
    typed = {"asked_words": words, "until": one.get("until", ""), "fields": " ".join(asked)}
    if not (asked and words and until):
        return await _show(page, work, application_id, missing="ask", typed=typed)
    edition = await public.edition_of(work, application_id)
    zone = edition.zone if edition else "UTC"
    command = RequestInformation(application_id=application_id, fields=asked, until=WallTime(until, zone), words=words)
    try:
        await requests.request_information(command, work)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(page, work, application_id, refusal=refusal, typed=typed)
    return _back(page, application_id)


@router.post(
    "/{language}/screening/{application_id}/requests/{request_id}/end", **does("screen_application", accepts=[FORM])
)
async def end(page: PageDep, work: WorkDep, application_id: UUID, request_id: UUID) -> Response:
    await requests.end_request(EndRequest(application_id=application_id, request_id=request_id), work)
    return _back(page, application_id)


def _is_shown(line: views.ScreeningLine, kind: Shown, now: datetime) -> bool:
    decided = line.application.screened is not None
    match kind:
        case Shown.ALL:
            return True
        case Shown.WAITING:
            return not decided
        case Shown.FAILING:
            return not decided and bool(line.failing)
        case Shown.ASKED:
            return line.request is not None and repository.asked_of(line.request).state(now) is RequestState.OPEN
        case Shown.DECIDED:
            return decided


def _time(given: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def _back(page: Page, application_id: UUID) -> Response:
    return RedirectResponse(f"{page.root}/screening/{application_id}", status_code=303)


async def _show(
    page: Page,
    work: Work,
    application_id: UUID,
    *,
    refusal: DomainError | None = None,
    missing: str | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    """One file; what was typed stays if it was refused."""
    found = await views.screening_file(work, application_id)
    shown = await views.file(work, application_id)
    application, edition = found.application, await public.edition_of(work, application_id)
    page = of_edition(page, edition)
    form = await public.form_answered(work, application_id)
    revision = await repository.counting_revision(work, application)
    parts = asking.parts(
        page,
        form,
        fields_of_revision(revision),
        challenges=await public.challenges_of_call(work, application.call_id),
        attachments=shown.attachments,
        found=None,
        now=work.now,
    )
    asked_for = [repository.asked_of(row) for row in found.requests]
    status = 422 if missing else refusal.status if refusal else 200
    return page.show(
        "screening_file.html",
        status=status,
        place=f"{page.root}/screening/{application_id}",
        file=shown,
        application=application,
        parts=parts,
        rules={rule.id: rule for rule in await repository.eligibility_rules(work, application.call_id)},
        findings=found.findings,
        failing=eligibility.failing(found.findings),
        digest=eligibility.digest(found.findings),
        requests=[(row, each.state(work.now), each.until) for row, each in zip(found.requests, asked_for, strict=True)],
        names=asking.names_of_fields(page, form) | {"attachments": page.speech.t("attachment.title")},
        askable=_askable(parts),
        signed=found.signed,
        reasons=REASONS,
        open=application.screened is None and application.status == "submitted",
        edition=edition,
        refused=refusal_said(page, refusal) if refusal else None,
        missing=missing,
        typed=_Typed(typed or {}),
    )


class _Typed:
    """What a form said that was refused."""

    def __init__(self, said: dict[str, str]) -> None:
        self._said = said

    def __call__(self, name: str) -> str:
        return self._said.get(name, "")

    def holds(self, name: str, value: Any) -> bool:
        return str(value) in self._said.get(name, "").split()


def _askable(parts: Sequence[asking.Part]) -> list[str]:
    """What can be asked for, as the request names it."""
    named = [each.name for part in parts for each in part.fields if each.name != "challenge_ids"]
    return [*named, "attachments"]
