"""Wires incubation together; the only reader of its settings."""

from fastapi import FastAPI

from services.incubation.api import ROUTERS
from services.incubation.consumers import listens
from services.incubation.jobs import expire_due_access
from services.incubation.models import Table
from services.incubation.permissions import PERMISSIONS
from shared.events import incubation
from shared.runtime import Role, assemble
from shared.settings import Settings


def build(settings: Settings, *, role: Role = "all") -> FastAPI:
    return assemble(
        "incubation",
        settings,
        role=role,
        topic=incubation.TOPIC,
        listener=listens,
        permissions=PERMISSIONS,
        routers=ROUTERS,
        metadata=Table.metadata,
        jobs=[expire_due_access],
    )
