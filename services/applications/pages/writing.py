"""Writing an application: the form of its call, saved by a button, or by a script as one goes; no word is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.applications import relations, repository, views
from services.applications.commands import SaveDraft
from services.applications.contents import fields_of_draft
from services.applications.domain import applications
from services.applications.domain.drafts import Met, Outcome, Saving, Value
from services.applications.domain.forms import Form
from services.applications.domain.requests import RequestState
from services.applications.handlers import drafts as handlers
from services.applications.pages import asking, sent
from services.applications.pages.place import PREFIX, of_edition
from services.applications.pages.sent import MOST_FIELDS, Sent
from services.applications.pages.telling import there
from services.applications.permissions import PERMISSIONS
from services.applications.views import File, public
from shared.errors import DomainError, NotFound
from shared.http import WorkDep, does
from shared.web import FORM, Page, PageDep, fields_of, page_router, refusal_said
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

WISHES = "challenge_ids"
PLACES = {"attachments": "attachments", "preview": "preview", "file": ""}
"""Where a button of the form leads once all is saved."""


@router.get("/{language}/files/{application_id}/write", **does("change_application"))
async def write(page: PageDep, work: WorkDep, application_id: UUID, saved: str | None = None) -> Response:
    file = await _own(work, application_id)
    return await _show(page, work, file, says=fields_of_draft(file.application), saved=saved is not None)


@router.post("/{language}/files/{application_id}/write", **does("change_application", accepts=[FORM]))
async def save(request: Request, page: PageDep, work: WorkDep, application_id: UUID) -> Response:
    """For the button, which reads a page, and for the script, which reads JSON."""
    form = await public.form_answered(work, application_id)
    wanted = sent.read(await fields_of(request, most=MOST_FIELDS), form)
    page = of_edition(page, await public.edition_of(work, application_id))
    by_script = "text/html" not in request.headers.get("accept", "")
    command = SaveDraft(application_id=application_id, base=wanted.base, pen=wanted.pen, changes=wanted.changes)
    try:
        saving = await handlers.save_draft(command, work)
    except NotFound:
        raise
    except DomainError as refusal:
        if by_script:
            return JSONResponse({"said": str(refusal_said(page, refusal))}, status_code=refusal.status)
        return await _give_back(page, work, application_id, wanted, refusal)
    await work.session.flush()
    if by_script:
        return JSONResponse(await _told(page, work, application_id, saving, form))
    if any(each.outcome is Outcome.KEPT_ASIDE for each in saving.settled):
        return await _show_both(page, work, application_id, saving)
    after = f"/{PLACES[wanted.after]}".rstrip("/") if wanted.after in PLACES else "/write?saved=1"
    return RedirectResponse(f"{page.root}/files/{application_id}{after}", status_code=303)


async def _own(work: Work, application_id: UUID) -> File:
    file = await views.file(work, application_id)
    if not file.is_own:
        raise applications.NoSuchApplication
    return file


async def _form(work: Work, file: File) -> Form | None:
    found = await views.form_of_call(work, file.application.call_id)
    return found.form if found else None


async def _show(
    page: Page,
    work: Work,
    file: File,
    *,
    says: Mapping[str, Value],
    status: int = 200,
    saved: bool = False,
    met: Mapping[str, asking.Theirs] | None = None,
    refusal: DomainError | None = None,
    base: int | None = None,
) -> Response:
    application = file.application
    page = of_edition(page, await repository.edition(work, application.edition_id))
    made = asking.parts(
        page,
        await _form(work, file),
        says,
        challenges=await public.challenges_of_call(work, application.call_id),
        attachments=file.attachments,
        found=file.completeness,
        now=work.now,
    )
    if met:
        made = [
            replace(part, fields=[replace(each, theirs=met.get(each.name)) for each in part.fields]) for part in made
        ]
    only = await _asked_for(work, application.id) if not file.may_write(now=work.now) else frozenset()
    if only:
        made = [
            replace(part, fields=[replace(each, frozen=False) for each in part.fields if each.name in only])
            for part in made
        ]
        made = [part for part in made if part.fields]
    writable = bool(only) or file.may_write(now=work.now)
    return page.show(
        "write.html",
        status=status,
        place=f"{page.root}/files/{application.id}/write",
        file=file,
        application=application,
        parts=made,
        lacks=asking.lacking(page, file.completeness, made) if file.completeness else [],
        wishes_shown=asking.wishes_shown,
        base=application.version if base is None else base,
        pen=uuid4(),
        writable=writable and await relations.may(work, "change_application", application),
        saved=saved,
        met=met,
        refused=refusal_said(page, refusal) if refusal else None,
    )


async def _asked_for(work: Work, application_id: UUID) -> frozenset[str]:
    """What alone may be written once the call is over."""
    asked = [repository.asked_of(row) for row in await views.requests_of(work, application_id)]
    return next((each.fields for each in asked if each.state(work.now) is RequestState.OPEN), frozenset())


async def _give_back(page: Page, work: Work, application_id: UUID, wanted: Sent, refusal: DomainError) -> Response:
    """Nothing was saved; every word is still there, and why it was not."""
    file = await _own(work, application_id)
    says = {**fields_of_draft(file.application), **wanted.changes}
    return await _show(page, work, file, says=says, status=refusal.status, refusal=refusal, base=wanted.base)


async def _show_both(page: Page, work: Work, application_id: UUID, saving: Saving) -> Response:
    """Two members wrote at the same place: the reader's words in the field, the other's beside it."""
    file = await _own(work, application_id)
    names = await _names(work, file)
    aside = [each for each in saving.settled if each.outcome is Outcome.KEPT_ASIDE]
    met = {
        each.field: asking.Theirs(value=_plain(each.value), by=asking.met_by(names, each.other, page), at=each.other.at)
        for each in aside
        if each.other
    }
    says = {**fields_of_draft(file.application), **{each.field: each.yours for each in aside}}
    return await _show(page, work, file, says=says, met=met)


async def _told(page: Page, work: Work, application_id: UUID, saving: Saving, form: Form | None) -> dict[str, Any]:
    """What the script shows; all its words are made here."""
    met = saving.others or any(each.other for each in saving.settled)
    names = await _names(work, await _own(work, application_id)) if met else {}
    speech = page.speech
    found = saving.completeness
    made = asking.parts(page, form, {}, challenges=[], attachments=[], found=found, now=work.now)
    return {
        "number": saving.number,
        "base": saving.base,
        "said": speech.plain("write.saved_at", time=speech.clock(saving.saved_at)),
        "fields": {
            each.field: {
                "outcome": each.outcome.value,
                "value": each.value,
                **(_noted(page, names, each.other, f"write.{each.outcome.value}") if each.other else {}),
            }
            for each in saving.settled
        },
        "others": {
            name: {"value": value, **_noted(page, names, met, "write.changed_by")}
            for name, (value, met) in saving.others.items()
        },
        "done": found.done,
        "of": found.of,
        "progress": speech.plain("write.done_of", done=speech.number(found.done), of=speech.number(found.of)),
        **(await _deadline(page, work, application_id) if any(each.field == WISHES for each in saving.settled) else {}),
        "lacks": [
            {
                "field": field.id if field else "",
                "label": field.label.striptags() if field else "",
                "said": said.striptags(),
            }
            for field, said in asking.lacking(page, found, made)
        ],
        "wrong": {
            each.id: [said.striptags() for said in each.wrong] for part in made for each in part.fields if each.wrong
        },
    }


async def _deadline(page: Page, work: Work, application_id: UUID) -> dict[str, Any]:
    """It follows from the challenges: the strictest of theirs."""
    deadline = (await _own(work, application_id)).deadline
    found = {"at": deadline.instant.isoformat(), "wall": page.speech.wall(deadline.local)}
    return {"deadline": found | {"there": there(page, deadline).striptags()}}


def _noted(page: Page, names: Mapping[Any, str], met: Met, word: str) -> dict[str, str]:
    by = names.get(met.by) or page.speech.plain("write.somebody")
    return {"note": page.speech.plain(word, who=by, time=page.speech.clock(met.at))} if page.speech.has(word) else {}


async def _names(work: Work, file: File) -> dict[Any, str]:
    _, members = await views.team(work, file.application.team_id)
    return {member.person_id: member.name for member in members}


def _plain(value: Value | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value or ())
