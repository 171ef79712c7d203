"""Conflicts of interest that ties show, what people made of them, and the ties that were stated."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event

Tie = Literal["employer", "shareholder", "mentor", "member", "partner", "startup"]


class ConflictInferred(Event):
    """Ties bind a juror to an application: it may not read the file until a person finds that they don't matter.

    `path` are the kinds of the ties, from the juror to the startup; with whom they are is told to staff alone.
    """

    TYPE: ClassVar[str] = "io.datacity.conflict.inferred.v1"
    SUBJECT: ClassVar[str] = "conflict_id"
    KEY: ClassVar[str] = "application_id"

    conflict_id: UUID
    juror_id: UUID
    application_id: UUID
    path: list[Tie]


class ConflictConfirmed(Event):
    """A person found that the juror may not read the file; pinned, it stands whatever ties say."""

    TYPE: ClassVar[str] = "io.datacity.conflict.confirmed.v1"
    SUBJECT: ClassVar[str] = "conflict_id"
    KEY: ClassVar[str] = "application_id"

    conflict_id: UUID
    juror_id: UUID
    application_id: UUID
    pinned: bool


class ConflictDismissed(Event):
    """A person found that the ties don't matter: the juror may read the file; pinned, new ties don't change that."""

    TYPE: ClassVar[str] = "io.datacity.conflict.dismissed.v1"
    SUBJECT: ClassVar[str] = "conflict_id"
    KEY: ClassVar[str] = "application_id"

    conflict_id: UUID
    juror_id: UUID
    application_id: UUID
    pinned: bool


class InterestsStated(Event):
    """A juror said anew to whom it is tied and what it knows; only of which kinds the ties are is told."""

    TYPE: ClassVar[str] = "io.datacity.interests.stated.v1"
    SUBJECT: ClassVar[str] = "statement_id"

    statement_id: UUID
    juror_id: UUID
    kinds: list[Tie]


class TeamTiesStated(Event):
    """A team said anew who employs, owns or mentors it; only of which kinds the ties are is told."""

    TYPE: ClassVar[str] = "io.datacity.team-ties.stated.v1"
    SUBJECT: ClassVar[str] = "statement_id"
    KEY: ClassVar[str] = "application_id"

    statement_id: UUID
    application_id: UUID
    kinds: list[Tie]


class TieNoted(Event):
    """Staff noted a tie that nobody stated: of a person, or of an application."""

    TYPE: ClassVar[str] = "io.datacity.tie.noted.v1"
    SUBJECT: ClassVar[str] = "tie_id"

    tie_id: UUID
    kind: Tie
    person_id: UUID | None = None
    application_id: UUID | None = None


class TieRemoved(Event):
    """Staff took back a tie that they had noted; what was inferred from it stands until a person dismisses it."""

    TYPE: ClassVar[str] = "io.datacity.tie.removed.v1"
    SUBJECT: ClassVar[str] = "tie_id"

    tie_id: UUID


class PartnerTieWaived(Event):
    """A person found that a juror's tie to a challenge's partner does not keep it from judging who answers it."""

    TYPE: ClassVar[str] = "io.datacity.partner-tie.waived.v1"
    SUBJECT: ClassVar[str] = "waiver_id"

    waiver_id: UUID
    juror_id: UUID
    challenge_id: UUID
    edition_id: UUID


class FileBidOn(Event):
    """A juror said how much it would like to review a file, or took that back; it binds nobody."""

    TYPE: ClassVar[str] = "io.datacity.file.bid-on.v1"
    SUBJECT: ClassVar[str] = "bid_id"
    KEY: ClassVar[str] = "application_id"

    bid_id: UUID
    jury_id: UUID
    application_id: UUID
    juror_id: UUID
    bid: Literal["want", "could", "rather-not"] | None
