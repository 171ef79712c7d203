"""The jury's pages: what jurors judge, and what staff deliberate, in three languages, with or without scripts."""

from pathlib import Path

from services.selection.pages import desk, juries
from services.selection.pages.naming import short
from services.selection.pages.place import PREFIX
from services.selection.permissions import PERMISSIONS
from shared.settings import Settings
from shared.web import Site, lost_router, sign_in_router

NAVIGATION = {
    "reviews": "list_own_files",
    "juries": "appoint_jury",
}
"""Addresses, and the action of each: who may do it at all is led there."""

# Whoever is lost comes last.
ROUTERS = [
    desk.router,
    juries.router,
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
        functions={"short": short},
    )
