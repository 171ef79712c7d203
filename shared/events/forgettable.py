"""Forgettable data: people and dossiers, in compacted topics, so that a tombstone erases them everywhere.

Events refer to a person by id and to a dossier by id, revision and salted digest; the names, addresses and free
text themselves travel only here.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

PEOPLE_TOPIC = "people.v1"
DOSSIERS_TOPIC = "dossiers.v1"

HOLDERS: dict[str, tuple[str, ...]] = {
    PEOPLE_TOPIC: ("applications", "selection", "incubation", "notifications"),
    DOSSIERS_TOPIC: ("selection", "incubation"),
}
"""Who answers a tombstone of the topic by telling what it erased: whoever hears it, and of people their registrar."""

Language = Literal["fr", "ar", "en"]


class Forgettable(BaseModel, ABC):
    """A record of a compacted topic: the newest one of a key holds, a tombstone forgets it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    TOPIC: ClassVar[str]
    TYPE: ClassVar[str]

    @property
    @abstractmethod
    def key(self) -> str:
        """The compacted topic's key, and the tombstone's."""

    def to_bytes(self) -> bytes:
        return self.model_dump_json().encode()

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        return cls.model_validate_json(value, extra="ignore")


class Invited(BaseModel):
    """What the letter to somebody who is invited says: to which team, and the code to accept with, once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: str
    code: str


class Person(Forgettable):
    """How to address a person of the programme; `person_id` is the only part that events repeat.

    Somebody who is invited to a team, and may have no account, goes by the invitation's id until it is answered.
    """

    TOPIC: ClassVar[str] = PEOPLE_TOPIC
    TYPE: ClassVar[str] = "io.datacity.person.v1"

    person_id: UUID
    name: str
    email: str
    language: Language = "fr"
    invited: Invited | None = None

    @property
    def key(self) -> str:
        return str(self.person_id)


class Attachment(BaseModel):
    """A file that belongs to a dossier; its bytes stay with applications, which serves them to those who may read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attachment_id: UUID
    name: str
    media_type: str
    size: int = Field(description="bytes")
    sha256: str


class Dossier(Forgettable):
    """What one revision of an application says. `salt` makes its digest in the event log unguessable."""

    TOPIC: ClassVar[str] = DOSSIERS_TOPIC
    TYPE: ClassVar[str] = "io.datacity.dossier.v1"

    application_id: UUID
    revision: int = Field(ge=1)
    startup: str = Field(description="the name that the team goes by")
    title: str
    summary: str
    answers: dict[str, str] = Field(default_factory=dict, description="field id → text")
    attachments: tuple[Attachment, ...] = ()
    salt: str = Field(description="32 hexadecimal digits, new for each revision")

    @property
    def key(self) -> str:
        return dossier_key(self.application_id, self.revision)

    def digest(self) -> str:
        """Salted SHA-256 (hexadecimal) of the canonical JSON: keys sorted, no spaces, UTF-8.

        Once the dossier and its salt are erased, the digest in the log says nothing about the person.
        """
        content: dict[str, Any] = self.model_dump(mode="json")
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Forgotten:
    """A tombstone: whoever holds a copy of this key's record erases it."""

    topic: str
    key: str


def dossier_key(application_id: UUID, revision: int) -> str:
    return f"{application_id}/{revision}"
