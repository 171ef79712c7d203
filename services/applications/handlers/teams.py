"""People say how to reach them, form teams, and settle who belongs to them and may do what."""

from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from services.applications import repository
from services.applications.commands import AddMembers, FormTeam, GiveRole, KeepContact, PassLead, RemoveMember
from services.applications.domain import teams
from services.applications.domain.erasure import PersonWasForgotten
from services.applications.domain.teams import Role, relations_of
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
    team = await led(command.team_id, "add_team_member", work)

    new = teams.joining(
        command.person_ids,
        registered=await repository.registered(work, command.person_ids),
        members=await repository.members_of(work, team.id),
        has_handed_in=await repository.team_has_handed_in(work, team.id),
    )
    for person in new:
        let_join(team, person, Role.EDITOR, work)
    return team


async def remove_member(command: RemoveMember, work: Work) -> Team:
    """The lead removes a member, or a member leaves; not once the team has handed in."""
    me = person_id(work.actor)
    team, role = await repository.team(work, command.team_id, member=me)
    own = {"self"} if command.person_id == me else set()
    authorise(work.actor, "remove_team_member", Resource(relations_of(role, leads=team.lead_id == me) | own))
    repository.require_version(team.version, command.version)
    teams.require_removable(
        command.person_id,
        lead_id=team.lead_id,
        members=await repository.members_of(work, team.id),
        has_handed_in=await repository.team_has_handed_in(work, team.id),
    )

    await work.session.delete(await repository.membership(work, team.id, command.person_id))
    _changed(team)

    work.publish(events.TeamMemberRemoved(team_id=team.id, person_id=command.person_id))
    return team


async def give_role(command: GiveRole, work: Work) -> Team:
    """The lead lets a member write, or read only."""
    team = await led(command.team_id, "give_team_role", work)
    repository.require_version(team.version, command.version)
    member = await repository.membership(work, team.id, command.person_id)
    if member.role == command.role:
        return team

    member.role = command.role
    _changed(team)

    work.publish(events.TeamRoleGiven(team_id=team.id, person_id=member.person_id, role=command.role.value))
    return team


async def pass_lead(command: PassLead, work: Work) -> Team:
    """The lead passes the team, and its files, on to another member."""
    files = await repository.files_of_team(work, command.team_id)
    team = await led(command.team_id, "pass_team_lead", work)
    if command.person_id == team.lead_id:
        return team
    member = await repository.membership(work, team.id, command.person_id)
    teams.require_room_to_lead(await repository.teams_led_by_registered(work, member.person_id))

    team.lead_id = member.person_id
    work.publish(events.TeamLeadPassed(team_id=team.id, lead_id=team.lead_id))
    for file in files:
        file.lead_id = team.lead_id
        work.publish(
            events.ApplicationLeadPassed(
                application_id=file.id, edition_id=file.edition_id, team_id=team.id, lead_id=team.lead_id
            )
        )
    return team


def let_join(team: Team, person: UUID, role: Role, work: Work) -> None:
    """A person belongs to the team from now on."""
    work.session.add(TeamMember(team_id=team.id, person_id=person, joined_at=work.now, role=role))
    _changed(team)
    work.publish(events.TeamMemberAdded(team_id=team.id, person_id=person, role=role.value))


async def led(team_id: UUID, action: str, work: Work) -> Team:
    """A team of this person's, locked, if it may do that."""
    me = person_id(work.actor)
    team, role = await repository.team(work, team_id, member=me)
    authorise(work.actor, action, Resource(relations_of(role, leads=team.lead_id == me)))
    return team


def _changed(team: Team) -> None:
    """A new version, as who belongs to it is part of how it looks."""
    flag_modified(team, "name")
