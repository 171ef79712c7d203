"""What each service tells of personal data: erased on a tombstone, erased at the end of its time, or given out.

The classes are members of every publisher's `AnyEvent`; `ce_source` says whose tables it is about. They hold ids and
counts: what was erased is nowhere told.
"""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.envelope import Event

KeptBecause = Literal["opaque-id", "shared-file", "reason-given", "public-record", "proof", "accounting", "dispute"]
"""Why something on a forgotten person stays."""

WHY_KEPT: dict[str, str] = {
    "opaque-id": "An id that says nothing of who the person is; events, results and rights of others rely on it.",
    "shared-file": "Others of the team wrote it too, and go on with it.",
    "reason-given": "It is a reason that somebody is owed, and names nobody.",
    "public-record": "A public record of what was tried in the city.",
    "proof": "Proof of what was promised or done, by opaque ids.",
    "accounting": "Accounts must be kept for ten years (law 9-88).",
    "dispute": "It is needed to establish, exercise or defend a right in a dispute.",
}
"""The same in a sentence, for the person who asked."""


class Kept(BaseModel):
    """Rows of one table that stay although their person is forgotten, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    rows: int
    because: KeptBecause


class PersonErased(Event):
    """A service erased what it held on a person that was forgotten: how many rows of which table, and what stays."""

    TYPE: ClassVar[str] = "io.datacity.person.erased.v1"
    SUBJECT: ClassVar[str] = "person_id"

    person_id: UUID
    erased: dict[str, int] = Field(description="Table → rows that were deleted, or of which words were erased.")
    kept: list[Kept]


class DossierErased(Event):
    """A service erased what it held of one revision of a file; with the last one, also what was written about it."""

    TYPE: ClassVar[str] = "io.datacity.dossier.erased.v1"
    SUBJECT: ClassVar[str] = "application_id"

    application_id: UUID
    revision: int
    erased: dict[str, int] = Field(description="Table → rows that were deleted, or of which words were erased.")


class PersonalDataExpired(Event):
    """A service erased personal data whose time had come: how many rows of which table."""

    TYPE: ClassVar[str] = "io.datacity.personal-data.expired.v1"
    SUBJECT: ClassVar[str] = "expiry_id"

    expiry_id: UUID
    expired: dict[str, int]


class PersonalDataExported(Event):
    """Staff took out what a service holds on a person, to give it to that person."""

    TYPE: ClassVar[str] = "io.datacity.personal-data.exported.v1"
    SUBJECT: ClassVar[str] = "export_id"

    export_id: UUID
    person_id: UUID
    rows: dict[str, int] = Field(description="Table → rows that were given out.")


ErasureEvent = PersonErased | DossierErased | PersonalDataExpired | PersonalDataExported
