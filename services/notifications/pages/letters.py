"""Letters to many, before they go: staff read them as their readers will, let them go at once, or stop them."""

from typing import Literal

from fastapi import Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from services.notifications.commands import DecideDrafts
from services.notifications.handlers import drafts as handlers
from services.notifications.models import Mail
from services.notifications.pages.place import PREFIX, in_zone
from services.notifications.permissions import PERMISSIONS
from services.notifications.settings import held_for
from services.notifications.views import drafts as views
from services.notifications.writing import Written, context_of, write
from shared.http import WorkDep, does
from shared.settings import Settings
from shared.web import FORM, PageDep, form_of, page_router
from shared.web.languages import OWN_NAMES
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

SOMEBODY = "…"
"""In the place of a name: what is read here is written to many."""

Said = Literal["released", "stopped"]


class DecideForm(BaseModel):
    """Which drafts, as far as they were seen, and what becomes of them."""

    model_config = ConfigDict(frozen=True)

    template: str = Field(max_length=100)
    correlation_id: str = Field(max_length=200)
    seen_until: AwareDatetime
    act: Literal["release", "stop"]


@router.get("/{language}/letters", **does("read_mails"))
async def read_drafts(request: Request, page: PageDep, work: WorkDep, said: Said | None = None) -> Response:
    settings: Settings = request.app.state.settings
    found = await views.drafts(work.session)
    page = await in_zone(page, work.session)
    return page.show(
        "letters.html",
        drafts=[(draft, await _samples(draft, settings, work), draft.since + held_for(settings)) for draft in found],
        minutes=settings.mass_mail_minutes,
        names=OWN_NAMES,
        may_decide=bool(PERMISSIONS.decide(page.actor, "decide_letters")),
        said=said,
    )


@router.post("/{language}/letters", **does("decide_letters", accepts=[FORM]))
async def decide(request: Request, page: PageDep, work: WorkDep) -> Response:
    form = await form_of(request, DecideForm)
    command = DecideDrafts(template=form.template, correlation_id=form.correlation_id, seen_until=form.seen_until)
    if form.act == "release":
        await handlers.release_drafts(command, work)
    else:
        await handlers.stop_drafts(command, work)
    said = "released" if form.act == "release" else "stopped"
    return RedirectResponse(f"{page.root}/letters?said={said}", status_code=303)


async def _samples(draft: views.Draft, settings: Settings, work: Work) -> list[Written]:
    """One for each language in which it goes; to nobody by name."""
    written = []
    for language, id_ in sorted(draft.samples.items()):
        mail = await work.session.get_one(Mail, id_)
        facts = await context_of(mail.facts, language=language, session=work.session)
        written.append(write(mail.template, language=language, name=SOMEBODY, url=settings.public_url, facts=facts))
    return written
