"""What applications tells of people who ask to be forgotten: done, or deferred by an obligation, which is on record.

Members of applications' `AnyEvent`. What each service then erased, it tells itself: `erasures.py`.
"""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.envelope import Event
from shared.events.erasures import Kept


class ForgottenDossier(BaseModel):
    """A revision of a file whose tombstone was sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application_id: UUID
    revision: int


class PersonForgotten(Event):
    """A person is forgotten: a tombstone was sent for it, and for each revision of the files that go with it."""

    TYPE: ClassVar[str] = "io.datacity.person.forgotten.v1"
    SUBJECT: ClassVar[str] = "person_id"

    person_id: UUID
    forgotten_at: datetime
    dossiers: list[ForgottenDossier]


class ErasureDeferred(Event):
    """A person asked to be forgotten, and an obligation keeps something until it ends; what it does not keep went."""

    TYPE: ClassVar[str] = "io.datacity.erasure.deferred.v1"
    SUBJECT: ClassVar[str] = "person_id"

    person_id: UUID
    kept: list[Kept]
    until: datetime
    dossiers: list[ForgottenDossier]


class HoldPlaced(Event):
    """An obligation to keep what is known of a person was put on record; its reference stays with applications."""

    TYPE: ClassVar[str] = "io.datacity.hold.placed.v1"
    SUBJECT: ClassVar[str] = "hold_id"

    hold_id: UUID
    person_id: UUID
    ground: Literal["accounting", "dispute"]
    until: datetime


class HoldLifted(Event):
    """The obligation ended: whoever asked to be forgotten meanwhile is forgotten now."""

    TYPE: ClassVar[str] = "io.datacity.hold.lifted.v1"
    SUBJECT: ClassVar[str] = "hold_id"

    hold_id: UUID
    person_id: UUID
