"""Requests for more information: what of a file they reopen, until when, and why a change is outside of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.applications.domain.applications import Content
from services.applications.domain.drafts import ANSWERS
from services.applications.domain.forms import Form, Kind
from shared.clock import Deadline, in_words
from shared.errors import Conflict, FieldError, Invalid, NotFound

ATTACHMENTS = "attachments"
CORE = frozenset({"title", "summary", ATTACHMENTS})
"""What can be asked for beside answers; never which challenges a team applies for: a jury may be named by then."""

MOST_FIELDS = 20


class RequestState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    LAPSED = "lapsed"
    """Its time passed without an answer; nothing follows from that but that a person sees it."""
    ENDED = "ended"
    """Staff took it back, or decided without waiting."""


class CantBeAsked(Invalid):
    slug = "cant-be-asked"

    def __init__(self, positions: Sequence[int], possible: Collection[str]) -> None:
        super().__init__(
            f"Ask for what the file has: {', '.join(sorted(possible))}.",
            errors=[
                FieldError(pointer=f"#/fields/{n}", detail="is not part of this file", code="not_in_file")
                for n in positions
            ],
        )


class AlreadyAsked(Conflict):
    slug = "already-asked"

    def __init__(self, until: Deadline) -> None:
        super().__init__(
            f"The team is asked already, and may answer until {in_words(until)}. Wait, or end that request first."
        )


class RequestTooShort(Invalid):
    slug = "request-too-short"

    def __init__(self, until: Deadline, *, now: datetime) -> None:
        super().__init__(
            f"This ends at {in_words(until)}, and it is {now:%Y-%m-%d %H:%M:%S} UTC already. Give the team more time.",
            errors=[FieldError(pointer="#/until", detail="lies in the past", code="in_the_past")],
        )


class RequestNotOpen(Conflict):
    slug = "request-not-open"

    def __init__(self, state: RequestState, *, until: Deadline, now: datetime) -> None:
        super().__init__(
            f"This request is {state.value}: it could be answered until {in_words(until)}; our clock said "
            f"{now:%Y-%m-%d %H:%M:%S} UTC when your message arrived. What you handed in before stays handed in.",
            state=state.value,
            now=now,
        )


class NotAskedFor(Conflict):
    slug = "not-asked-for"

    def __init__(self, changed: Collection[str], *, asked: Collection[str], until: Deadline) -> None:
        super().__init__(
            f"The call is over, and only what you were asked for may change until {in_words(until)}: "
            f"{', '.join(sorted(asked))}. Leave the rest as it is.",
            errors=[
                FieldError(pointer=f"#/{name}", detail="was not asked for", code="not_asked_for")
                for name in sorted(changed)
            ],
            asked=sorted(asked),
        )


class NothingSupplied(Conflict):
    slug = "nothing-supplied"
    message = "What you were asked for still says what it said. Change it first, then answer the request."


class StillLacking(Invalid):
    slug = "still-lacking"

    def __init__(self, lacking: Sequence[FieldError]) -> None:
        super().__init__("What you were asked for is not complete yet. Mend what `errors` points at.", errors=lacking)


class NoSuchRequest(NotFound):
    message = "There is no such request that you may see. GET the application's requests to see which it has."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What staff ask a team for, after its call is over."""

    id: UUID
    fields: frozenset[str]
    until: Deadline
    answered: bool = False
    ended: bool = False

    def state(self, now: datetime) -> RequestState:
        if self.answered:
            return RequestState.ANSWERED
        if self.ended:
            return RequestState.ENDED
        return RequestState.LAPSED if self.until.has_passed(now) else RequestState.OPEN

    def require_open(self, now: datetime) -> None:
        """Raises RequestNotOpen."""
        if (state := self.state(now)) is not RequestState.OPEN:
            raise RequestNotOpen(state, until=self.until, now=now)

    def require_asked(self, changed: Collection[str]) -> None:
        """Raises NotAskedFor if anything else is to change."""
        if outside := set(changed) - self.fields:
            raise NotAskedFor(outside, asked=self.fields, until=self.until)


def require_askable(fields: Sequence[str], *, form: Form | None, answers: Mapping[str, str]) -> None:
    """Raises CantBeAsked unless each is in `CORE`, or a field of the form or, without one, of the file."""
    named = [field.id for field in form.fields] if form else list(answers)
    possible = CORE | {f"{ANSWERS}{id_}" for id_ in named}
    if strangers := [n for n, name in enumerate(fields) if name not in possible]:
        raise CantBeAsked(strangers, possible)


def opened(fields: Sequence[str], *, form: Form | None) -> list[str]:
    """What is asked for, and with it the attached files if one of the fields is answered by a file."""
    of_files = {f"{ANSWERS}{field.id}" for field in form.fields if field.kind is Kind.FILE} if form else set()
    more = [ATTACHMENTS] if ATTACHMENTS not in fields and of_files.intersection(fields) else []
    return [*fields, *more]


def supplied(last: Content, draft: Content, *, fields: Collection[str]) -> Content:
    """What counts from now on: the last revision, and of the draft only what was asked for. Raises NothingSupplied."""
    answers = dict(last.answers)
    for name in fields:
        if name.startswith(ANSWERS):
            id_ = name.removeprefix(ANSWERS)
            answers.pop(id_, None)
            if id_ in draft.answers:
                answers[id_] = draft.answers[id_]
    both = replace(
        last,
        title=draft.title if "title" in fields else last.title,
        summary=draft.summary if "summary" in fields else last.summary,
        answers=answers,
        attachment_ids=draft.attachment_ids if ATTACHMENTS in fields else last.attachment_ids,
    )
    if both == last:
        raise NothingSupplied
    return both


def lacking(found: Sequence[FieldError], *, fields: Collection[str]) -> list[FieldError]:
    """Of all that a file lacks, what the team was asked for: the rest was good enough to be handed in."""
    return [error for error in found if error.pointer.removeprefix("#/") in fields]
