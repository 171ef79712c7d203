"""What people ask of themselves and of their teams."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import datetime
from uuid import UUID

from services.applications.domain.erasure import Ground
from services.applications.domain.teams import Role
from shared.events.forgettable import Language


@dataclass(frozen=True, kw_only=True)
class KeepContact:
    person_id: UUID
    name: str
    email: str
    language: Language
    version: int | None
    """The version that the caller read; None if the caller thinks that there is none yet."""


@dataclass(frozen=True, kw_only=True)
class ForgetPerson:
    """By whom it is asked, the actor tells."""

    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class PlaceHold:
    person_id: UUID
    ground: Ground
    reference: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class LiftHold:
    person_id: UUID
    hold_id: UUID


@dataclass(frozen=True, kw_only=True)
class FormTeam:
    name: str
    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class AddMembers:
    team_id: UUID
    person_ids: Sequence[UUID]


@dataclass(frozen=True, kw_only=True)
class RemoveMember:
    team_id: UUID
    person_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class GiveRole:
    team_id: UUID
    person_id: UUID
    role: Role
    version: int


@dataclass(frozen=True, kw_only=True)
class PassLead:
    team_id: UUID
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class InviteToTeam:
    team_id: UUID
    role: Role
    email: str | None = hidden(default=None, repr=False)
    """To whom it is mailed; None for one that the team passes on by itself."""
    language: Language = "fr"


@dataclass(frozen=True, kw_only=True)
class RevokeInvitation:
    team_id: UUID
    invitation_id: UUID
    version: int
