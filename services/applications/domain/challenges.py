"""How a partner's problem becomes a public challenge."""

from enum import StrEnum

from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound


class ChallengeStatus(StrEnum):
    DECLARED = "declared"
    PUBLISHED = "published"


ALLOWED = {
    ChallengeStatus.DECLARED: {ChallengeStatus.PUBLISHED},
    ChallengeStatus.PUBLISHED: set[ChallengeStatus](),
}


class ChallengePublishedAlready(Conflict):
    slug = "challenge-published"
    message = (
        "This challenge is published, and startups answer it as it stands: it can't be changed or published again. "
        "Declare another one."
    )


class ChallengeNotPublished(Invalid):
    slug = "challenge-not-published"

    def __init__(self, positions: list[int]) -> None:
        super().__init__(
            "A call names published challenges of its edition only. Publish them first, or leave them out.",
            errors=[
                FieldError(
                    pointer=f"#/challenge_ids/{n}",
                    detail="is not a published challenge of this edition",
                    code="not_published",
                )
                for n in positions
            ],
        )


class NoOrganisation(Forbidden):
    slug = "no-organisation"
    message = "Your sign-in names no organisation, so we can't tell whose challenge this is. Ask the programme team."


class EditionUnderWay(Conflict):
    slug = "edition-under-way"
    message = (
        "A call of this edition has opened, and people know the edition as it stands: it can't be changed any more."
    )


class NoSuchChallenge(NotFound):
    message = "There is no challenge with this id that you may see. List them with GET /challenges."


class NoSuchEdition(NotFound):
    message = "There is no edition with this id. List them with GET /editions."


class NoSuchCall(NotFound):
    message = "There is no call with this id. List them with GET /calls."


def require_to_come(*, opened: bool) -> None:
    """Return while an edition may be corrected. Raises EditionUnderWay once one of its calls has opened."""
    if opened:
        raise EditionUnderWay


def require_declared(status: str) -> None:
    """Raises ChallengePublishedAlready once it is public."""
    if ChallengeStatus.PUBLISHED not in ALLOWED[ChallengeStatus(status)]:
        raise ChallengePublishedAlready
