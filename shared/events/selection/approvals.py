"""Decisions on their way to publication: proposed, changed, approved by several people, and no longer approved.

None of it says what was decided on whom: that is told by one act, once it is published.
"""

from typing import ClassVar, Literal
from uuid import UUID

from shared.events.envelope import Event

ChangeKind = Literal["outcome-changed", "reasons-changed", "remark-added"]
VoidedCause = Literal["outcome-changed", "reasons-changed", "remark-added", "superseded", "taken-back"]


class DecisionsProposed(Event):
    """An edition's decisions are proposed: so many different people must approve exactly this content."""

    TYPE: ClassVar[str] = "io.datacity.decisions.proposed.v1"
    SUBJECT: ClassVar[str] = "decisions_id"

    decisions_id: UUID
    edition_id: UUID
    content_digest: str
    approvals_needed: int
    files: int
    supersedes: UUID | None = None


class DecisionsChanged(Event):
    """Something of the proposed decisions was changed by hand, on this file or on none in particular."""

    TYPE: ClassVar[str] = "io.datacity.decisions.changed.v1"
    SUBJECT: ClassVar[str] = "decisions_id"

    decisions_id: UUID
    edition_id: UUID
    kind: ChangeKind
    content_digest: str
    application_id: UUID | None = None


class DecisionsApproved(Event):
    """One of the staff approved exactly the content that this digest stands for."""

    TYPE: ClassVar[str] = "io.datacity.decisions.approved.v1"
    SUBJECT: ClassVar[str] = "decisions_id"

    decisions_id: UUID
    edition_id: UUID
    approver_id: UUID
    content_digest: str
    approvals_given: int
    approvals_needed: int


class ApprovalsVoided(Event):
    """Approvals count no longer, as what they were given for is no longer what would be published."""

    TYPE: ClassVar[str] = "io.datacity.decisions.approvals-voided.v1"
    SUBJECT: ClassVar[str] = "decisions_id"

    decisions_id: UUID
    edition_id: UUID
    approver_ids: list[UUID]
    cause: VoidedCause
