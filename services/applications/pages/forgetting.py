"""Asking to be forgotten: first what would go, what would stay and why, then once more, and only then it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from services.applications import views
from services.applications.commands import ForgetPerson
from services.applications.domain import erasure
from services.applications.handlers import erasure as handlers
from services.applications.handlers.erasure import Forgetting
from services.applications.models import Team
from services.applications.pages.place import PREFIX, of_edition
from services.applications.permissions import PERMISSIONS, person_id
from services.applications.views import public
from shared.http import WorksDep, current_correlation_id, does
from shared.identity import ANYONE
from shared.web import FORM, Page, PageDep, fields_of, page_router, sessions
from shared.work import Work, Works

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Led:
    """A team that the person leads, and who leads it from then on, if anybody is left."""

    team: Team
    successor: str | None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the page calls by name, read while it still has one."""

    titles: Mapping[UUID, str]
    led: Sequence[Led]


@router.get("/{language}/profile/forget", **does("forget_person", transaction=False))
async def think_of_being_forgotten(page: PageDep, works: WorksDep) -> Response:
    return await _show(page, works)


@router.post("/{language}/profile/forget", **does("forget_person", transaction=False, accepts=[FORM]))
async def forget_me(request: Request, page: PageDep, works: WorksDep) -> Response:
    """Only who ticked that it is understood; this browser is then signed out of these pages."""
    if dict(await fields_of(request)).get("understood") != "yes":
        return await _show(page, works, unticked=True)
    me = person_id(page.actor)
    async with works.begin(actor=page.actor, correlation_id=current_correlation_id()) as work:
        done = await handlers.forget_person(ForgetPerson(person_id=me), work)
    if not done.forgotten_at:
        return page.show("forgotten.html", place=f"{page.root}/profile", done=done)
    cookie = page.site.cookie
    if session := cookie.read(request):
        async with works.begin() as work:
            await sessions.close_session(await work.session.connection(), session)
    page.actor = ANYONE
    answer = page.show("forgotten.html", place=page.root, done=done)
    cookie.clear(answer)
    return answer


async def _show(page: Page, works: Works, *, unticked: bool = False) -> Response:
    """What would be, as it is done in a transaction that is rolled back."""
    me = person_id(page.actor)
    async with works.begin(actor=page.actor, read_only=True) as work:
        known = await _known(work, me)
        page = of_edition(page, await public.newest_edition(work))
        done = await handlers.forget_person(ForgetPerson(person_id=me), work)
        # Shown within it: what is rolled back forgets what its rows said.
        return page.show(
            "forget.html",
            status=422 if unticked else 200,
            place=f"{page.root}/profile/forget",
            done=done,
            known=known,
            reasons=_reasons(done),
            unticked=unticked,
        )


async def _known(work: Work, me: UUID) -> Known:
    lines = await views.applications_shown(work, call_id=None, status=None, after=None, limit=MOST)
    led = []
    for each in await views.teams_of(work, after=None, limit=MOST):
        if each.lead_id != me:
            continue
        team, members = await views.team(work, each.id)
        names = {member.person_id: member.name for member in members if member.person_id != me and member.name}
        successor = erasure.successor(list(names))
        led.append(Led(team=team, successor=names[successor] if successor else None))
    return Known(titles={line.application.id: line.title or "" for line in lines}, led=led)


def _reasons(done: Forgetting) -> list[str]:
    """Why something stays, each once; what nobody is named in comes last."""
    found = {each.because for each in done.kept}
    return sorted(found, key=lambda because: (because in {"opaque-id", "proof"}, because))
