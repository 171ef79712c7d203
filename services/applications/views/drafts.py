"""A draft's versions, and what changed between any two states of an application, as its team may read them."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.applications import relations, repository
from services.applications.contents import fields_of_draft, of_revision
from services.applications.domain.drafts import NoSuchVersion, Value, fields_of
from services.applications.domain.versions import Version, content_at, joined, sittings
from services.applications.models import Application
from shared.differences import Piece, differences
from shared.work import Work

_STATE = re.compile(r"draft|(version|revision)-([1-9][0-9]{0,8})")


class Draft(NamedTuple):
    """What a draft said at a version."""

    version: Version
    fields: Mapping[str, Value]


class Difference(NamedTuple):
    """What changed in one field."""

    field: str
    pieces: Sequence[Piece]


async def draft_versions(work: Work, application_id: UUID) -> list[Version]:
    """What was saved, a version for each sitting, newest first."""
    await _own(work, application_id)
    saves = await repository.saves_of(work, application_id)
    return [joined(group) for group in reversed(sittings(saves))]


async def draft_version(work: Work, application_id: UUID, number: int) -> Draft:
    await _own(work, application_id)
    return await _draft_at(work, application_id, number)


async def differences_between(work: Work, application_id: UUID, before: str, after: str) -> list[Difference]:
    """Field by field, word by word; each state is `draft`, `version-7` or `revision-2`."""
    application = await _own(work, application_id)
    was, is_ = [await _said(work, application, state) for state in (before, after)]
    return [
        Difference(name, differences(_as_text(was.get(name)), _as_text(is_.get(name))))
        for name in dict.fromkeys([*was, *is_])
        if was.get(name) != is_.get(name)
    ]


async def _own(work: Work, application_id: UUID) -> Application:
    found, _ = await relations.file_to(work, application_id, "read_draft_versions")
    return found


async def _draft_at(work: Work, application_id: UUID, number: int) -> Draft:
    saves = await repository.saves_of(work, application_id, until=number)
    if not saves or saves[-1].number != number:
        raise NoSuchVersion
    return Draft(saves[-1], content_at(saves))


async def _said(work: Work, application: Application, state: str) -> Mapping[str, Value]:
    match = _STATE.fullmatch(state)
    if match is None:
        raise NoSuchVersion
    if match[1] is None:
        return fields_of_draft(application)
    if match[1] == "version":
        return (await _draft_at(work, application.id, int(match[2]))).fields
    content = of_revision(await repository.revision(work, application.id, int(match[2])))
    if content is None:
        raise NoSuchVersion
    return fields_of(content)


def _as_text(value: Value) -> str:
    return "\n".join(value) if isinstance(value, list) else value or ""
