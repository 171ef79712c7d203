"""The list of all that incubation hears."""

from uuid import UUID

from services.incubation.commands import EndProject, OpenProject
from services.incubation.handlers import heard, projects
from shared.events import applications, forgettable, selection
from shared.events.applications import (
    ApplicationLeadPassed,
    ApplicationWithdrawn,
    ChallengePublished,
    EditionAnnounced,
    EditionCorrected,
)
from shared.events.forgettable import Dossier, Forgotten, Person
from shared.events.selection import ApplicationSelected
from shared.messaging import Listener
from shared.work import Work

listens = Listener("incubation")


@listens.to(applications.TOPIC)
async def on_application_event(event: applications.AnyEvent, work: Work) -> None:
    match event:
        case EditionAnnounced() | EditionCorrected():
            await heard.note_edition(event, work)
        case ChallengePublished():
            await heard.note_challenge(event, work)
        case ApplicationLeadPassed():
            await heard.pass_lead(event, work)
        case ApplicationWithdrawn():
            await projects.end_project(EndProject.after(event), work)


@listens.to(selection.TOPIC)
async def on_selection_event(event: selection.AnyEvent, work: Work) -> None:
    match event:
        case ApplicationSelected():
            await projects.open_project(OpenProject.after(event), work)


@listens.to(forgettable.DOSSIERS_TOPIC)
async def on_dossier(record: Dossier | Forgotten, work: Work) -> None:
    match record:
        case Dossier():
            await heard.note_startup(record, work)
        case Forgotten():
            application_id, _, revision = record.key.partition("/")
            await heard.forget_startup(application_id=UUID(application_id), revision=int(revision), work=work)


@listens.to(forgettable.PEOPLE_TOPIC)
async def on_person(record: Person | Forgotten, work: Work) -> None:
    """People's names stay where they are needed; here they are only to be forgotten."""
    match record:
        case Forgotten():
            await heard.forget_person(person_id=UUID(record.key), work=work)
