"""The reasons that applicants get."""

from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event


class ReasonsSigned(Event):
    """One of the staff read the reasons for an applicant, found that they name nobody, and answers for it.

    `despite_hints` if a machine pointed at something that the person judged to tell nobody.
    """

    TYPE: ClassVar[str] = "io.datacity.reasons.signed.v1"
    SUBJECT: ClassVar[str] = "decisions_id"

    decisions_id: UUID
    edition_id: UUID
    application_id: UUID
    reasons_digest: str
    despite_hints: bool
