"""A line of an import becomes what a member could as well have typed."""

from typing import NamedTuple
from uuid import UUID

from services.applications import repository
from services.applications.commands import DraftApplication, ImportDraft, SaveDraft
from services.applications.domain.imports import NeitherNorTeam, Outcome
from services.applications.handlers.applications import draft_application
from services.applications.handlers.drafts import save_draft
from services.applications.permissions import person_id
from shared.work import Work


class Imported(NamedTuple):
    """What became of a line."""

    application_id: UUID
    outcome: Outcome
    lacks: list[str]
    """What the draft still lacks to be handed in, as JSON pointers."""


async def import_draft(command: ImportDraft, work: Work) -> Imported:
    """Save a line into the draft that it names, or into one that it begins."""
    if command.application_id is not None:
        application_id, begun = command.application_id, False
        version = await repository.version_of_draft(work, application_id, by=person_id(work.actor))
    elif command.team_id is not None and command.call_id is not None:
        drafted = await draft_application(DraftApplication(call_id=command.call_id, team_id=command.team_id), work)
        await work.session.flush()
        application_id, begun, version = drafted.id, True, drafted.version
    else:
        raise NeitherNorTeam

    saving = await save_draft(SaveDraft(application_id=application_id, base=version, changes=command.changes), work)
    await work.session.flush()
    saved = Outcome.SAVED if saving.number > version else Outcome.UNCHANGED
    lacks = [error.pointer for error in saving.completeness.lacking]
    return Imported(application_id, Outcome.DRAFTED if begun else saved, lacks)
