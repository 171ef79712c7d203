"""Keeps what people are called in minutes; no event tells of it, as a name is no fact of the procedure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.selection.commands import NamePerson
from services.selection.domain.naming import NobodyHere, PersonForgotten
from services.selection.models import NameInMinutes
from services.selection.ties import hold_ties
from services.selection.views import naming as views
from shared.errors import StaleVersion
from shared.work import Work


async def name_person(command: NamePerson, work: Work) -> NameInMinutes | None:
    """Without a name, the person stands in minutes by its id again.

    Raises NobodyHere, PersonForgotten, StaleVersion.
    """
    (row,) = await name_people([command], work)
    return row


async def name_people(commands: Sequence[NamePerson], work: Work) -> list[NameInMinutes | None]:
    """All of them or none."""
    # As forgetting does: a name typed meanwhile is erased with the rest, or refused. Two who name the same take turns.
    await hold_ties(work.session)
    rows = [await _row_to_change(command, work) for command in commands]
    return [await _write(row, command, work) for row, command in zip(rows, commands, strict=True)]


async def name_jurors(names: Mapping[UUID, str], work: Work) -> None:
    """As they are seated. The caller holds the ties. Raises PersonForgotten."""
    if await views.forgotten(work.session, names):
        raise PersonForgotten
    for juror, name in sorted(names.items()):
        await _keep(await work.session.get(NameInMinutes, juror, with_for_update=True), juror, name, work)


async def _row_to_change(command: NamePerson, work: Work) -> NameInMinutes | None:
    row = await work.session.get(NameInMinutes, command.person_id, with_for_update=True)
    if command.version != (row.version if row else 0):
        raise StaleVersion
    if command.name is not None and await views.forgotten(work.session, [command.person_id]):
        raise PersonForgotten
    if not await views.acted_here(work.session, command.person_id):
        raise NobodyHere
    return row


async def _write(row: NameInMinutes | None, command: NamePerson, work: Work) -> NameInMinutes | None:
    if command.name is not None:
        return await _keep(row, command.person_id, command.name, work)
    if row is not None:
        await work.session.delete(row)
    return None


async def _keep(row: NameInMinutes | None, person: UUID, name: str, work: Work) -> NameInMinutes:
    if row is None:
        row = NameInMinutes(id=person, name=name, named_by=work.actor.name, named_at=work.now)
    elif row.name != name:
        row.name, row.named_by, row.named_at = name, work.actor.name, work.now
    work.session.add(row)
    await work.session.flush()
    return row
