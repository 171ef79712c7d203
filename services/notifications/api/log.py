"""The journal as the files of a transparency log, which anybody may read and any client of such logs verifies.

The layout is https://c2sp.org/tlog-tiles; `shared/journal.py` says what an entry is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import structlog
from fastapi import Path, Response

from services.notifications.permissions import PERMISSIONS
from services.notifications.tree import TreeDamaged
from services.notifications.views import journal as views
from shared.errors import DomainError, NotFound
from shared.http import WorkDep, does, service_router
from shared.tlog.merkle import OutsideTree
from shared.tlog.tiles import MalformedTilePath, Tile, bundle_at, parse_path, tile_at

log = structlog.get_logger(__name__)

router = service_router("/log", permissions=PERMISSIONS, tags=["journal"])

_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}

FOR_EVER = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=1"


class NothingSealedYet(NotFound):
    slug = "nothing-sealed-yet"
    message = "The journal has no checkpoint yet: events are sealed a few seconds after they were recorded. Try again."


class JournalDamaged(DomainError):
    status = 500
    slug = "journal-damaged"
    message = (
        "What is stored of the journal is not what was signed, so nothing of it is shown. Tell the programme team, "
        "and check a copy of your own with `datacity verify`."
    )


class NoSuchTile(NotFound):
    slug = "no-such-tile"
    message = "The journal has no such tile or bundle. Read /log/checkpoint for its size, and c2sp.org/tlog-tiles."


@contextmanager
def undamaged() -> Iterator[None]:
    """Around what reads the tree: that it was changed in the database is an operator's business at once."""
    try:
        yield
    except TreeDamaged as damaged:
        log.error("journal_damaged", what=damaged.what)
        raise JournalDamaged from damaged


@router.get("/checkpoint", response_class=Response, responses=_TEXT, **does("read_log", limited=False))
async def read_checkpoint(work: WorkDep) -> Response:
    """The signed note that says how long the journal is and which root its tree has, with its witnesses' signatures."""
    note = await views.checkpoint(work.session)
    if note is None:
        raise NothingSealedYet
    return _file(note, "text/plain; charset=utf-8", A_MOMENT)


@router.get("/vkey", response_class=Response, responses=_TEXT, **does("read_log", limited=False))
async def read_vkey(work: WorkDep) -> Response:
    """The key that checkpoints are signed with, as https://c2sp.org/signed-note writes it: one line."""
    return _file(f"{(await _vkeys(work))[0]}\n".encode(), "text/plain; charset=utf-8", A_MOMENT)


@router.get("/vkeys", response_class=Response, responses=_TEXT, **does("read_log", limited=False))
async def read_vkeys(work: WorkDep) -> Response:
    """That key, and those before it, a line each: older checkpoints are signed with older keys."""
    return _file("".join(f"{vkey}\n" for vkey in await _vkeys(work)).encode(), "text/plain; charset=utf-8", A_MOMENT)


@router.get("/tile/{place:path}", response_class=Response, responses=_BYTES, **does("read_log", limited=False))
async def read_tile(
    work: WorkDep,
    place: Annotated[
        str, Path(max_length=80, description="`LEVEL/INDEX` or `entries/INDEX`, with `.p/WIDTH` if it is partial.")
    ],
) -> Response:
    """A tile of the tree's hashes, or a bundle of entries."""
    try:
        wanted = parse_path(f"tile/{place}")
        size = await views.size(work.session)
        there = tile_at(wanted.level, wanted.index, size) if isinstance(wanted, Tile) else bundle_at(wanted.index, size)
    except (MalformedTilePath, OutsideTree) as wrong:
        raise NoSuchTile from wrong
    if there.width < wanted.width:
        raise NoSuchTile
    read = views.tile(work.session, wanted) if isinstance(wanted, Tile) else views.bundle(work.session, wanted)
    with undamaged():
        return _file(await read, "application/octet-stream", FOR_EVER)


async def _vkeys(work: WorkDep) -> list[str]:
    found = await views.vkeys(work.session)
    if not found:
        raise NothingSealedYet
    return found


def _file(content: bytes, media_type: str, cache: str) -> Response:
    # Any client may read it, from any page.
    headers = {
        "Cache-Control": cache,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(content, media_type=media_type, headers=headers)
