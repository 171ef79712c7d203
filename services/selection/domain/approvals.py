"""Who must agree before decisions are published: so many different people, each to exactly the same content."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.selection.domain.ranking import digest_of
from shared.errors import Conflict, Forbidden

FEWEST, DEFAULT, MOST = 2, 2, 10
"""How many must approve. Fewer than two would let one person decide alone, which no edition may choose."""


class VoidedBecause(StrEnum):
    """Why approvals count no longer."""

    OUTCOME_CHANGED = "outcome-changed"
    REASONS_CHANGED = "reasons-changed"
    REMARK_ADDED = "remark-added"
    SUPERSEDED = "superseded"
    TAKEN_BACK = "taken-back"


class ApprovalsMissing(Conflict):
    slug = "approvals-missing"

    def __init__(self, *, needed: int, approved_by: Collection[UUID]) -> None:
        missing = needed - len(approved_by)
        super().__init__(
            f"{needed} different people of the staff must approve exactly these decisions before they are published; "
            f"{len(approved_by)} did so. {missing} more must read them and approve, with their digest.",
            needed=needed,
            missing=missing,
            approved_by=sorted(str(person) for person in approved_by),
        )


class AlreadyApproved(Conflict):
    slug = "already-approved"
    message = "You approved these decisions already. Each approval is by somebody else: ask a colleague."


class NothingToTakeBack(Conflict):
    slug = "no-approval-of-yours"
    message = "You have not approved these decisions as they are, so there is no approval to take back."


class InConflictWithDecisions(Forbidden):
    slug = "in-conflict"
    message = "You are in conflict with a file of these decisions, so you can't answer for them. Ask a colleague."


@dataclass(frozen=True, kw_only=True)
class Approved:
    """One person's word for one content."""

    approver_id: UUID
    digest: str


def commitment_to(text: str, *, salt: str) -> str:
    """A digest of somebody's words that says nothing about them once they and the salt are erased."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def content_of(
    *,
    edition_id: UUID,
    kind: str,
    salt: str,
    approvals_needed: int,
    market: Mapping[str, Any] | None,
    vacated: Mapping[str, str],
    outcomes: Iterable[Mapping[str, Any]],
    reasons: Iterable[Mapping[str, Any]],
    remarks: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """All that is approved, as plain JSON: words of people only by their salted digests."""
    return {
        "kind": kind,
        "salt": salt,
        "market": market,
        "vacated": dict(vacated),
        "edition_id": str(edition_id),
        "approvals_needed": approvals_needed,
        "remarks": list(remarks),
        "reasons": sorted(reasons, key=lambda one: str(one["application_id"])),
        "outcomes": sorted(outcomes, key=lambda one: str(one["application_id"])),
    }


def digest_of_content(content: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of the canonical JSON; what an approval is bound to."""
    return digest_of(content)


def counting(approvals: Iterable[Approved], *, digest: str, barred: Collection[UUID]) -> frozenset[UUID]:
    """Who approved exactly this content, and may answer for it still: not in conflict with a file since."""
    return frozenset(
        approval.approver_id
        for approval in approvals
        if approval.digest == digest and approval.approver_id not in barred
    )


def require_approvals(counted: Collection[UUID], *, needed: int) -> None:
    """Raise ApprovalsMissing unless as many different people agreed as must."""
    if len(set(counted)) < needed:
        raise ApprovalsMissing(needed=needed, approved_by=counted)
