"""The event log over HTTP: pages of it, one entry with its exact bytes, and the gaps in it."""

import base64
import hashlib
from typing import Annotated, Literal, Self

from fastapi import Depends, Path, Query
from pydantic import Field

from services.notifications.api.shown import LAST_POSITION, PREFIX, EntryView, filters, traits
from services.notifications.domain.journal import KEPT_FROM_JURORS
from services.notifications.models import Entry
from services.notifications.permissions import PERMISSIONS
from services.notifications.views import entries as views
from services.notifications.views.entries import Filters, Gap
from shared.errors import NotFound
from shared.http import Page, PagingDep, View, WorkDep, does, service_router
from shared.identity import Actor

router = service_router(PREFIX, permissions=PERMISSIONS, tags=["event log"])


class NoSuchPosition(NotFound):
    def __init__(self, head: int) -> None:
        super().__init__(f"The log has no event at this position: it ends at {head}.", head=head)


class ExactEntryView(EntryView):
    """An entry with the bytes that were published, as whoever verifies it needs them."""

    value: str | None = Field(description="The value's exact bytes, in base64.")
    value_sha256: str | None = Field(description="Their SHA-256, in hexadecimal.")

    @classmethod
    def of(cls, entry: Entry, *, reader: Actor) -> Self:
        # Not the digest either: a few scores are soon guessed.
        hidden = reader.holds("juror") and entry.type in KEPT_FROM_JURORS
        value = None if hidden else entry.value
        return cls(
            **traits(entry, reader=reader),
            value=None if value is None else base64.b64encode(value).decode(),
            value_sha256=None if value is None else hashlib.sha256(value).hexdigest(),
        )


class GapView(View):
    """A place in an aggregate's sequence where events are missing, or where one number was given twice."""

    service: str
    subject: str
    before: int = Field(description="The last number before the gap; 0 if the first events are missing.")
    after: int
    kind: Literal["missing", "repeated"]

    @classmethod
    def of(cls, gap: Gap) -> Self:
        return cls(
            service=gap.source.rpartition("/")[2],
            subject=gap.subject,
            before=gap.before,
            after=gap.after,
            kind="missing" if gap.after > gap.before else "repeated",
        )


class GapsView(View):
    """Whether each aggregate's events are numbered 1, 2, 3… At most 200 gaps are shown."""

    head: int
    gaps: list[GapView]


@router.get("/events", **does("read_events"))
async def read_events(
    work: WorkDep,
    paging: PagingDep,
    wanted: Annotated[Filters, Depends(filters)],
    order: Annotated[Literal["asc", "desc"], Query(description="The oldest first, or the newest.")] = "asc",
) -> Page[EntryView]:
    after = paging.after(int)
    rows = await views.entries(
        work.session, wanted, after=after[0] if after else None, limit=paging.fetch, descending=order == "desc"
    )
    return paging.page(
        rows, key=lambda entry: (entry.position,), view=lambda entry: EntryView.of(entry, reader=work.actor)
    )


@router.get("/events/gaps", **does("read_events"))
async def read_gaps(work: WorkDep) -> GapsView:
    return GapsView(
        head=await views.head(work.session), gaps=[GapView.of(gap) for gap in await views.gaps(work.session)]
    )


@router.get("/events/{position}", **does("read_events"))
async def read_event(work: WorkDep, position: Annotated[int, Path(ge=1, le=LAST_POSITION)]) -> ExactEntryView:
    entry = await views.entry(work.session, position)
    if entry is None:
        raise NoSuchPosition(await views.head(work.session))
    return ExactEntryView.of(entry, reader=work.actor)
