"""The reasons that applicants get: read with what may tell who wrote them, put otherwise, and signed by a person."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from markupsafe import Markup
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import ChangeReasons, SignReasons
from services.selection.domain.decisions import DecisionsState
from services.selection.domain.leaks import Found
from services.selection.domain.reasons import Passage
from services.selection.handlers import reasons as handlers
from services.selection.models import Deliberation
from services.selection.pages.forms import Fields, Form, all_fields, one_of, read
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS, person_id
from services.selection.views import deliberation
from services.selection.views import reasons as views
from shared.errors import DomainError
from shared.http import Cursor, LongText, WorkDep, does
from shared.web import FORM, LANGUAGES, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

SHOWN = 100
PASSAGES = 200

After = Annotated[str | None, Query(min_length=1, max_length=200)]
Said = Annotated[str | None, Query(pattern="^(changed|signed)$")]


class PassageForm(Form):
    """A piece of what is told; an empty one is left out."""

    text: LongText
    language: Literal["fr", "ar", "en"]
    criterion: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None


class ChangeForm(Form):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class SignForm(Form):
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    despite_hints: bool = False


@router.get("/{language}/decisions/{decisions_id}/reasons", **does("read_reasons"))
async def read_all_reasons(page: PageDep, work: WorkDep, decisions_id: UUID, after: After = None) -> Response:
    me = person_id(work.actor)
    rows = await views.reasons(
        work.session,
        decisions_id,
        person_id=me,
        after=Cursor.decode(after, UUID)[0] if after else None,
        limit=SHOWN + 1,
    )
    shown = rows[:SHOWN]
    page = await in_zone(page, work.session)
    return page.show(
        "all_reasons.html",
        decisions_id=decisions_id,
        rows=shown,
        names=await deliberation.names_of(work.session, [row.reasons.application_id for row in shown], person_id=me),
        more=Cursor.encode((shown[-1].reasons.application_id,)) if len(rows) > SHOWN else None,
    )


@router.get("/{language}/decisions/{decisions_id}/reasons/{application_id}", **does("read_reasons"))
async def read_one_applicants_reasons(
    page: PageDep, work: WorkDep, decisions_id: UUID, application_id: UUID, said: Said = None
) -> Response:
    return await _show(page, decisions_id, application_id, work, said=said)


@router.post("/{language}/decisions/{decisions_id}/reasons/{application_id}", **does("change_reasons", accepts=[FORM]))
async def put_reasons_otherwise(
    request: Request, page: PageDep, work: WorkDep, decisions_id: UUID, application_id: UUID
) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, ChangeForm)
        command = ChangeReasons(
            decisions_id=decisions_id,
            application_id=application_id,
            version=form.version,
            passages=tuple(_passages(fields)),
        )
        await handlers.change_reasons(command, work)
    except TOLD_HERE as refusal:
        return await _show(page, decisions_id, application_id, work, refusal=refusal, given=fields)
    return RedirectResponse(
        f"{page.root}/decisions/{decisions_id}/reasons/{application_id}?said=changed", status_code=303
    )


@router.post(
    "/{language}/decisions/{decisions_id}/reasons/{application_id}/sign", **does("sign_reasons", accepts=[FORM])
)
async def sign_what_was_read(
    request: Request, page: PageDep, work: WorkDep, decisions_id: UUID, application_id: UUID
) -> Response:
    try:
        form = read(await all_fields(request), SignForm)
        command = SignReasons(
            decisions_id=decisions_id,
            application_id=application_id,
            digest=form.digest,
            despite_hints=form.despite_hints,
        )
        await handlers.sign_reasons(command, work)
    except TOLD_HERE as refusal:
        return await _show(page, decisions_id, application_id, work, refusal=refusal)
    return RedirectResponse(
        f"{page.root}/decisions/{decisions_id}/reasons/{application_id}?said=signed", status_code=303
    )


async def _show(
    page: Page,
    decisions_id: UUID,
    application_id: UUID,
    work: Work,
    *,
    said: str | None = None,
    refusal: DomainError | None = None,
    given: Fields | None = None,
) -> Response:
    me = person_id(work.actor)
    row = await views.reasons_for(work.session, decisions_id, application_id, person_id=me)
    draft = await work.session.get_one(Deliberation, decisions_id)
    page = await in_zone(page, work.session, edition=draft.edition_id)
    stored = [(one["text"], one["language"], one["criterion"] or "") for one in row.reasons.passages]
    return page.show(
        "reasons.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/decisions/{decisions_id}/reasons/{application_id}",
        decisions_id=decisions_id,
        application_id=application_id,
        reasons=row.reasons,
        outcome=row.outcome,
        marked=[
            (marked(text, found), language, criterion)
            for (text, language, criterion), found in zip(stored, row.hints, strict=True)
        ],
        hints=sorted({one.hint for found in row.hints for one in found}),
        passages=_as_written(given) if given else stored,
        is_draft=draft.state == DecisionsState.DRAFT,
        tongues=LANGUAGES,
        names=await deliberation.names_of(work.session, [application_id], person_id=me),
        said=said,
        refused=told(page, refusal) if refusal else None,
    )


def marked(text: str, found: Sequence[Found]) -> Markup:
    """The text, with what may tell who wrote it marked; what overlaps is one mark."""
    pieces, at = [], 0
    for start, end in _joined(found):
        pieces += [Markup("{}").format(text[at:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        at = end
    return Markup().join([*pieces, Markup("{}").format(text[at:])])


def _joined(found: Sequence[Found]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for one in sorted(found):
        if spans and one.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], one.end))
        else:
            spans.append((one.start, one.end))
    return spans


def _as_written(given: Fields) -> list[tuple[str, str, str]]:
    parts = ("text", "language", "criterion")
    rows = [tuple(one_of(given, f"passage.{number}.{part}") or "" for part in parts) for number in range(PASSAGES)]
    return [(text, language, criterion) for text, language, criterion in rows if text]


def _passages(given: Fields) -> list[Passage]:
    """Raises Invalid."""
    found = []
    for text, language, criterion in _as_written(given):
        fields: dict[str, list[str]] = {"text": [text], "language": [language], "criterion": [criterion]}
        form = read(fields, PassageForm)
        found.append(Passage(text=form.text, language=form.language, criterion=form.criterion))
    return found
