"""The monitor: what staff and auditors see of the programme's events, in three languages, with or without scripts."""

from pathlib import Path

from services.notifications.pages import (
    case,
    event,
    event_log,
    failures,
    health,
    letters,
    outbox,
    programme,
    release,
    stream,
)
from services.notifications.pages.naming import short
from services.notifications.pages.place import PREFIX
from services.notifications.permissions import PERMISSIONS
from shared.settings import Settings
from shared.web import Site, lost_router, sign_in_router

NAVIGATION = {
    "events": "read_events",
    "failures": "watch_operations",
    "health": "watch_operations",
    "programme": "read_summary",
    "letters": "read_mails",
}

# The stream comes before the events, whose address would take it for a position; whoever is lost comes last.
ROUTERS = [
    stream.router,
    event_log.router,
    event.router,
    case.router,
    failures.router,
    release.router,
    outbox.router,
    health.router,
    letters.router,
    programme.router,
    sign_in_router(PREFIX, permissions=PERMISSIONS, home="events"),
    lost_router(PREFIX, permissions=PERMISSIONS),
]


def monitor(settings: Settings) -> Site:
    return Site(
        "notifications",
        prefix=PREFIX,
        folder=Path(__file__).parent,
        settings=settings,
        permissions=PERMISSIONS,
        navigation=NAVIGATION,
        functions={"short": short},
    )
