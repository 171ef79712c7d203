"""People say how to reach them, and form teams."""

from services.applications import repository
from services.applications.commands import AddMembers, FormTeam, KeepContact
from services.applications.domain import teams
from services.applications.domain.erasure import PersonWasForgotten
from services.applications.models import Person, Team, TeamMember
from services.applications.permissions import authorise, person_id
from shared.errors import PreconditionRequired, StaleVersion
from shared.events import applications as events
from shared.events import forgettable
from shared.identity import Resource
from shared.work import Work


async def keep_contact(command: KeepContact, work: Work) -> Person:
    """Keep how to reach a person."""
    person = await repository.person_to_change(work, command.person_id)
    is_new = person is None
    if person is not None and person.forgotten_at is not None:
        raise PersonWasForgotten
    if person is None:
        if command.version is not None:
            raise StaleVersion
        person = Person(
            id=command.person_id, name="", email="", language="fr", created_at=work.now, updated_at=work.now
        )
    elif command.version is None:
        raise PreconditionRequired
    else:
        repository.require_version(person.version, command.version)

    person.name, person.email, person.language = command.name, command.email, command.language
    person.updated_at = work.now
    work.session.add(person)

    if is_new:
        work.publish(events.PersonRegistered(person_id=person.id))
    work.remember(
        forgettable.Person(person_id=person.id, name=command.name, email=command.email, language=command.language)
    )
    return person


async def form_team(command: FormTeam, work: Work) -> Team:
    """The person who forms a team leads it."""
    teams.require_room_to_lead(await repository.teams_led_by_registered(work, command.lead_id))

    team = Team(name=command.name, lead_id=command.lead_id, created_at=work.now)
    work.session.add(team)
    await work.session.flush()
    work.session.add(TeamMember(team_id=team.id, person_id=command.lead_id, joined_at=work.now))

    work.publish(events.TeamFormed(team_id=team.id, lead_id=team.lead_id, member_ids=[team.lead_id]))
    return team


async def add_members(command: AddMembers, work: Work) -> Team:
    """Let registered people join, as long as the team has not handed in."""
    me = person_id(work.actor)
    team = await repository.team(work, command.team_id, member=me)
    authorise(work.actor, "add_team_member", Resource({"lead"} if team.lead_id == me else {"member"}))

    new = teams.joining(
        command.person_ids,
        registered=await repository.registered(work, command.person_ids),
        members=await repository.members_of(work, team.id),
        has_handed_in=await repository.team_has_handed_in(work, team.id),
    )
    for person in new:
        work.session.add(TeamMember(team_id=team.id, person_id=person, joined_at=work.now))
        work.publish(events.TeamMemberAdded(team_id=team.id, person_id=person))
    return team
