"""What an application may become, and why it may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid, NotFound

LONGEST_ANSWERS = 100_000
"""Characters of all answers together: a dossier must fit into one Kafka record in any script."""

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000
"""Characters of the summary, and of each answer. A draft may say more: nothing is lost while one shortens it."""

MOST_CHALLENGES = 20
MOST_ANSWERS = 40
MOST_ATTEMPTS = 5
"""Applications that one team may begin for one call, as it may withdraw and begin again."""
MOST_REVISIONS = 100
"""How often one application is handed in: each time is kept, told and mailed, so what one can fill stays bounded."""


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    ADMITTED = "admitted"
    DECLINED = "declined"
    SELECTED = "selected"
    RESERVED = "reserved"
    NOT_SELECTED = "not-selected"


ALLOWED = {
    Status.DRAFT: {Status.SUBMITTED, Status.WITHDRAWN},
    # To itself: revised before the deadline.
    # Admitted or declined only once the team is told; that a person decided before is kept apart.
    Status.SUBMITTED: {Status.SUBMITTED, Status.WITHDRAWN, Status.ADMITTED, Status.DECLINED},
    Status.ADMITTED: {Status.WITHDRAWN, Status.SELECTED, Status.RESERVED, Status.NOT_SELECTED},
    Status.RESERVED: {Status.WITHDRAWN, Status.SELECTED, Status.NOT_SELECTED},
    Status.DECLINED: set(),
    Status.SELECTED: {Status.WITHDRAWN},
    Status.NOT_SELECTED: set(),
    Status.WITHDRAWN: set(),
}

WRITABLE = frozenset({Status.DRAFT, Status.SUBMITTED})
"""A team may still write: a submitted file is revised by changing the draft and submitting again."""

SHOWN_ONCE_OPENED = frozenset(Status) - {Status.DRAFT, Status.WITHDRAWN}
"""What staff may read once the files are opened: never what was not handed in, nor what was taken back."""


class WrongStatus(Conflict):
    slug = "wrong-status"

    def __init__(self, status: str, wanted: str) -> None:
        after = sorted(ALLOWED[Status(status)])
        can = f"From here it can only become {', '.join(after)}" if after else "Nothing follows on that"
        super().__init__(
            f"This application is {status}, so it can't become {wanted}. {can}. Read it again to see where it stands.",
            application_status=status,
            possible=after,
        )


class NotWritable(Conflict):
    slug = "not-writable"

    def __init__(self, status: str) -> None:
        super().__init__(
            f"This application is {status}, so it no longer changes. Draft another one for an open call.",
            application_status=status,
        )


class Incomplete(Invalid):
    slug = "incomplete-application"

    def __init__(self, missing: Sequence[FieldError]) -> None:
        super().__init__(
            "This application is not complete. Add what `errors` points at to the draft, then submit again.",
            errors=missing,
        )


class NothingChanged(Conflict):
    slug = "nothing-changed"

    def __init__(self, revision: int) -> None:
        super().__init__(
            f"This is what you handed in as revision {revision}. Change the draft first if you want to revise.",
            revision=revision,
        )


class TooManyRevisions(Conflict):
    slug = "too-many-revisions"
    message = (
        f"This application was handed in {MOST_REVISIONS} times, which is the most: the last one counts. "
        "Ask the programme team if it must change."
    )


class ChallengeNotInCall(Invalid):
    slug = "challenge-not-in-call"

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(
            "Choose among the challenges of this call: GET /calls/{call_id} lists them.",
            errors=[
                FieldError(pointer=f"#/challenge_ids/{n}", detail="is not a challenge of this call", code="not_in_call")
                for n in positions
            ],
        )


class AnswersTooLong(Invalid):
    slug = "answers-too-long"

    def __init__(self) -> None:
        super().__init__(
            f"All answers together may have {LONGEST_ANSWERS:,} characters. Shorten them.",
            errors=[FieldError(pointer="#/answers", detail="too long altogether", code="too_long")],
        )


class TooManyAnswers(Invalid):
    slug = "too-many-answers"

    def __init__(self) -> None:
        super().__init__(
            f"A draft holds {MOST_ANSWERS} answers at most. Take one away first.",
            errors=[FieldError(pointer="#/answers", detail="too many", code="too_many")],
        )


class AlreadyApplied(Conflict):
    slug = "already-applied"

    def __init__(self, application_id: UUID) -> None:
        super().__init__(
            "Your team has an application for this call already. Change that one, or withdraw it first.",
            application_id=application_id,
        )


class TooManyAttempts(Conflict):
    slug = "too-many-attempts"
    message = (
        f"Your team has begun and withdrawn {MOST_ATTEMPTS} applications for this call, which is the most. "
        "Ask the programme team if you need another."
    )


class NoSuchApplication(NotFound):
    message = "There is no application with this id that you may see. List yours with GET /applications."


@dataclass(frozen=True, kw_only=True)
class Content:
    """What an application says at one moment: its draft, or one of its revisions."""

    title: str | None = None
    summary: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    challenge_ids: tuple[UUID, ...] = ()
    attachment_ids: frozenset[UUID] = frozenset()

    def missing(self) -> list[FieldError]:
        """What keeps it from being handed in; empty when it is complete."""
        wanted = {"title": "Give it a title.", "summary": "Sum it up.", "challenge_ids": "Name at least one challenge."}
        return [
            FieldError(pointer=f"#/{name}", detail=detail, code="missing")
            for name, detail in wanted.items()
            if not getattr(self, name)
        ]

    def too_long(self) -> list[FieldError]:
        """What must be shortened before it is handed in."""
        texts = {"summary": self.summary} | {f"answers/{name}": text for name, text in self.answers.items()}
        limits = {"title": (self.title, LONGEST_TITLE)} | {n: (text, LONGEST_TEXT) for n, text in texts.items()}
        return [
            FieldError(pointer=f"#/{name}", detail=f"has more than {limit:,} characters", code="too_long")
            for name, (text, limit) in limits.items()
            if text and len(text) > limit
        ]


def become(status: str, wanted: Status) -> Status:
    """The next status. Raises WrongStatus."""
    if wanted not in ALLOWED[Status(status)]:
        raise WrongStatus(status, wanted)
    return wanted


def require_attempt_left(begun: int) -> None:
    if begun >= MOST_ATTEMPTS:
        raise TooManyAttempts


def require_writable(status: str) -> None:
    if status not in WRITABLE:
        raise NotWritable(status)


def hand_in(
    status: str, *, draft: Content, lacking: Sequence[FieldError], last: Content | None, revision: int
) -> Status:
    """Freeze the draft as the next revision, unless it lacks something.

    Raises WrongStatus, Incomplete, NothingChanged, TooManyRevisions.
    """
    after = become(status, Status.SUBMITTED)
    if lacking:
        raise Incomplete(lacking)
    if draft == last:
        raise NothingChanged(revision)
    if revision >= MOST_REVISIONS:
        raise TooManyRevisions
    return after


def check_content(content: Content, *, offered: Sequence[UUID] | None) -> None:
    """What may be saved as a draft; None if its challenges stay as they were.

    Raises ChallengeNotInCall, AnswersTooLong, TooManyAnswers.
    """
    if offered is not None and (strangers := [n for n, id_ in enumerate(content.challenge_ids) if id_ not in offered]):
        raise ChallengeNotInCall(strangers)
    if sum(len(name) + len(text) for name, text in content.answers.items()) > LONGEST_ANSWERS:
        raise AnswersTooLong
    if len(content.answers) > MOST_ANSWERS:
        raise TooManyAnswers
