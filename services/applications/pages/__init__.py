"""The public site, and the founders' pages: in three languages, with or without scripts, at the root of the origin."""

from pathlib import Path

from services.applications.pages import (
    attachments,
    call,
    challenges,
    deadlines,
    extending,
    files,
    forgetting,
    handing_in,
    home,
    invitations,
    moving_deadlines,
    profile,
    requests,
    results,
    screening,
    setting_up,
    teams,
    uploads,
    versions,
    writing,
)
from services.applications.pages.place import PREFIX
from services.applications.pages.telling import FUNCTIONS
from services.applications.permissions import PERMISSIONS
from shared.settings import Settings
from shared.web import Site, lost_router, sign_in_router

NAVIGATION = {
    "challenges": "list_challenges",
    "calls": "read_calls",
    "results": "read_results",
    "files": "list_applications",
    "teams": "list_teams",
    "screening": "list_screening",
    "profile": "keep_own_contact",
}

# Whoever is lost comes last.
ROUTERS = [
    home.router,
    challenges.router,
    setting_up.router,
    call.router,
    deadlines.router,
    moving_deadlines.router,
    extending.router,
    results.router,
    files.router,
    writing.router,
    uploads.router,
    attachments.router,
    handing_in.router,
    requests.router,
    screening.router,
    versions.router,
    invitations.router,
    teams.router,
    profile.router,
    forgetting.router,
    sign_in_router(PREFIX, permissions=PERMISSIONS, home=""),
    lost_router(PREFIX, permissions=PERMISSIONS),
]


def site(settings: Settings) -> Site:
    return Site(
        "applications",
        prefix=PREFIX,
        folder=Path(__file__).parent,
        settings=settings,
        permissions=PERMISSIONS,
        navigation=NAVIGATION,
        functions=FUNCTIONS,
        offers_sign_in=True,
    )
