"""Who belongs to a team, in which role, and whom it invites."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event

TeamRole = Literal["editor", "reader"]
"""What a member may do with the team's files; who leads it is an editor too."""


class TeamMemberRemoved(Event):
    """The lead removed a member, or a member left, before anything was handed in."""

    TYPE: ClassVar[str] = "io.datacity.team.member-removed.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    person_id: UUID


class TeamRoleGiven(Event):
    """The lead let a member write, or read only."""

    TYPE: ClassVar[str] = "io.datacity.team.role-given.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    person_id: UUID
    role: TeamRole


class TeamLeadPassed(Event):
    """The lead of a team passed it on to another member."""

    TYPE: ClassVar[str] = "io.datacity.team.lead-passed.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    lead_id: UUID


class InvitationMade(Event):
    """A team invited somebody. Whom, and the code to accept with, travels in people.v1 under the invitation's id."""

    TYPE: ClassVar[str] = "io.datacity.team.invitation-made.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    invitation_id: UUID
    role: TeamRole
    mailed: bool
    expires_at: datetime


class InvitationAccepted(Event):
    """Somebody joined the team with the invitation's code."""

    TYPE: ClassVar[str] = "io.datacity.team.invitation-accepted.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    invitation_id: UUID
    person_id: UUID


class InvitationDeclined(Event):
    """Whoever had the invitation's code does not want to join."""

    TYPE: ClassVar[str] = "io.datacity.team.invitation-declined.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    invitation_id: UUID


class InvitationRevoked(Event):
    """The team took its invitation back."""

    TYPE: ClassVar[str] = "io.datacity.team.invitation-revoked.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    invitation_id: UUID


class InvitationExpired(Event):
    """Nobody answered the invitation in time."""

    TYPE: ClassVar[str] = "io.datacity.team.invitation-expired.v1"
    SUBJECT: ClassVar[str] = "team_id"

    team_id: UUID
    invitation_id: UUID
