"""What the team changed since the revision that a juror read, word by word, as far as that juror may read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from services.selection.domain.questions import Section, in_order
from services.selection.models import Review
from services.selection.views.questions import sections_asked
from services.selection.views.reviews import file_of
from services.selection.views.seen import SeenFile, files_seen
from shared.differences import Piece, differences
from shared.errors import NotFound

ANSWERS = "answers/"


class NoSuchRevision(NotFound):
    slug = "no-such-revision"

    def __init__(self, revision: int | None) -> None:
        super().__init__(
            "The file has no such revision, or it is not open to you any more. Read the file as it is now.",
            revision=revision,
        )


@dataclass(frozen=True, kw_only=True)
class ChangedField:
    """A part of the file that is not what it was: `title`, `summary`, or `answers/ID`."""

    field: str
    pieces: Sequence[Piece]
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """From one revision to another; both the same if there is nothing newer."""

    read: int
    newest: int
    fields: Sequence[ChangedField]
    attachments_added: Sequence[str]
    attachments_removed: Sequence[str]
    attachments: Sequence[Mapping[str, Any]]
    """Of both, for answers that name some."""
    sections: Sequence[Section]
    """What the call asked; fields come in its order."""


async def changes(session: AsyncSession, own: Review, *, since: int | None) -> Changes:
    """Since the revision named, or the one that the review is pinned to. Raises NoSuchRevision."""
    file = await file_of(session, own)
    if file is None or file.dossier is None:
        raise NoSuchRevision(since)
    read = since or own.revision or file.revision
    seen = {file.revision: file.dossier}
    if read != file.revision:
        seen |= await files_seen(session, own.id, [read], person_id=own.juror_id)
    if read not in seen or read > file.revision:
        raise NoSuchRevision(read)
    return between(seen[read], file.dossier, await sections_asked(session, own.application_id))


def between(before: SeenFile, after: SeenFile, sections: Sequence[Section]) -> Changes:
    """What is not the same in two revisions."""
    first, second = _texts(before), _texts(after)
    asked = [f"{ANSWERS}{question.id}" for question in in_order(sections)]
    there = first.keys() | second.keys()
    names = [name for name in dict.fromkeys(["title", "summary", *asked, *first, *second]) if name in there]
    old, new = _attachments(before), _attachments(after)
    return Changes(
        read=before.revision,
        newest=after.revision,
        fields=[
            ChangedField(
                field=name,
                pieces=differences(first.get(name, ""), second.get(name, "")),
                before=first.get(name, ""),
                after=second.get(name, ""),
            )
            for name in names
            if first.get(name, "") != second.get(name, "")
        ],
        attachments_added=[name for id_, name in new.items() if id_ not in old],
        attachments_removed=[name for id_, name in old.items() if id_ not in new],
        attachments=[*before.attachments, *after.attachments],
        sections=sections,
    )


def _texts(file: SeenFile) -> Mapping[str, str]:
    answers = {f"{ANSWERS}{name}": words for name, words in file.answers.items()}
    return {"title": file.title, "summary": file.summary, **answers}


def _attachments(file: SeenFile) -> Mapping[str, str]:
    return {str(one["attachment_id"]): str(one["name"]) for one in file.attachments}
