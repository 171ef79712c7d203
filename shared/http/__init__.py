"""The HTTP kit: routes that are actions of a permission table, in a transaction each, with refusals that help.

router = service_router("/api/selection/v1", permissions=PERMISSIONS)

@router.post("/juries", status_code=201, **does("appoint_jury"))
async def appoint_jury(body: AppointJuryBody, work: WorkDep) -> JuryView: ...

app = create_app("selection", settings=settings, works=works, permissions=PERMISSIONS, routers=[router])
"""

from shared.http.app import create_app
from shared.http.bodies import (
    WHOLE_AS_JSON_HAS_IT,
    Body,
    DraftLine,
    DraftText,
    LongText,
    Safe,
    SafeText,
    ShortText,
    Slug,
    View,
    is_safe,
    made_safe,
)
from shared.http.conditional import IfMatch, etag, if_match, set_etag
from shared.http.dependencies import ActorDep, WorkDep, WorksDep
from shared.http.paging import Cursor, Page, Paging, PagingDep
from shared.http.problem import Problem, problem_response
from shared.http.receipts import ReceiptsDep, ReceiptText, receipts_router
from shared.http.routes import JSON_LIMIT, RouteAction, UnlistedAction, all_routes, does, service_router
from shared.logging import current_correlation_id, current_traceparent

__all__ = [
    "JSON_LIMIT",
    "WHOLE_AS_JSON_HAS_IT",
    "ActorDep",
    "Body",
    "Cursor",
    "DraftLine",
    "DraftText",
    "IfMatch",
    "LongText",
    "Page",
    "Paging",
    "PagingDep",
    "Problem",
    "ReceiptText",
    "ReceiptsDep",
    "RouteAction",
    "Safe",
    "SafeText",
    "ShortText",
    "Slug",
    "UnlistedAction",
    "View",
    "WorkDep",
    "WorksDep",
    "all_routes",
    "create_app",
    "current_correlation_id",
    "current_traceparent",
    "does",
    "etag",
    "if_match",
    "is_safe",
    "made_safe",
    "problem_response",
    "receipts_router",
    "service_router",
    "set_etag",
]
