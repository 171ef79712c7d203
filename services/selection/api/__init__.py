"""What selection can be asked over HTTP: request in, command out."""

from services.selection.api import (
    approvals,
    assignment,
    bids,
    conflicts,
    decisions,
    discussions,
    files,
    interests,
    juries,
    matchings,
    minutes,
    naming,
    phases,
    rankings,
    reasons,
    remarks,
    results,
    reviewing,
    reviews,
)
from services.selection.permissions import PERMISSIONS
from shared.http import receipts_router

ROUTERS = (
    juries.router,
    phases.router,
    assignment.router,
    conflicts.router,
    interests.router,
    bids.router,
    reviews.router,
    files.router,
    reviewing.router,
    discussions.router,
    rankings.router,
    decisions.router,
    reasons.router,
    remarks.router,
    approvals.router,
    matchings.router,
    minutes.router,
    naming.router,
    results.router,
    receipts_router("/api/selection/v1", permissions=PERMISSIONS),
)
