"""People who can be addressed, and the teams that they form."""

from typing import ClassVar
from uuid import UUID

from shared.events.applications.teams import TeamRole
from shared.events.envelope import Event


class PersonRegistered(Event):
    """A person can now be addressed; who it is travels in people.v1 only."""

    TYPE: ClassVar[str] = "io.datacity.person.registered.v1"
    SUBJECT: ClassVar[str] = "person_id"

    person_id: UUID


class TeamFormed(Event):
    """An applicant formed the team that will apply."""

    TYPE: ClassVar[str] = "io.datacity.team.formed.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    lead_id: UUID
    member_ids: list[UUID]


class TeamMemberAdded(Event):
    """The team grew by a person."""

    TYPE: ClassVar[str] = "io.datacity.team.member-added.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    person_id: UUID
    role: TeamRole = "editor"
