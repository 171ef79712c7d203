"""Staff see a call's deadlines: what counts, how it came to that, and what may still be done for whom."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from uuid import UUID

from starlette.responses import Response

from services.applications import repository, views
from services.applications.domain.calls import CallStatus
from services.applications.domain.deadlines import LONGEST_GRACE, ExtensionStatus
from services.applications.pages import dates
from services.applications.pages.call import POLICY
from services.applications.pages.place import PREFIX, letters_of, of_edition
from services.applications.permissions import PERMISSIONS
from services.applications.schedules import resolved
from services.applications.views import public
from shared.clock import Deadline
from shared.errors import DomainError
from shared.events.applications import ExtensionReason
from shared.http import WorkDep, does
from shared.web import Filled, Page, PageDep, page_router, refusal_said
from shared.work import Work

router = page_router(PREFIX, permissions=PERMISSIONS)

MOST = 200
REASONS = get_args(ExtensionReason)

Said = Literal["set", "moved", "asked", "approved", "refused"]
"""What was done just now."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A deadline that is about to move, to be read once more before it does."""

    challenge_id: UUID | None
    until: str
    before: Deadline
    after: Deadline


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a form of the page said that was not done, and why."""

    form: Literal["dates", "move", "ask", "decide"]
    told: dates.Told = field(default_factory=dates.Told)
    filled: Filled[Any] = field(default_factory=Filled)
    refusal: DomainError | None = None
    no_such_file: bool = False


@router.get("/{language}/calls/{call_id}/deadlines", **does("list_extensions"))
async def read_deadlines(page: PageDep, work: WorkDep, call_id: UUID, said: Said | None = None) -> Response:
    return await show(page, work, call_id, said=said)


async def show(
    page: Page,
    work: Work,
    call_id: UUID,
    *,
    said: Said | None = None,
    typed: Typed | None = None,
    move: Move | None = None,
) -> Response:
    """What was typed stays if it was refused; a move that is not confirmed yet is shown before all else."""
    schedule, log = await views.rule_log(work, call_id)
    edition = await repository.edition(work, schedule.call.edition_id)
    challenges = await public.challenges_of_call(work, call_id)
    extensions = await views.extensions_of(work, call_id, after=None, limit=MOST)
    names = await views.names_of(work, {row.asked_by for row in extensions} | {row.decided_by for row in extensions})
    page = of_edition(page, edition)
    refusal = typed.refusal if typed else None
    return page.show(
        "deadlines.html",
        status=422 if typed else 200,
        place=f"{page.root}/calls/{call_id}/deadlines",
        schedule=schedule,
        phase=schedule.phase(now=work.now),
        over=schedule.call.status != CallStatus.ANNOUNCED,
        ahead=schedule.call.status == CallStatus.ANNOUNCED and work.now < schedule.opens.instant,
        challenges=challenges,
        titles={each.id: each.title for each in challenges},
        policy=POLICY,
        log=log,
        outages=list({line.outage.id: line.outage for line in log if line.outage}.values()),
        waiting=[(row, resolved(row)) for row in extensions if row.status == ExtensionStatus.ASKED],
        decided=[(row, resolved(row)) for row in reversed(extensions) if row.status != ExtensionStatus.ASKED],
        names=names,
        me=work.actor.name,
        told_dates=typed.told if typed and typed.form == "dates" else dates.as_set(schedule),
        moving=typed.filled if typed and typed.form == "move" else Filled(),
        asking=typed.filled if typed and typed.form == "ask" else Filled(),
        failed=typed.form if typed else None,
        no_such_file=typed.no_such_file if typed else False,
        refused=refusal_said(page, refusal) if refusal else None,
        reasons=REASONS,
        longest_grace=LONGEST_GRACE,
        move=move,
        letters=letters_of(page),
        said=said,
    )
