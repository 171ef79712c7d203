"""What becomes of a mail, and which answers of a mail server end it."""

from enum import StrEnum

from shared.errors import Conflict


class MailState(StrEnum):
    WAITING_FOR_PERSON = "waiting_for_person"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


TO_BE_SENT = (MailState.QUEUED, MailState.WAITING_FOR_PERSON)


class NothingDrafted(Conflict):
    slug = "nothing-drafted"
    message = "None of these letters is a draft any more: they went, or were stopped. Open the page again."


def state_of_new(*, known: bool) -> MailState:
    """A letter's first state; `known` if one knows how to write to its person."""
    return MailState.QUEUED if known else MailState.WAITING_FOR_PERSON


def is_final(reply_code: int) -> bool:
    """RFC 5321: 5yz is a refusal for good, 4yz asks to try again."""
    return 500 <= reply_code < 600
