"""Puts applications together."""

from fastapi import FastAPI

from services.applications import pages
from services.applications.api import ROUTERS
from services.applications.consumers import listens
from services.applications.jobs import (
    close_due_calls,
    compare_opened_files,
    expire_invitations,
    finish_forgetting,
    forget_old_files,
    forget_old_uploads,
    note_being_alive,
    resolve_times_anew,
    thin_old_versions,
)
from services.applications.models import Table
from services.applications.permissions import PERMISSIONS
from services.applications.personal import REGISTER
from shared.events import applications
from shared.runtime import Role, assemble
from shared.settings import Settings


def build(settings: Settings, *, role: Role = "all") -> FastAPI:
    """The service as an ASGI app; nothing is opened before its lifespan begins."""
    app = assemble(
        "applications",
        settings,
        role=role,
        topic=applications.TOPIC,
        listener=listens,
        permissions=PERMISSIONS,
        routers=[*ROUTERS, *pages.ROUTERS],
        metadata=Table.metadata,
        register=REGISTER,
        serving_jobs=[note_being_alive],
        jobs=[
            close_due_calls,
            compare_opened_files,
            resolve_times_anew,
            expire_invitations,
            finish_forgetting,
            forget_old_files,
            forget_old_uploads,
            thin_old_versions,
        ],
    )
    pages.site(settings).attach(app)
    return app
