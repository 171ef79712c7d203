"""How people and teams look to those who may read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from services.applications import models
from services.applications.views import Member
from shared.events.forgettable import Language
from shared.http import View


class PersonView(View):
    """How to reach who asks."""

    id: UUID
    version: int
    name: str
    email: str
    language: Language
    updated_at: datetime


class MemberView(View):
    person_id: UUID
    name: str
    lead: bool


class TeamView(View):
    """A team and those in it."""

    id: UUID
    version: int
    name: str
    lead_id: UUID
    members: list[MemberView]
    created_at: datetime

    @classmethod
    def of(cls, team: models.Team, members: Sequence[Member]) -> Self:
        return cls(
            id=team.id,
            version=team.version,
            name=team.name,
            lead_id=team.lead_id,
            members=[MemberView(person_id=m.person_id, name=m.name, lead=m.person_id == team.lead_id) for m in members],
            created_at=team.created_at,
        )


class TeamLine(View):
    """A team in a list."""

    id: UUID
    version: int
    name: str
    lead_id: UUID
