"""A file as it is read: what its team answered, beside what was asked; and the route by which staff read it."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import Field

from services.selection.domain.questions import Section
from services.selection.handlers.conflicts import NoSuchCandidate
from services.selection.models import Jury
from services.selection.permissions import PERMISSIONS, authorise, person_id
from services.selection.repository import NoSuchJury
from services.selection.views.handed_in import handed_in
from services.selection.views.questions import sections_asked
from services.selection.views.seen import SeenFile
from shared.http import View, WorkDep, does, service_router
from shared.identity import Resource

router = service_router("/api/selection/v1", permissions=PERMISSIONS, tags=["files"])


class AttachmentView(View):
    attachment_id: UUID
    name: str
    media_type: str
    size: int
    sha256: str


Words = dict[str, str]
"""By language."""


class OptionView(View):
    id: str
    label: Words


class AskedIfView(View):
    """Asked only of who answered that field with one of these."""

    field_id: str
    among: list[str]


class QuestionView(View):
    id: str = Field(description="Under which `answers` has the answer.")
    kind: str
    label: Words
    options: list[OptionView] = Field(description="An answer to a choice or choices holds their ids.")
    asked_if: AskedIfView | None


class SectionView(View):
    id: str
    title: Words
    questions: list[QuestionView]


class FileView(View):
    """What the team handed in last. Attachments are served by applications.

    In a blind round the startup's name is empty, its name and addresses are blotted out of the text, and attachments
    have neutral names and no digest.
    """

    revision: int
    startup: str
    title: str
    summary: str
    answers: dict[str, str] = Field(description="By the ids of the questions.")
    sections: list[SectionView] = Field(
        description="What the call asks, in the form's order and the programme's words; empty without a form, or if "
        "its words were never told."
    )
    attachments: list[AttachmentView]


class JudgedFileView(View):
    """A file of a jury, for staff."""

    application_id: UUID
    file: FileView | None = Field(
        description="The newest revision; null until it arrives, once it is erased, and for whom judges it blind."
    )


@router.get("/juries/{jury_id}/files/{application_id}", **does("read_judged_file"))
async def read_judged_file(jury_id: UUID, application_id: UUID, work: WorkDep) -> JudgedFileView:
    """What the jury judges, for staff who deliberate; its juror reads it with its review."""
    authorise(work.actor, "read_judged_file", Resource())
    jury = await work.session.get(Jury, jury_id)
    if jury is None:
        raise NoSuchJury
    found = await handed_in(
        work.session,
        jury,
        application_id,
        person_id=person_id(work.actor),
        organisation=work.actor.organisation,
    )
    if found is None:
        raise NoSuchCandidate
    sections = await sections_asked(work.session, application_id) if found.file else ()
    return JudgedFileView(application_id=application_id, file=shown_file(found.file, sections) if found.file else None)


def shown_file(seen: SeenFile, sections: Sequence[Section]) -> FileView:
    return FileView.model_validate({**vars(seen), "startup": seen.startup or "", "sections": sections})
