"""What selection does about what it hears."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class RegisterEdition:
    edition_id: UUID
    city: str
    zone: str
    title: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RegisterChallenge:
    challenge_id: UUID
    edition_id: UUID
    partner: str
    title: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RecordCandidate:
    """What an event told of an application; None says nothing about it."""

    application_id: UUID
    edition_id: UUID
    call_id: UUID
    challenge_ids: tuple[UUID, ...]
    revision: int
    team_id: UUID | None = None
    lead_id: UUID | None = None
    member_ids: tuple[UUID, ...] = ()
    admitted: bool = False


@dataclass(frozen=True, kw_only=True)
class KeepQuestions:
    """What a version of a call's form asks, section by section."""

    call_id: UUID
    number: int
    sections: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class PassLead:
    application_id: UUID
    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class CloseCandidate:
    """The application left the running."""

    application_id: UUID
    withdrawn: bool


@dataclass(frozen=True, kw_only=True)
class RecordTeam:
    team_id: UUID
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class KeepDossier:
    application_id: UUID
    revision: int
    startup: str
    title: str
    summary: str
    answers: Mapping[str, str]
    attachments: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class ForgetDossier:
    application_id: UUID
    revision: int


@dataclass(frozen=True, kw_only=True)
class ForgetPerson:
    person_id: UUID
