"""Editions, challenges and calls, as applications tells of them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events.applications.questions import Section
from shared.events.envelope import Event


class EditionAnnounced(Event):
    """A city's programme begins: everything else belongs to an edition."""

    TYPE: ClassVar[str] = "io.datacity.edition.announced.v1"
    SUBJECT: ClassVar[str] = "edition_id"

    edition_id: UUID
    city: str
    title: dict[str, str]
    zone: str


class EditionCorrected(Event):
    """Staff mended what was announced of an edition, before any of its calls opened. This is all of it."""

    TYPE: ClassVar[str] = "io.datacity.edition.corrected.v1"
    SUBJECT: ClassVar[str] = "edition_id"

    edition_id: UUID
    city: str
    title: dict[str, str]
    zone: str


class ChallengeDeclared(Event):
    """A partner exposes a problem of its own trade; staff have not published it yet."""

    TYPE: ClassVar[str] = "io.datacity.challenge.declared.v1"
    SUBJECT: ClassVar[str] = "challenge_id"

    challenge_id: UUID
    edition_id: UUID
    partner: str
    title: dict[str, str]


class ChallengePublished(Event):
    """Anyone may now read the challenge, and startups may answer it."""

    TYPE: ClassVar[str] = "io.datacity.challenge.published.v1"
    SUBJECT: ClassVar[str] = "challenge_id"

    challenge_id: UUID
    edition_id: UUID
    partner: str
    title: dict[str, str]


class Deadline(BaseModel):
    """A deadline as it was decided (wall time and zone) and as it was resolved (instant, and by which tzdata)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    local: str
    zone: str
    instant: datetime
    tzdata_version: str


class CallAnnounced(Event):
    """A call with its opening and its deadlines: one for all, and one for each challenge that has its own."""

    TYPE: ClassVar[str] = "io.datacity.call.announced.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    challenge_ids: list[UUID]
    opens_at: datetime
    deadline: Deadline
    challenge_deadlines: dict[UUID, Deadline]
    grace_seconds: int = 0
    """How long after a deadline files are still taken."""


class CallFormSet(Event):
    """Staff said what a call asks: a version of its form, which anyone may read and check by its digest."""

    TYPE: ClassVar[str] = "io.datacity.call.form-set.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    form_version: int
    form_digest: str
    field_ids: list[str]
    sections: list[Section] | None = None
    """What the fields ask, in the words that applicants read; None of a form that was set before they travelled."""


class CallClosed(Event):
    """The last deadline has passed: no file changes any more, and from now on staff may read them."""

    TYPE: ClassVar[str] = "io.datacity.call.closed.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    closed_at: datetime
    submitted: int


class FilesOpened(Event):
    """Staff broke the seal of a closed call's files."""

    TYPE: ClassVar[str] = "io.datacity.call.files-opened.v1"
    SUBJECT: ClassVar[str] = "call_id"

    call_id: UUID
    edition_id: UUID
    application_ids: list[UUID]
