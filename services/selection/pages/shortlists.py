"""Shortlists: staff open the best files of a ranking to the challenge's partner, who puts them into an order."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from services.selection.commands import OpenShortlist, OrderShortlist
from services.selection.domain.shortlists import NoSuchShortlist
from services.selection.handlers import shortlists as handlers
from services.selection.models import Challenge
from services.selection.pages.forms import Fields, Form, all_fields, one_of, read
from services.selection.pages.naming import titled
from services.selection.pages.place import PREFIX, in_zone
from services.selection.pages.ranks import Ranks, frozen
from services.selection.pages.refused import TOLD_HERE, told
from services.selection.permissions import PERMISSIONS, authorise_or_hide, person_id
from services.selection.repository import challenge as find_challenge
from services.selection.views import deliberation
from services.selection.views import rankings as ranking_views
from services.selection.views import shortlists as views
from shared.errors import DomainError, FieldError, Invalid
from shared.http import WorkDep, does
from shared.identity import Resource
from shared.web import FORM, Page, PageDep, page_router
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

PLACE = "place."

Said = Annotated[str | None, Query(pattern="^(opened|ordered)$")]


class NotAnOrder(Invalid):
    slug = "not-an-order"
    message = "Give each file a place of its own, from 1."


class OpenForm(Form):
    """From which score on the partner sees files."""

    lowest_score: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class OrderForm(Form):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


@router.get("/{language}/shortlists", **does("list_shortlists"))
async def read_all_shortlists(page: PageDep, work: WorkDep) -> Response:
    """Staff see where one can be opened; a partner those that were opened to it."""
    page = await in_zone(page, work.session)
    # Whoever has no organisation is of no partner, and so sees none.
    partner = None if work.actor.holds("staff") else work.actor.organisation or ""
    rows = await views.shortlists(work.session, partner=partner)
    return page.show("all_shortlists.html", rows=rows, titled=lambda title: titled(page, title))


@router.get("/{language}/challenges/{challenge_id}/shortlist", **does("read_shortlist"))
async def read_one_shortlist(page: PageDep, work: WorkDep, challenge_id: UUID, said: Said = None) -> Response:
    return await _show(page, challenge_id, work, said=said)


@router.post("/{language}/challenges/{challenge_id}/shortlist", **does("open_shortlist", accepts=[FORM]))
async def open_one_shortlist(request: Request, page: PageDep, work: WorkDep, challenge_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, OpenForm)
        await handlers.open_shortlist(OpenShortlist(challenge_id=challenge_id, lowest_score=form.lowest_score), work)
    except TOLD_HERE as refusal:
        return await _show(page, challenge_id, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/challenges/{challenge_id}/shortlist?said=opened", status_code=303)


@router.post("/{language}/challenges/{challenge_id}/shortlist/order", **does("order_shortlist", accepts=[FORM]))
async def order_one_shortlist(request: Request, page: PageDep, work: WorkDep, challenge_id: UUID) -> Response:
    fields = await all_fields(request)
    try:
        form = read(fields, OrderForm)
        command = OrderShortlist(challenge_id=challenge_id, version=form.version, application_ids=_order(fields))
        await handlers.order_shortlist(command, work)
    except TOLD_HERE as refusal:
        return await _show(page, challenge_id, work, refusal=refusal, given=fields)
    return RedirectResponse(f"{page.root}/challenges/{challenge_id}/shortlist?said=ordered", status_code=303)


def _order(fields: Fields) -> tuple[UUID, ...]:
    """By the places that were given, the first first. Raises NotAnOrder."""
    given = {name.removeprefix(PLACE): one_of(fields, name) or "" for name in fields if name.startswith(PLACE)}
    try:
        places = {UUID(file): int(place) for file, place in given.items()}
    except ValueError:
        raise NotAnOrder(errors=[FieldError(pointer="#/places", detail="a whole number each")]) from None
    if sorted(places.values()) != list(range(1, len(places) + 1)):
        raise NotAnOrder(errors=[FieldError(pointer="#/places", detail=f"1 to {len(places)}, each once")])
    return tuple(sorted(places, key=lambda file: places[file]))


async def _show(
    page: Page,
    challenge_id: UUID,
    work: Work,
    *,
    said: str | None = None,
    refusal: DomainError | None = None,
    given: Fields | None = None,
) -> Response:
    challenge = await _own_challenge(challenge_id, work)
    page = await in_zone(page, work.session, edition=challenge.edition_id)
    row = await _shortlist(challenge_id, work)
    ranks = await _ranks(challenge, work) if work.actor.holds("staff") else None
    files = [line.application_id for line in ranks.lines] if ranks else []
    return page.show(
        "shortlist.html",
        status=refusal.status if refusal else 200,
        place=f"{page.root}/challenges/{challenge_id}/shortlist",
        challenge=challenge,
        title=titled(page, challenge.title),
        opens=work.actor.holds("staff"),
        shortlist=row.shortlist if row else None,
        files=_files(row, given),
        hidden=len(row.shortlist.files) - len(row.files) if row else 0,
        ranks=ranks,
        names=await deliberation.names_of(work.session, files, person_id=person_id(work.actor)),
        lowest=one_of(given or {}, "lowest_score"),
        said=said,
        refused=told(page, refusal) if refusal else None,
    )


async def _own_challenge(challenge_id: UUID, work: Work) -> Challenge:
    """Staff read any, a partner its own. Raises NoSuchShortlist."""
    challenge = await find_challenge(work.session, challenge_id)
    own = {"own"} if challenge is not None and challenge.partner == work.actor.organisation else set()
    authorise_or_hide(work.actor, "read_shortlist", Resource(own), hidden=NoSuchShortlist())
    if challenge is None:
        raise NoSuchShortlist
    return challenge


async def _shortlist(challenge_id: UUID, work: Work) -> views.ShortlistRow | None:
    """None before it is opened, which staff can do; a partner is told that there is none."""
    try:
        return await views.shortlist(work.session, challenge_id, person_id=person_id(work.actor))
    except NoSuchShortlist:
        if not work.actor.holds("staff"):
            raise
        return None


async def _ranks(challenge: Challenge, work: Work) -> Ranks | None:
    """None until it is frozen, and to who may not see all of it."""
    found = await ranking_views.rankings(
        work.session, person_id=person_id(work.actor), challenge=challenge.id, edition=None, after=None, limit=1
    )
    return frozen(found[0]) if found else None


def _files(row: views.ShortlistRow | None, given: Fields | None) -> list[dict[str, Any]]:
    """With the places that were given, or written, in the order in which they are listed."""
    if row is None:
        return []
    ordered = row.shortlist.order is not None
    return [
        {
            "id": file,
            "startup": startup,
            "title": title,
            "place": one_of(given or {}, f"{PLACE}{file}") or (number if ordered else ""),
        }
        for number, (file, startup, title) in enumerate(row.files, start=1)
    ]
