"""What the story demands: which events each file must have, and which mails each person must have received."""

from collections import Counter

from infra.demo.people import IN_CONFLICT, LATE, REVISED, WITHDRAWN
from infra.demo.selecting import REVIEWS_PER_FILE
from infra.demo.story import Story

A = "io.datacity.application"
DRAFTED, ATTACHED, SUBMITTED = f"{A}.drafted.v1", f"{A}.attachment-added.v1", f"{A}.submitted.v1"
REVISED_TYPE, WITHDRAWN_TYPE, ADMITTED = f"{A}.revised.v1", f"{A}.withdrawn.v1", f"{A}.admitted.v1"
DECLINED = f"{A}.declined.v1"
REVIEW_ASSIGNED, REVIEW_SUBMITTED = "io.datacity.review.assigned.v1", "io.datacity.review.submitted.v1"
CONFLICT = "io.datacity.conflict.declared.v1"
SELECTED = f"{A}.selected.v1"
MILESTONES = ("kick-off", "prototype", "demo")


def expected_files(story: Story) -> dict[str, list[str]]:
    """Startup → the types of its file's events, in order; other events may stand between them."""
    files: dict[str, list[str]] = {}
    for startup in story.cast.startups:
        name = startup.name
        if name == LATE:
            files[name] = [DRAFTED, ATTACHED]
            continue
        told = [DRAFTED, ATTACHED, SUBMITTED]
        if name == REVISED:
            told.append(REVISED_TYPE)
        if name == WITHDRAWN:
            files[name] = [*told, WITHDRAWN_TYPE]
            continue
        if name == story.declined:
            files[name] = [*told, DECLINED]
            continue
        told.append(ADMITTED)
        if name == IN_CONFLICT:
            told.append(CONFLICT)
        reviews = len(startup.answers) * REVIEWS_PER_FILE
        # Assignments of a second challenge may follow the first's; all come before the first review is submitted.
        told += [REVIEW_ASSIGNED] * reviews + [REVIEW_SUBMITTED] * reviews
        files[name] = told + _after_selection(story, name)
    return files


def _after_selection(story: Story, name: str) -> list[str]:
    if name not in story.matches.values():
        return []
    told = [SELECTED, "io.datacity.project.opened.v1", "io.datacity.project.coach-assigned.v1"]
    told += ["io.datacity.milestone.planned.v1"] * len(MILESTONES)
    if name == story.experimenter:
        told += [
            "io.datacity.data-access.requested.v1",
            "io.datacity.data-access.granted.v1",
            "io.datacity.data-access.read.v1",
            *(f"io.datacity.milestone.{step}.v1" for step in ("evidence-submitted", "returned")),
            *(f"io.datacity.milestone.{step}.v1" for step in ("evidence-submitted", "approved") * len(MILESTONES)),
            *(f"io.datacity.experimentation.{step}.v1" for step in ("registered", "authorised", "started")),
            *(["io.datacity.experimentation.measured.v1"] * len(MEASURED)),
            "io.datacity.experimentation.reported.v1",
        ]
    return told


MEASURED = (412.0, 398.0, 371.0, 355.0, 340.0, 333.0)
"""What the experimentation measures, indicator by day; invented."""


def expected_mails(story: Story) -> Counter[tuple[str, str]]:
    """(address, template) → how many."""
    cast, mails = story.cast, Counter[tuple[str, str]]()
    for person in cast.people:
        mails[person.email, "registered"] += 1
    for startup in cast.startups:
        _applicant_mails(story, startup.name, startup.lead.email, mails)
    for juror in cast.jurors:
        mails[juror.email, "review_assigned"] += story.reviews_of.get(juror.key, 0)
    for name in story.matches.values():
        lead = cast.startup(name).lead.email
        mails[lead, "project_opened"] += 1
        mails[cast.coach.email, "coach_assigned"] += 1
    experimenter = cast.startup(story.experimenter).lead.email
    mails[cast.coach.email, "evidence_submitted"] += len(MILESTONES) + 1
    mails[experimenter, "milestone_returned"] += 1
    mails[experimenter, "milestone_approved"] += len(MILESTONES)
    mails[experimenter, "data_access_granted"] += 1
    mails[experimenter, "experimentation_authorised"] += 1
    mails[story.guest_email, "workshop_registration"] += 1
    return +mails


def _applicant_mails(story: Story, name: str, lead: str, mails: Counter[tuple[str, str]]) -> None:
    if name == LATE:
        return
    mails[lead, "submitted"] += 1
    if name == REVISED:
        mails[lead, "revised"] += 1
    if name == WITHDRAWN:
        mails[lead, "withdrawn"] += 1
    elif name == story.declined:
        mails[lead, "declined"] += 1
    else:
        mails[lead, "admitted"] += 1
        mails[lead, story.outcomes[name]] += 1
