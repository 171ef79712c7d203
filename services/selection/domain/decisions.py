"""What is decided on each application, what must hold before it is published, and how one outcome may be changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.selection.domain.markets import Market
from services.selection.domain.matching import Preferences
from shared.errors import Conflict, FieldError, Invalid


class Outcome(StrEnum):
    SELECTED = "selected"
    RESERVE = "reserve"
    NOT_SELECTED = "not-selected"


class DecisionsState(StrEnum):
    DRAFT = "draft"
    SUPERSEDED = "superseded"
    PUBLISHED = "published"


class Kind(StrEnum):
    RESULTS = "results"
    """All decisions of an edition."""
    PROMOTION = "promotion"
    """Who moves up from reserve after the results, as somebody selected withdrew."""


class NothingToDecide(Conflict):
    slug = "nothing-to-decide"
    message = "This edition has no admitted file, so there is nothing to decide."


class RankingsMissing(Conflict):
    slug = "rankings-missing"

    def __init__(self, challenges: Collection[UUID]) -> None:
        super().__init__(
            f"{len(challenges)} challenges with admitted files have no frozen ranking. "
            "Appoint their juries, have the files reviewed and freeze the rankings first.",
            challenges=sorted(str(challenge) for challenge in challenges),
        )


class FilesNotRanked(Conflict):
    slug = "files-not-ranked"

    def __init__(self, files: Collection[UUID]) -> None:
        super().__init__(
            f"{len(files)} files were admitted after every ranking that concerns them was frozen. "
            "Decide without them as not selected by leave_unranked: true.",
            files=sorted(str(file) for file in files),
        )


class ResultsAlreadyPublished(Conflict):
    slug = "results-already-published"
    message = "This edition's results are published, once and together. They can't be decided again."


class DecisionsNotOpen(Conflict):
    slug = "decisions-not-open"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"These decisions are {state} and can't be changed. Read the edition's present draft.", state=str(state)
        )


class DecisionsOutdated(Conflict):
    slug = "decisions-outdated"

    def __init__(
        self, *, withdrawn: Collection[UUID], newcomers: Collection[UUID], reordered: Collection[UUID] = ()
    ) -> None:
        super().__init__(
            "Since these decisions were proposed, files were withdrawn or admitted, or partners ordered their "
            "shortlists. Propose the decisions again.",
            reordered=sorted(str(challenge) for challenge in reordered),
            withdrawn=sorted(str(file) for file in withdrawn),
            newcomers=sorted(str(file) for file in newcomers),
        )


class ChallengeFull(Conflict):
    slug = "challenge-full"

    def __init__(self, *, capacity: int) -> None:
        super().__init__(
            f"This challenge takes {capacity} and has that many already. First change the outcome of one of them.",
            capacity=capacity,
        )


class MinimumAbovePlaces(Invalid):
    slug = "minimum-above-places"

    def __init__(self, challenges: Sequence[UUID]) -> None:
        super().__init__(
            "A challenge can't get at least more startups than it takes. Lower its minimum, or give it more places.",
            errors=[
                FieldError(pointer=f"#/minimums/{challenge}", detail="more than its places", code="above")
                for challenge in challenges
            ],
        )


class PromotionFollowsTheList(Conflict):
    slug = "promotion-follows-the-list"
    message = (
        "Who moves up follows from the reserve list that was published, so it isn't changed by hand. If the startup "
        "does not want the place, it withdraws; then propose again."
    )


class NotACandidateFor(Invalid):
    slug = "not-a-candidate-for"

    def __init__(self, named: Collection[UUID]) -> None:
        super().__init__(
            "The application did not name this challenge, so it can't be matched to it. Choose one that it named.",
            errors=[FieldError(pointer="#/challenge_id", detail="not named by the application", code="not_named")],
            named=sorted(str(challenge) for challenge in named),
        )


class ChallengeOnlyIfSelected(Invalid):
    slug = "challenge-only-if-selected"
    message = (
        "Give challenge_id with the outcome `selected`, and with no other: one startup is matched to one challenge."
    )

    def __init__(self) -> None:
        super().__init__(errors=[FieldError(pointer="#/challenge_id", detail="only if selected", code="challenge_id")])


@dataclass(frozen=True, kw_only=True)
class Decided:
    """An application's outcome; a challenge only if it is selected."""

    application_id: UUID
    outcome: Outcome
    challenge_id: UUID | None = None


def check_rankings(wishes: Preferences, challenges: Preferences, *, leave_unranked: bool) -> None:
    """Raise unless every challenge with candidates is ranked, and every candidate stands in a ranking."""
    if not wishes:
        raise NothingToDecide
    missing = {challenge for named in wishes.values() for challenge in named} - challenges.keys()
    if missing:
        raise RankingsMissing(missing)
    ranked = {application for order in challenges.values() for application in order}
    if (unranked := wishes.keys() - ranked) and not leave_unranked:
        raise FilesNotRanked(unranked)


def check_minimums(minimums: Mapping[UUID, int], capacities: Mapping[UUID, int]) -> None:
    """Raise MinimumAbovePlaces if a challenge is to get at least more than it takes."""
    above = sorted(challenge for challenge, least in minimums.items() if least > capacities[challenge])
    if above:
        raise MinimumAbovePlaces(above)


def propose(market: Market, *, reserves: Mapping[UUID, int]) -> list[Decided]:
    """Match, then take the next best of each challenge as its reserve; who remains is not selected."""
    wishes = market.wishes
    matched = market.match()
    reserve: set[UUID] = set()
    for challenge, order in market.orders.items():
        left = [application for application in order if application in wishes and application not in matched]
        reserve.update(left[: reserves[challenge]])
    return [
        Decided(
            application_id=application,
            outcome=_outcome(application, matched, reserve),
            challenge_id=matched.get(application),
        )
        for application in sorted(wishes)
    ]


def _outcome(application: UUID, matched: Mapping[UUID, UUID], reserve: Collection[UUID]) -> Outcome:
    if application in matched:
        return Outcome.SELECTED
    return Outcome.RESERVE if application in reserve else Outcome.NOT_SELECTED


def change(
    decided: Decided,
    *,
    named: Sequence[UUID],
    others: Collection[Decided],
    capacities: Mapping[UUID, int],
) -> Decided:
    """The outcome as somebody decided it by hand, if the challenge still has a place for it."""
    if (decided.challenge_id is not None) != (decided.outcome is Outcome.SELECTED):
        raise ChallengeOnlyIfSelected
    if decided.challenge_id is None:
        return decided
    if decided.challenge_id not in named:
        raise NotACandidateFor(named)
    capacity = capacities.get(decided.challenge_id, 0)
    if sum(1 for other in others if other.challenge_id == decided.challenge_id) >= capacity:
        raise ChallengeFull(capacity=capacity)
    return decided


def check_still_true(
    decided: Collection[UUID], eligible: Collection[UUID], *, reordered: Collection[UUID] = ()
) -> None:
    """Raise DecisionsOutdated unless it decides on exactly the files in the running, by the orders there are now."""
    withdrawn, newcomers = set(decided) - set(eligible), set(eligible) - set(decided)
    if withdrawn or newcomers or reordered:
        raise DecisionsOutdated(withdrawn=withdrawn, newcomers=newcomers, reordered=reordered)
