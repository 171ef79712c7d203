"""Keep count of how the programme goes on, so that its charts are read from a few rows and not from the whole log."""

from services.notifications import repository
from services.notifications.domain.stages import REACHED, REVIEWS, quarter_of
from services.notifications.models import Milestone
from shared.events import Envelope, Event
from shared.events import applications as a
from shared.events import incubation as i
from shared.events import selection as s
from shared.work import Work


async def note(event: Event, cause: Envelope, work: Work) -> None:
    """What an event changes in the counts; most change nothing."""
    match event:
        case a.ApplicationSubmitted():
            for challenge_id in event.challenge_ids[:1]:  # the first is the one that they would rather have
                await repository.count(work.session, "applications", challenge_id, quarter_of(cause.time))
            await repository.reach(work.session, event.application_id, REACHED[event.TYPE], cause.time)
        case (
            a.ApplicationDrafted()
            | a.ApplicationAdmitted()
            | a.ApplicationDeclined()
            | s.ApplicationSelected()
            | s.ApplicationReserved()
            | s.ApplicationNotSelected()
            | i.ProjectOpened()
            | i.ExperimentationRegistered()
            | i.ExperimentationStarted()
            | i.ExperimentationReported()
        ):
            await repository.reach(work.session, event.application_id, REACHED[event.TYPE], cause.time)
        case s.ReviewAssigned() | s.ReviewSubmitted() | s.ReviewRecused() | s.ReviewCancelled():
            what = f"reviews-{REVIEWS[event.TYPE]}"
            await repository.count(work.session, what, event.challenge_id, quarter_of(cause.time))
        case i.MilestonePlanned():
            await repository.promise(
                work.session,
                Milestone(
                    milestone_id=event.milestone_id,
                    file_id=event.application_id,
                    challenge_id=event.challenge_id,
                    kind=event.kind,
                    due_on=event.due_on,
                ),
            )
        case i.MilestoneApproved():
            await repository.keep_promise(work.session, event.milestone_id, approved_at=event.approved_at)
        case _:
            pass
