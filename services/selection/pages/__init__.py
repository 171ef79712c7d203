"""The jury's pages: what jurors judge, and what staff deliberate, in three languages, with or without scripts."""

from pathlib import Path
from uuid import UUID

from services.selection.pages import (
    appointing,
    assigning,
    attachments,
    bidding,
    changes,
    conflicts,
    deciding,
    desk,
    discussing,
    file,
    interests,
    juries,
    jury,
    minutes,
    names,
    noting,
    others,
    ranking,
    reasons,
    result,
    review,
    shortlists,
    stating,
    submitting,
    team_ties,
)
from services.selection.pages.naming import person, short, size
from services.selection.pages.place import PREFIX
from services.selection.permissions import PERMISSIONS
from shared.settings import Settings
from shared.web import Site, lost_router, sign_in_router

NAVIGATION = {
    "reviews": "list_own_files",
    "interests": "list_own_interests",
    "juries": "appoint_jury",
    "conflicts": "decide_conflicts",
    "shortlists": "list_shortlists",
    "decisions": "read_decisions",
    "result": "list_own_results",
}
"""Addresses, and the action of each: who may do it at all is led there."""

# Whoever is lost comes last.
ROUTERS = [
    desk.router,
    review.router,
    submitting.router,
    changes.router,
    others.router,
    discussing.router,
    attachments.router,
    interests.router,
    stating.router,
    bidding.router,
    juries.router,
    appointing.router,
    jury.router,
    assigning.router,
    file.router,
    ranking.router,
    shortlists.router,
    conflicts.router,
    deciding.router,
    minutes.router,
    names.router,
    noting.router,
    team_ties.router,
    reasons.router,
    result.router,
    sign_in_router(PREFIX, permissions=PERMISSIONS, home="desk"),
    lost_router(PREFIX, permissions=PERMISSIONS),
]


def jury_pages(settings: Settings) -> Site:
    return Site(
        "selection",
        prefix=PREFIX,
        folder=Path(__file__).parent,
        settings=settings,
        permissions=PERMISSIONS,
        navigation=NAVIGATION,
        functions={"short": short, "size": size, "person": person, "uuid": UUID},
    )
