"""How the service's event backbone stands, at a cost that does not grow with its tables."""

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import text

from shared.http import View, WorkDep, does

COUNTED_UP_TO = 10_000
"""Rows that a count reads at most; beyond that it is PostgreSQL's own estimate."""

COUNTED = {
    "outbox_pending": "outbox_pending",
    "outbox_parked": "outbox_parked",
    "quarantined": "quarantine WHERE released_at IS NULL",
    "events_written": "event_log",
    "events_handled": "inbox",
}

# PostgreSQL knows about how many rows a whole table has; of a part of one the count is just "at least".
ESTIMATED = {"outbox_pending", "outbox_parked", "events_written", "events_handled"}

# The only text put in is the constants above.
_COUNTS = ", ".join(
    f"(SELECT count(*) FROM (SELECT FROM {rows} LIMIT :most) counted) AS {name}"  # noqa: S608
    for name, rows in COUNTED.items()
)
BACKBONE = text(
    f"SELECT {_COUNTS}, (SELECT coalesce(sum(gaps), 0)::bigint FROM inbox_head WHERE gaps > 0) AS gaps"  # noqa: S608
)
ESTIMATE = text(
    "SELECT relname AS name, reltuples::bigint AS rows FROM pg_class WHERE oid = ANY(CAST(:tables AS regclass[]))"
)


class BackboneView(View):
    """How the service's event backbone stands at this moment."""

    service: str
    outbox_pending: int
    outbox_parked: int
    quarantined: int
    events_written: int
    events_handled: int
    gaps: int
    estimated: list[str] = Field(
        default=[],
        description=f"Which of the counts are more than {COUNTED_UP_TO} and therefore not exact: an estimate of the "
        "database's for a whole table, and the least that it can be otherwise.",
    )


def add_backbone_routes(router: APIRouter, *, service: str) -> None:
    @router.get("/backbone", **does("watch_operations"))
    async def read_backbone(work: WorkDep) -> BackboneView:
        connection = await work.session.connection()
        counts = dict((await connection.execute(BACKBONE, {"most": COUNTED_UP_TO + 1})).one()._mapping)
        beyond = [name for name in COUNTED if counts[name] > COUNTED_UP_TO]
        if estimated := {name: COUNTED[name] for name in beyond if name in ESTIMATED}:
            rows = await connection.execute(ESTIMATE, {"tables": list(estimated.values())})
            known = {row.name: row.rows for row in rows}
            for name, table in estimated.items():
                counts[name] = max(counts[name], known[table])
        return BackboneView(service=service, estimated=beyond, **counts)
