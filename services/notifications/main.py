"""Wires notifications; the only reader of its settings."""

from fastapi import FastAPI

from services.notifications import pages
from services.notifications.api import ROUTERS
from services.notifications.consumers import listens
from services.notifications.handlers.cosigning import witnesses_of
from services.notifications.jobs import JOBS
from services.notifications.jobs.sealing import keys_of
from services.notifications.models import METADATA
from services.notifications.permissions import PERMISSIONS
from services.notifications.personal import REGISTER
from shared.events import notifications
from shared.runtime import Role, assemble
from shared.settings import Settings


def build(settings: Settings, *, role: Role = "all") -> FastAPI:
    """The service as an ASGI app; nothing is opened before its lifespan begins.

    Raises what `keys_of` and `witnesses_of` do: a key that is none stops the start, and not later the sealing.
    """
    keys_of(settings)
    witnesses_of(settings.journal_witnesses)
    app = assemble(
        "notifications",
        settings,
        role=role,
        topic=notifications.TOPIC,
        listener=listens,
        permissions=PERMISSIONS,
        routers=[*ROUTERS, *pages.ROUTERS],
        metadata=METADATA,
        register=REGISTER,
        jobs=JOBS,
    )
    pages.monitor(settings).attach(app)
    return app
