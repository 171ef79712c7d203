"""What may be remarked on decisions: notes, which stay among staff, and dissent, which stands in the minutes."""

from enum import StrEnum

from shared.errors import FieldError, Invalid


class RemarkKind(StrEnum):
    NOTE = "note"
    DISSENT = "dissent"


class NotAJuror(Invalid):
    slug = "not-a-juror"

    def __init__(self) -> None:
        super().__init__(
            "A dissent is recorded for somebody who sits in a jury of this edition, or for whoever records it.",
            errors=[FieldError(pointer="#/juror_id", detail="sits in no jury of this edition", code="not_a_juror")],
        )
