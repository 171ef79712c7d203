"""Files that are on their way in."""

from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from services.applications.domain import uploads
from services.applications.models import Upload, UploadPiece
from shared.work import Work


async def open_uploads(work: Work, application_id: UUID) -> int:
    """How many are not whole; the application is locked."""
    query = (
        select(func.count())
        .select_from(Upload)
        .where(
            col(Upload.application_id) == application_id,
            col(Upload.attachment_id).is_(None),
            col(Upload.expires_at) > work.now,
        )
    )
    return (await work.session.exec(query)).one()


async def upload(work: Work, application_id: UUID, upload_id: UUID) -> Upload:
    """Locked: its pieces come one after the other."""
    found = await work.session.get(Upload, upload_id, with_for_update=True)
    if found is None or found.application_id != application_id or found.expires_at <= work.now:
        raise uploads.NoSuchUpload
    return found


async def bytes_received(work: Work, upload_id: UUID) -> bytes:
    query = select(UploadPiece).where(col(UploadPiece.upload_id) == upload_id).order_by(col(UploadPiece.first))
    return b"".join(piece.content for piece in await work.session.exec(query))


async def drop_pieces(work: Work, upload_id: UUID) -> None:
    await (await work.session.connection()).execute(delete(UploadPiece).where(col(UploadPiece.upload_id) == upload_id))


async def drop_old_uploads(work: Work, *, limit: int) -> int:
    old = (
        select(Upload.id)
        .where(col(Upload.expires_at) <= work.now)
        .order_by(col(Upload.expires_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    dropped = await (await work.session.connection()).execute(delete(Upload).where(col(Upload.id).in_(old)))
    return dropped.rowcount
