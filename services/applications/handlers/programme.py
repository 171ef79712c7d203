"""Staff and partners set the stage: editions, challenges, calls."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.applications import relations, repository
from services.applications.commands import AnnounceCall, AnnounceEdition, ChangeChallenge, DeclareChallenge
from services.applications.domain import calls, challenges, form_checks, forms
from services.applications.domain.calls import CallStatus
from services.applications.domain.challenges import ChallengeStatus
from services.applications.domain.deadlines import Cause, Deadlines, Rule
from services.applications.handlers.forms import keep_form
from services.applications.handlers.telling import as_event
from services.applications.models import Call, CallChallenge, Challenge, Edition
from services.applications.permissions import authorise_or_hide
from services.applications.repository import RuleLog
from services.applications.schedules import columns_of
from shared import clock
from shared.events import applications as events
from shared.work import Work


async def announce_edition(command: AnnounceEdition, work: Work) -> Edition:
    """A city's programme begins."""
    clock.zone_named(command.zone)
    edition = Edition(city=command.city, title=dict(command.title), zone=command.zone, created_at=work.now)
    work.session.add(edition)

    work.publish(
        events.EditionAnnounced(edition_id=edition.id, city=edition.city, title=edition.title, zone=edition.zone)
    )
    return edition


async def declare_challenge(command: DeclareChallenge, work: Work) -> Challenge:
    """A partner exposes a problem of its own trade."""
    if work.actor.organisation is None:
        raise challenges.NoOrganisation
    await repository.edition(work, command.edition_id)

    challenge = Challenge(
        edition_id=command.edition_id,
        partner=work.actor.organisation,
        title=dict(command.title),
        description=dict(command.description),
        status=ChallengeStatus.DECLARED,
        created_at=work.now,
    )
    work.session.add(challenge)

    work.publish(events.ChallengeDeclared(challenge_id=challenge.id, **_told(challenge)))
    return challenge


async def change_challenge(command: ChangeChallenge, work: Work) -> Challenge:
    """Reword a challenge that is not public yet."""
    challenge = await repository.challenge(work, command.challenge_id)
    relation = relations.to_challenge(work.actor, challenge)
    authorise_or_hide(work.actor, "change_challenge", relation, hidden=challenges.NoSuchChallenge())
    repository.require_version(challenge.version, command.version)

    challenges.require_declared(challenge.status)
    if command.title is not None:
        challenge.title = dict(command.title)
    if command.description is not None:
        challenge.description = dict(command.description)
    return challenge


async def publish_challenge(challenge_id: UUID, work: Work) -> Challenge:
    """Let everyone read it, and calls name it."""
    challenge = await repository.challenge(work, challenge_id)

    challenges.require_declared(challenge.status)
    challenge.status = ChallengeStatus.PUBLISHED
    challenge.published_at = work.now

    work.publish(events.ChallengePublished(challenge_id=challenge.id, **_told(challenge)))
    return challenge


async def announce_call(command: AnnounceCall, work: Work) -> Call:
    """Say when files are taken, and by when for each challenge."""
    await repository.edition(work, command.edition_id)
    published = await repository.published_among(work, command.challenge_ids, edition_id=command.edition_id)
    if unpublished := [n for n, id_ in enumerate(command.challenge_ids) if id_ not in published]:
        raise challenges.ChallengeNotPublished(unpublished)

    opens, closes = command.opens.resolved(), command.closes.resolved()
    own = {id_: wall.resolved() for id_, wall in command.challenge_deadlines.items()}
    calls.check_schedule(opens=opens, closes=closes, own=own, now=work.now, shortest=command.shortest)
    form = None if command.form is None else forms.read(command.form)
    if form:
        form_checks.check(form)

    rules = [Rule(cause=Cause.ANNOUNCED, deadline=closes, opens=opens, grace=command.grace)]
    rules += [Rule(cause=Cause.ANNOUNCED, deadline=deadline, challenge_id=id_) for id_, deadline in own.items()]
    call = Call(
        edition_id=command.edition_id,
        status=CallStatus.ANNOUNCED,
        last_deadline_at=Deadlines.of(rules).over_at,
        created_at=work.now,
        resolved_with=clock.tzdata_version(),
        **columns_of(opens, prefix="opens_"),
    )
    work.session.add(call)
    await work.session.flush()
    for position, challenge_id in enumerate(command.challenge_ids):
        work.session.add(CallChallenge(call_id=call.id, challenge_id=challenge_id, position=position))
    log = RuleLog(call, [])
    for rule in rules:
        log.add(rule, work)

    work.publish(
        events.CallAnnounced(
            call_id=call.id,
            edition_id=call.edition_id,
            challenge_ids=list(command.challenge_ids),
            opens_at=opens.instant,
            deadline=as_event(closes),
            challenge_deadlines={id_: as_event(deadline) for id_, deadline in own.items()},
            grace_seconds=int(command.grace.total_seconds()),
        )
    )
    if form:
        keep_form(form, call, work, number=1)
    return call


async def close_due_call(work: Work, *, grace: timedelta) -> Call | None:
    """Close one call whose last deadline passed longer than the grace ago; None if there is none."""
    call = await repository.call_to_close(work, grace=grace)
    if call is None:
        return None

    call.status = CallStatus.CLOSED
    call.closed_at = work.now

    submitted = len(await repository.handed_in(work, call.id))
    work.publish(
        events.CallClosed(call_id=call.id, edition_id=call.edition_id, closed_at=work.now, submitted=submitted)
    )
    return call


async def open_files(call_id: UUID, work: Work) -> Call:
    """Break the seal of a closed call: staff may read its files from now on."""
    call = await repository.call(work, call_id)

    call.status = calls.open_files(call.status, last_deadline_at=call.last_deadline_at, now=work.now)
    call.opened_at = work.now

    opened = await repository.handed_in(work, call.id)
    work.publish(events.FilesOpened(call_id=call.id, edition_id=call.edition_id, application_ids=opened))
    return call


def _told(challenge: Challenge) -> dict[str, Any]:
    return {"edition_id": challenge.edition_id, "partner": challenge.partner, "title": challenge.title}
