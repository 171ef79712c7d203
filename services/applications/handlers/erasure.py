"""A person is forgotten, with the files that nobody else wrote; what an obligation keeps stays until that ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.applications import erasures
from services.applications.commands import ForgetPerson, LiftHold, PlaceHold
from services.applications.domain import applications, erasure
from services.applications.domain.applications import Status
from services.applications.domain.erasure import Part, Plan
from services.applications.handlers.invitations import revoke_all_about
from services.applications.models import Application, Erasure, Hold, Person, Team
from services.applications.permissions import authorise
from services.applications.personal import REGISTER
from shared.database import new_id
from shared.events import applications as events
from shared.events import forgettable, forgetting
from shared.events.erasures import Kept, PersonalDataExpired
from shared.identity import Resource
from shared.personal import erase_files, erase_person
from shared.work import Work


@dataclass(frozen=True, kw_only=True)
class Forgetting:
    """What was, or would be, done for one person's wish."""

    person_id: UUID
    requested_at: datetime
    forgotten_at: datetime | None
    """None while an obligation keeps the person known."""
    before: bool
    """It had been forgotten before: nothing was left to do."""
    plan: Plan
    led_by: Mapping[UUID, UUID]
    """Application → who leads it from now on."""
    erased: Mapping[str, int]
    kept: Sequence[Kept]
    holds: Sequence[Hold]
    reviews_held: int


async def forget_person(command: ForgetPerson, work: Work) -> Forgetting:
    """Forget a person now, as far as nothing obliges us to keep it; asked again, nothing more happens."""
    own = str(command.person_id) == work.actor.person_id
    authorise(work.actor, "forget_person", Resource({"self"} if own else ()))
    person = await erasures.person_to_forget(work, command.person_id)
    if person is None:
        raise erasure.NoSuchPerson
    wish = await erasures.erasure_of(work, person.id)
    if wish is None:
        wish = Erasure(id=person.id, requested_at=work.now, requested_by=work.actor.name)
        work.session.add(wish)
    return await _forget(person, wish, work)


async def finish_forgetting(work: Work) -> UUID | None:
    """Forget one person whom an obligation kept until now; None if nobody waits for that."""
    person_id = await erasures.next_open_erasure(work)
    if person_id is None:
        return None
    person = await erasures.person_to_forget(work, person_id)
    wish = await erasures.erasure_of(work, person_id)
    if person is not None and wish is not None:
        await _forget(person, wish, work)
    return person_id


async def place_hold(command: PlaceHold, work: Work) -> Hold:
    """Put on record that the law obliges us to keep what is known of a person, and until when."""
    person = await erasures.person_to_forget(work, command.person_id)
    if person is None:
        raise erasure.NoSuchPerson
    if person.forgotten_at is not None:
        raise erasure.PersonWasForgotten
    if not work.now < command.until < work.now + erasure.LONGEST_HOLD:
        raise erasure.HoldTooLong
    hold = Hold(
        person_id=person.id,
        ground=command.ground,
        reference=command.reference,
        until=command.until,
        placed_by=work.actor.name,
        placed_at=work.now,
    )
    work.session.add(hold)

    work.publish(
        forgetting.HoldPlaced(hold_id=hold.id, person_id=person.id, ground=command.ground.value, until=hold.until)
    )
    return hold


async def lift_hold(command: LiftHold, work: Work) -> Hold:
    """The obligation ended early; whoever waits to be forgotten is forgotten by the worker within a minute."""
    hold = await erasures.hold_to_lift(work, person_id=command.person_id, hold_id=command.hold_id)
    if hold is None:
        raise erasure.NoSuchHold
    if hold.lifted_at is not None:
        raise erasure.HoldOver
    hold.lifted_at = work.now

    work.publish(forgetting.HoldLifted(hold_id=hold.id, person_id=hold.person_id))
    return hold


async def forget_file(application: Application, work: Work) -> list[forgetting.ForgottenDossier]:
    """Take a file out of the running, and send a tombstone for each of its revisions; its rows are the caller's."""
    if erasure.may_be_withdrawn(application.status):
        application.status = applications.become(application.status, Status.WITHDRAWN)
        application.withdrawn_at = application.updated_at = work.now
        work.publish(
            events.ApplicationWithdrawn(
                application_id=application.id,
                call_id=application.call_id,
                edition_id=application.edition_id,
                lead_id=application.lead_id,
                withdrawn_at=work.now,
            )
        )
    dossiers = []
    for revision in await erasures.revisions_of(work, application.id):
        work.forget(forgettable.Dossier, key=forgettable.dossier_key(application.id, revision))
        dossiers.append(forgetting.ForgottenDossier(application_id=application.id, revision=revision))
    return dossiers


async def forget_old_files(work: Work, *, limit: int) -> int:
    """Forget files that were begun longer ago than files are kept; returns how many."""
    files = await erasures.old_files(work, limit=limit)
    if not files:
        return 0
    for file in files:
        await forget_file(file, work)
    expired = await erase_files(REGISTER, [file.id for file in files], work)
    work.publish(PersonalDataExpired(expiry_id=new_id(), expired=expired))
    return len(files)


async def _forget(person: Person, wish: Erasure, work: Work) -> Forgetting:
    holds = await erasures.holds_of(work, person.id)
    held = await erasures.reviews_held(work, person.id)
    if person.forgotten_at is not None:
        return _told(person, wish, erasure.plan([], []), holds=holds, reviews_held=held, before=True)
    teams = await erasures.teams_of(work, person.id)
    files = await erasures.applications_of(work, [team.id for team in teams])
    others = {team.id: await erasures.others_in(work, team.id, without=person.id) for team in teams}
    grounds = [erasure.Ground(hold.ground) for hold in holds]
    plan = erasure.plan([erasures.as_file(file, others[file.team_id]) for file in files], grounds)

    dossiers = []
    for file in files:
        if file.id in plan.files:
            dossiers += await forget_file(file, work)
    if not plan.contact:
        return await _defer(person, wish, plan, dossiers, holds, held, work)

    await revoke_all_about(person.id, work)
    led_by = _pass_lead(person, teams, files, others, work)
    person.forgotten_at = wish.completed_at = work.now
    work.forget(forgettable.Person, key=str(person.id))
    work.publish(forgetting.PersonForgotten(person_id=person.id, forgotten_at=work.now, dossiers=dossiers))
    erased = await erase_person(REGISTER, person.id, work, files=plan.files)
    return _told(
        person,
        wish,
        plan,
        holds=holds,
        reviews_held=held,
        led_by=led_by,
        erased=erased.erased,
        kept=erased.kept,
    )


async def _defer(
    person: Person,
    wish: Erasure,
    plan: Plan,
    dossiers: list[forgetting.ForgottenDossier],
    holds: Sequence[Hold],
    reviews_held: int,
    work: Work,
) -> Forgetting:
    """Erase what nothing obliges us to keep, and say what is kept, by what, and until when."""
    tables = {Part.CONTACT: "person", Part.FILES: "application"}
    kept = [Kept(table=tables[part], rows=1, because=ground.value) for part, ground in plan.kept]
    if dossiers or wish.requested_at == work.now:
        until = max(hold.until for hold in holds)
        work.publish(forgetting.ErasureDeferred(person_id=person.id, kept=kept, until=until, dossiers=dossiers))
    erased = await erase_files(REGISTER, plan.files, work)
    return _told(person, wish, plan, holds=holds, reviews_held=reviews_held, erased=erased, kept=kept)


def _pass_lead(
    person: Person,
    teams: Sequence[Team],
    files: Sequence[Application],
    others: Mapping[UUID, Sequence[UUID]],
    work: Work,
) -> dict[UUID, UUID]:
    """A team that goes on is led by its longest-standing member."""
    for team in teams:
        if team.lead_id == person.id and (lead := erasure.successor(others[team.id])):
            team.lead_id = lead
    led_by: dict[UUID, UUID] = {}
    for file in files:
        lead = erasure.successor(others[file.team_id])
        if file.lead_id != person.id or lead is None:
            continue
        led_by[file.id] = file.lead_id = lead
        work.publish(
            events.ApplicationLeadPassed(
                application_id=file.id, edition_id=file.edition_id, team_id=file.team_id, lead_id=lead
            )
        )
    return led_by


def _told(
    person: Person,
    wish: Erasure,
    plan: Plan,
    *,
    holds: Sequence[Hold],
    reviews_held: int,
    before: bool = False,
    led_by: Mapping[UUID, UUID] | None = None,
    erased: Mapping[str, int] | None = None,
    kept: Sequence[Kept] = (),
) -> Forgetting:
    return Forgetting(
        person_id=person.id,
        requested_at=wish.requested_at,
        forgotten_at=person.forgotten_at,
        before=before,
        plan=plan,
        led_by=led_by or {},
        erased=erased or {},
        kept=kept,
        holds=holds,
        reviews_held=reviews_held,
    )
