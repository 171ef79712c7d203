"""HTTP in, command out."""

from services.applications.api import (
    applications,
    attachments,
    deadlines,
    drafts,
    erasure,
    exports,
    forms,
    invitations,
    likenesses,
    programme,
    screening,
    teams,
    uploads,
)
from services.applications.permissions import PERMISSIONS
from shared.http import receipts_router

ROUTERS = [
    programme.router,
    deadlines.router,
    forms.router,
    teams.router,
    invitations.router,
    erasure.router,
    applications.router,
    drafts.router,
    attachments.router,
    uploads.router,
    screening.router,
    likenesses.router,
    exports.router,
    receipts_router("/api/applications/v1", permissions=PERMISSIONS),
]
