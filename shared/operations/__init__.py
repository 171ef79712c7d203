"""What an operator of one service can ask: how far the backbone is behind, what waits and why, and to let it go on."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import Table

from shared.http import service_router
from shared.identity import PermissionTable
from shared.messaging import Handling
from shared.operations.backbone import add_backbone_routes
from shared.operations.exports import add_export_routes
from shared.operations.outbox import add_outbox_routes
from shared.operations.personal import add_personal_routes
from shared.operations.quarantine import add_quarantine_routes
from shared.operations.standing import add_standing_routes
from shared.personal import Register

__all__ = ["operations_router"]


def operations_router(
    service: str,
    *,
    permissions: PermissionTable,
    handling: Handling,
    tables: Sequence[Table] = (),
    register: Register | None = None,
) -> APIRouter:
    """Routes under `/api/SERVICE/v1/operations`, for those whom the table lets watch, release, discard and export."""
    router = service_router(f"/api/{service}/v1/operations", permissions=permissions, tags=["operations"])
    add_backbone_routes(router, service=service)
    add_standing_routes(router, service=service, topics=handling.listener.topics)
    add_quarantine_routes(router, handling=handling, watchers=permissions.roles_for("watch_operations"))
    add_outbox_routes(router)
    if tables:
        add_export_routes(router, service=service, tables=tables)
    if register is not None:
        add_personal_routes(router, service=service, register=register)
    return router
