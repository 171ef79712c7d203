"""Puts selection together."""

from fastapi import FastAPI

from services.selection import pages
from services.selection.api import ROUTERS
from services.selection.consumers import listens
from services.selection.jobs import open_due_phases
from services.selection.models import Table
from services.selection.permissions import PERMISSIONS
from services.selection.personal import REGISTER
from shared.events import selection
from shared.runtime import Role, assemble
from shared.settings import Settings


def build(settings: Settings, *, role: Role = "all") -> FastAPI:
    """The service as an ASGI app; nothing is opened before its lifespan begins."""
    app = assemble(
        "selection",
        settings,
        role=role,
        topic=selection.TOPIC,
        listener=listens,
        permissions=PERMISSIONS,
        routers=[*ROUTERS, *pages.ROUTERS],
        metadata=Table.metadata,
        register=REGISTER,
        jobs=[open_due_phases],
    )
    pages.jury_pages(settings).attach(app)
    return app
