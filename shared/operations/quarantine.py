"""Quarantine over HTTP: what waits and why, one event with all about it, releasing and discarding."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Path, Query

from shared.http import (
    ActorDep,
    Page,
    PagingDep,
    WorkDep,
    current_correlation_id,
    current_traceparent,
    does,
)
from shared.identity import Actor
from shared.inbox import waiting
from shared.inbox.inspection import (
    QuarantineState,
    Wanted,
    behind,
    count_of_key,
    find_event,
    head_of_key,
    list_events,
    list_groups,
)
from shared.messaging import Handling, Operator, Releasing
from shared.messaging.discarding import discard
from shared.messaging.releasing import NoSuchEvent
from shared.operations.quarantine_views import (
    SHOWN_BEHIND,
    DiscardBody,
    DiscardView,
    OneReleaseBody,
    ParkedView,
    QuarantinedView,
    QuarantineGroupView,
    QuarantineView,
    ReleaseBody,
    ReleaseView,
    SomeReleaseBody,
    WaitingView,
)

Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="The event's number in this service's quarantine.")]
Trait = Annotated[str, Query(min_length=1, max_length=200)]
Fingerprint = Annotated[str, Path(min_length=1, max_length=64, pattern="^[0-9a-z-]+$")]


def add_quarantine_routes(router: APIRouter, *, handling: Handling, watchers: Collection[str]) -> None:
    """Whoever holds a role besides `watchers` has a part of their own to play, and is not shown what events say."""
    releasing = Releasing(handling)

    @router.get("/quarantine", **does("watch_operations"))
    async def read_quarantine(work: WorkDep) -> QuarantineView:
        return QuarantineView(events=[ParkedView.model_validate(parked) for parked in await waiting(work.session)])

    @router.get("/quarantine/groups", **does("watch_operations"))
    async def read_quarantine_groups(work: WorkDep, paging: PagingDep) -> Page[QuarantineGroupView]:
        after = paging.after(str)
        groups = await list_groups(work.session, after=after[0] if after else None, limit=paging.fetch)
        return paging.page(groups, key=lambda group: (group.fingerprint,), view=QuarantineGroupView.model_validate)

    @router.get("/quarantine/events", **does("watch_operations"))
    async def read_quarantined_events(
        work: WorkDep,
        paging: PagingDep,
        fingerprint: Trait | None = None,
        topic: Trait | None = None,
        key: Trait | None = None,
        state: Annotated[QuarantineState | None, Query(description="By default all that still wait.")] = None,
    ) -> Page[WaitingView]:
        after = paging.after(int)
        wanted = Wanted(fingerprint=fingerprint, topic=topic, key=key, state=state)
        events = await list_events(work.session, wanted, after=after[0] if after else None, limit=paging.fetch)
        return paging.page(events, key=lambda event: (event.id,), view=WaitingView.model_validate)

    @router.get("/quarantine/events/{number}", **does("watch_operations"))
    async def read_quarantined_event(number: Number, work: WorkDep, actor: ActorDep) -> QuarantinedView:
        event = await find_event(work.session, number)
        if event is None:
            raise NoSuchEvent
        head = await head_of_key(work.session, topic=event.topic, key=event.key)
        return QuarantinedView.of(
            event,
            head=head.id if head else None,
            behind=await behind(work.session, event, limit=SHOWN_BEHIND),
            key_waits=await count_of_key(work.session, topic=event.topic, key=event.key),
            hides_value=not actor.roles <= set(watchers),
        )

    @router.post("/quarantine/release", **does("release_quarantine", transaction=False))
    async def release_quarantine(body: ReleaseBody, actor: ActorDep) -> ReleaseView:
        release = await releasing.key(
            topic=body.topic, key=body.key, operator=_operator(actor, body), limit=body.limit, dry_run=body.dry_run
        )
        return ReleaseView.of(release, dry_run=body.dry_run)

    @router.post("/quarantine/groups/{fingerprint}/release", **does("release_quarantine", transaction=False))
    async def release_quarantine_group(fingerprint: Fingerprint, body: SomeReleaseBody, actor: ActorDep) -> ReleaseView:
        release = await releasing.group(
            fingerprint, operator=_operator(actor, body), limit=body.limit, dry_run=body.dry_run
        )
        return ReleaseView.of(release, dry_run=body.dry_run)

    @router.post("/quarantine/events/{number}/release", **does("release_quarantine"))
    async def release_quarantined_event(number: Number, body: OneReleaseBody, work: WorkDep) -> ReleaseView:
        release = await releasing.event(number, work, note=body.note, dry_run=body.dry_run)
        return ReleaseView.of(release, dry_run=body.dry_run)

    @router.post("/quarantine/events/{number}/discard", **does("discard_quarantine"))
    async def discard_quarantined_event(number: Number, body: DiscardBody, work: WorkDep) -> DiscardView:
        done = await discard(
            number,
            work,
            reason=body.reason,
            note=body.note,
            budget_seconds=handling.budget_seconds,
            show=SHOWN_BEHIND,
            dry_run=body.dry_run,
        )
        return DiscardView.of(done, reason=body.reason, dry_run=body.dry_run)


def _operator(actor: Actor, body: OneReleaseBody) -> Operator:
    return Operator(
        actor=actor, note=body.note, correlation_id=current_correlation_id(), traceparent=current_traceparent()
    )
