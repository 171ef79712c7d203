"""All that applications hears."""

from services.applications.handlers import screening
from services.applications.handlers import selection as handlers
from shared.events import selection
from shared.events.selection import (
    ApplicationNotSelected,
    ApplicationReserved,
    ApplicationSelected,
    ConflictConfirmed,
    ConflictDeclared,
    ConflictDismissed,
    ConflictInferred,
    ResultsPublished,
    ReviewAssigned,
    ReviewCancelled,
    ReviewRecused,
)
from shared.messaging import Listener
from shared.work import Work

listens = Listener("applications")


@listens.to(selection.TOPIC)
async def on_selection_event(event: selection.AnyEvent, work: Work) -> None:
    match event:
        case ReviewAssigned():
            await handlers.let_juror_read(event, work)
        case ReviewRecused() | ReviewCancelled():
            await handlers.end_reading(event, work)
        case ConflictDeclared() | ConflictInferred() | ConflictConfirmed():
            await handlers.bar_juror(event, work)
        case ConflictDismissed():
            await handlers.lift_bar(event, work)
        case ApplicationSelected():
            await handlers.note_selected(event, work)
        case ApplicationReserved():
            await handlers.note_reserved(event, work)
        case ApplicationNotSelected():
            await handlers.note_not_selected(event, work)
        case ResultsPublished():
            await screening.tell_edition(event.edition_id, work)
