"""Juries, and who may not judge whom."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event


class JuryAppointed(Event):
    """A challenge has its jurors, and the rule of how many of them read each file."""

    TYPE: ClassVar[str] = "io.datacity.jury.appointed.v1"
    SUBJECT: ClassVar[str] = "jury_id"

    jury_id: UUID
    challenge_id: UUID
    edition_id: UUID
    juror_ids: list[UUID]
    reviews_per_file: int
    files_per_juror: int


ConflictKind = Literal["employer", "shareholder", "mentor", "family", "competitor", "other"]


class ConflictDeclared(Event):
    """A juror is bound to an application's people: that juror may not read the file, by any route."""

    TYPE: ClassVar[str] = "io.datacity.conflict.declared.v1"
    SUBJECT: ClassVar[str] = "conflict_id"
    KEY: ClassVar[str] = "application_id"

    conflict_id: UUID
    juror_id: UUID
    application_id: UUID
    kind: ConflictKind
