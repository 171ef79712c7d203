"""What was handed in for a call, a part at a time, for staff to take out."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, select

from services.applications import relations, repository
from services.applications.domain.challenges import NoSuchCall
from services.applications.lines import Exported
from services.applications.models import Application, Call, Revision
from services.applications.views.files import visible_applications
from shared.work import Work

AT_ONCE = 200


async def exportable(work: Work, call_id: UUID) -> Call:
    """An opened call. Raises Sealed until then."""
    call = await work.session.get(Call, call_id)
    if call is None:
        raise NoSuchCall
    relations.require_opened(work.actor, "export_applications", call)
    return call


async def answered_fields(work: Work, call: Call) -> list[str]:
    """The form's fields in order, then what else was answered."""
    form = await repository.form_in_force(work, call)
    asked = [field.id for field in form.fields] if form else []
    keys = func.jsonb_object_keys(col(Revision.answers))
    query = select(keys).join(Application, _counting()).where(col(Application.call_id) == call.id).distinct()
    return list(dict.fromkeys([*asked, *sorted(await work.session.exec(query))]))


async def handed_in(work: Work, call_id: UUID) -> AsyncIterator[list[Exported]]:
    """The last revision of every application that may be seen, in parts, in the order of ids."""
    last: UUID | None = None
    while True:
        query = (
            select(Application, Revision)
            .join(Revision, _counting())
            .where(col(Application.call_id) == call_id, visible_applications(work.actor))
            .order_by(col(Application.id))
            .limit(AT_ONCE)
        )
        rows = (await work.session.exec(query.where(col(Application.id) > last) if last else query)).all()
        if not rows:
            return
        yield [Exported(*row) for row in rows]
        last = rows[-1][0].id
        work.session.expunge_all()


def _counting() -> ColumnElement[bool]:
    return and_(col(Revision.application_id) == col(Application.id), col(Revision.number) == col(Application.revision))
