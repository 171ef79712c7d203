"""HTTP in, command out."""

from services.applications.api import (
    applications,
    attachments,
    drafts,
    erasure,
    forms,
    invitations,
    programme,
    teams,
    uploads,
)
from services.applications.permissions import PERMISSIONS
from shared.http import receipts_router

ROUTERS = [
    programme.router,
    forms.router,
    teams.router,
    invitations.router,
    erasure.router,
    applications.router,
    drafts.router,
    attachments.router,
    uploads.router,
    receipts_router("/api/applications/v1", permissions=PERMISSIONS),
]
