"""Scores, reviews, rankings and decisions: what may be, and why it may not."""

import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.selection.domain import decisions, reviews
from services.selection.domain.criteria import (
    HIGHEST,
    LOWEST,
    PARIS,
    RubricOfNoCriterion,
    ScoresNotAcceptable,
    WeightsDoNotAddUp,
    check_scores,
    criteria_of,
)
from services.selection.domain.decisions import Decided, Outcome
from services.selection.domain.juries import JurorHasReviews, JuryFrozen, JuryState, check_change, check_open
from services.selection.domain.markets import Market
from services.selection.domain.ranking import (
    NothingToRank,
    RankingNotReady,
    ScoredReview,
    UnknownMethod,
    check_ready,
    digest_of,
    inputs_of,
    recompute,
)
from services.selection.domain.reviews import Judged, ReviewState
from services.selection.domain.rubrics import Rubric, rubric_from

FIVE = criteria_of(None)
A, B, C = (UUID(int=number) for number in (1, 2, 3))
FULL = dict.fromkeys(PARIS, 7)


def test_the_five_criteria_of_paris_are_the_default() -> None:
    assert {criterion.key: criterion.weight for criterion in FIVE} == {
        "team": 20,
        "rollout": 20,
        "mass_production": 20,
        "fit": 20,
        "data": 20,
    }


def test_weights_that_do_not_add_up_are_refused_with_their_sum() -> None:
    with pytest.raises(WeightsDoNotAddUp, match="add up to 90"):
        criteria_of({"team": 90})


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ({**FULL, "style": 3}, "unknown_criterion"),
        ({**FULL, "team": 11}, "score_range"),
        ({**FULL, "team": -1}, "score_range"),
    ],
)
def test_a_score_outside_the_jurys_scale_is_refused(scores: dict[str, int], code: str) -> None:
    with pytest.raises(ScoresNotAcceptable) as refused:
        check_scores(scores, FIVE, complete=True)

    assert [error.code for error in refused.value.errors] == [code]


def test_a_draft_keeps_what_is_not_changed_and_null_takes_back() -> None:
    judged = Judged({"team": 1, "fit": 2}).then({"team": None, "data": 3}, {})

    assert judged == Judged({"fit": 2, "data": 3}, [])


def test_a_criterion_has_a_score_or_an_abstention_and_the_last_word_counts() -> None:
    abstained = Judged({"team": 4}).then({}, {"team": True, "data": True})
    scored = abstained.then({"team": 6}, {})
    taken_back = scored.then({}, {"data": False, "fit": False})

    assert abstained == Judged({}, ["data", "team"])
    assert scored == Judged({"team": 6}, ["data"])
    assert taken_back == Judged({"team": 6}, [])


def test_a_review_is_whole_with_a_score_or_an_abstention_for_each_criterion_and_one_score_at_least() -> None:
    some = Judged({"team": 7, "fit": 3}, ["data", "rollout", "mass_production"])
    assert submitted(some) is ReviewState.SUBMITTED

    with pytest.raises(ScoresNotAcceptable) as nothing:
        submitted(Judged({}, list(PARIS)))
    with pytest.raises(ScoresNotAcceptable) as missing:
        submitted(Judged({"team": 7}, ["data"]))

    assert [error.code for error in nothing.value.errors] == ["no_score"]
    assert [error.pointer for error in missing.value.errors] == [
        "#/scores/rollout",
        "#/scores/mass_production",
        "#/scores/fit",
    ]


@pytest.mark.parametrize("state", [ReviewState.SUBMITTED, ReviewState.RECUSED, ReviewState.CANCELLED])
def test_only_an_assigned_review_takes_scores(state: ReviewState) -> None:
    with pytest.raises(reviews.ReviewNotOpen):
        reviews.save_draft(state, Judged({"team": 1}), {}, criteria=FIVE, read=None, newest=1)
    with pytest.raises(reviews.ReviewNotOpen):
        submitted(Judged(FULL), state=state)


def test_a_review_is_pinned_to_the_newest_revision() -> None:
    assert submitted(Judged(FULL), read=2, newest=2) is ReviewState.SUBMITTED
    with pytest.raises(reviews.NewerRevision) as newer:
        submitted(Judged(FULL), read=1, newest=2)
    with pytest.raises(reviews.UnknownRevision):
        submitted(Judged(FULL), read=3, newest=2)
    assert newer.value.extra == {"read": 1, "newest": 2}


def test_a_draft_on_an_older_revision_is_kept_all_the_same() -> None:
    reviews.save_draft(ReviewState.ASSIGNED, Judged({"team": 1}), {}, criteria=FIVE, read=1, newest=2)


def submitted(judged: Judged, *, state: str = ReviewState.ASSIGNED, read: int = 1, newest: int = 1) -> ReviewState:
    return reviews.submit(state, judged, {}, criteria=FIVE, read=read, newest=newest)


def test_each_criterion_of_paris_says_in_three_languages_what_its_scores_mean() -> None:
    for criterion in FIVE:
        rubric = criterion.rubric
        assert {LOWEST, HIGHEST} <= rubric.anchors.keys() <= set(range(LOWEST, HIGHEST + 1))
        for words in (rubric.title, rubric.asks, *rubric.anchors.values()):
            assert words.keys() == {"fr", "ar", "en"}
            assert all(words.values())


def test_a_jury_describes_its_own_criteria_and_none_that_it_has_not() -> None:
    own = Rubric(title={"fr": "Sobriété", "en": "Frugality"}, anchors={0: {"en": "Wasteful."}})
    criteria = criteria_of({"team": 60, "frugal": 40}, {"frugal": own})

    assert [one.rubric.title.get("fr") for one in criteria] == ["Qualité de l'équipe", "Sobriété"]
    assert rubric_from(own.plain) == own
    with pytest.raises(RubricOfNoCriterion, match="no weight"):
        criteria_of({"team": 100}, {"frugal": own})


def test_an_abstention_is_no_zero_in_a_weighted_mean() -> None:
    criteria = criteria_of({"team": 60, "fit": 40})
    whole = ScoredReview(review_id=A, application_id=A, revision=1, scores={"team": 8, "fit": 8})
    without_fit = ScoredReview(review_id=B, application_id=B, revision=1, scores={"team": 8})

    lines = recompute(inputs_of(challenge_id=C, files=[A, B], criteria=criteria, reviews=[whole, without_fit]))

    assert [(line.rank, line.score) for line in lines] == [(1, 80.0), (1, 80.0)]


@given(st.sampled_from(ReviewState), st.lists(st.sampled_from(ReviewState), max_size=5))
def test_nothing_leads_back_to_an_assigned_review(start: ReviewState, wanted: list[ReviewState]) -> None:
    state: ReviewState = start
    for to in wanted:
        try:
            state = reviews.step(state, to)
        except reviews.ReviewNotOpen:
            continue
        assert state is not ReviewState.ASSIGNED


def test_a_frozen_jury_changes_no_more_and_a_reviewer_keeps_the_seat() -> None:
    check_open(JuryState.ASSIGNED)
    with pytest.raises(JuryFrozen):
        check_open(JuryState.RANKED)
    with pytest.raises(JurorHasReviews):
        check_change(leaving={A, B}, holding_reviews={B})


# Rankings.


def scored(number: int, application: UUID, score: int) -> ScoredReview:
    return ScoredReview(
        review_id=UUID(int=100 + number), application_id=application, revision=1, scores=dict.fromkeys(PARIS, score)
    )


def test_equal_means_share_a_rank_and_the_next_counts_them() -> None:
    given_reviews = [scored(1, A, 6), scored(2, A, 8), scored(3, B, 7), scored(4, C, 5)]

    lines = recompute(inputs_of(challenge_id=A, files=[A, B, C], criteria=FIVE, reviews=given_reviews))

    assert [(line.application_id, line.rank, line.score, line.reviews) for line in lines] == [
        (A, 1, 70.0, 2),
        (B, 1, 70.0, 1),
        (C, 3, 50.0, 1),
    ]


def test_weights_count() -> None:
    criteria = criteria_of({"team": 90, "fit": 10})
    strong_team = ScoredReview(review_id=A, application_id=A, revision=1, scores={"team": 10, "fit": 0})
    good_fit = ScoredReview(review_id=B, application_id=B, revision=1, scores={"team": 0, "fit": 10})

    lines = recompute(inputs_of(challenge_id=C, files=[A, B], criteria=criteria, reviews=[good_fit, strong_team]))

    assert [(line.application_id, line.score) for line in lines] == [(A, 90.0), (B, 10.0)]


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 10)), min_size=1, max_size=12), st.randoms())
def test_the_digest_and_the_ranking_do_not_depend_on_the_order_of_reviews(
    given_scores: list[tuple[UUID, int]], random: object
) -> None:
    some = [scored(number, application, score) for number, (application, score) in enumerate(given_scores)]
    files = {review.application_id for review in some}
    shuffled = sorted(some, key=lambda _: random.random())  # type: ignore[attr-defined]

    inputs = inputs_of(challenge_id=A, files=files, criteria=FIVE, reviews=some)
    again = inputs_of(challenge_id=A, files=sorted(files, reverse=True), criteria=FIVE, reviews=shuffled)

    assert digest_of(inputs) == digest_of(again)
    lines = recompute(inputs)
    assert lines == recompute(again)
    assert all(0 <= line.score <= 100 for line in lines)
    assert all((one.score > other.score) == (one.rank < other.rank) for one in lines for other in lines)


def test_thousands_of_files_are_ranked_without_comparing_each_with_each() -> None:
    files = [UUID(int=number) for number in range(1, 3001)]
    some = [scored(number, file, number % 11) for number, file in enumerate(files, start=1)]
    inputs = inputs_of(challenge_id=A, files=files, criteria=FIVE, reviews=some)

    began = time.process_time()
    lines = recompute(inputs)

    assert time.process_time() - began < 1
    assert lines[0].rank == 1
    assert lines[-1].rank == 1 + sum(1 for line in lines if line.score > 0)


def test_the_digest_is_the_one_that_was_published() -> None:
    """Recorded: a version that digests otherwise could not verify the rankings of the past."""
    inputs = inputs_of(challenge_id=A, files=[B], criteria=FIVE, reviews=[scored(1, B, 7)])

    assert digest_of(inputs) == "9e28a061b030c3ea9dcd60757a3a922a16ac13c2fbff116c63112ddd75db7fc0"


def test_another_method_is_not_recomputed_by_this_one() -> None:
    with pytest.raises(UnknownMethod):
        recompute({"method": "weighted-mean/2"})


def test_a_ranking_waits_for_open_reviews_and_unreviewed_files() -> None:
    with pytest.raises(NothingToRank):
        check_ready(files=[], open_reviews=[], reviewed=[])
    with pytest.raises(RankingNotReady) as refused:
        check_ready(files=[A, B], open_reviews=[C], reviewed=[A])
    check_ready(files=[A, B], open_reviews=[], reviewed=[A, B])

    assert refused.value.extra == {"open_reviews": [str(C)], "unreviewed_files": [str(B)]}


# Decisions: B and C are challenges here, numbers from 10 are applications.

X, Y, Z = (UUID(int=number) for number in (10, 11, 12))


def test_the_next_best_of_each_challenge_is_its_reserve() -> None:
    wishes = {X: [B], Y: [B], Z: [B]}

    market = Market(wishes=wishes, orders={B: [Y, X, Z]}, capacities={B: 1}, minimums={})

    decided = decisions.propose(market, reserves={B: 1})

    assert {one.application_id: (one.outcome, one.challenge_id) for one in decided} == {
        X: (Outcome.RESERVE, None),
        Y: (Outcome.SELECTED, B),
        Z: (Outcome.NOT_SELECTED, None),
    }


def test_who_withdrew_after_the_ranking_takes_no_place() -> None:
    market = Market(wishes={X: [B]}, orders={B: [Y, X]}, capacities={B: 1}, minimums={})

    decided = decisions.propose(market, reserves={B: 1})

    assert decided == [Decided(application_id=X, outcome=Outcome.SELECTED, challenge_id=B)]


def test_a_challenge_is_not_to_get_at_least_more_than_it_takes() -> None:
    with pytest.raises(decisions.MinimumAbovePlaces) as refused:
        decisions.check_minimums({B: 2, C: 1}, {B: 1, C: 1})

    assert [error.pointer for error in refused.value.errors] == [f"#/minimums/{B}"]


def test_decisions_wait_for_every_ranking_and_every_file() -> None:
    with pytest.raises(decisions.NothingToDecide):
        decisions.check_rankings({}, {}, leave_unranked=False)
    with pytest.raises(decisions.RankingsMissing) as missing:
        decisions.check_rankings({X: [B, C]}, {B: [X]}, leave_unranked=False)
    with pytest.raises(decisions.FilesNotRanked) as unranked:
        decisions.check_rankings({X: [B], Y: [B]}, {B: [X]}, leave_unranked=False)
    decisions.check_rankings({X: [B], Y: [B]}, {B: [X]}, leave_unranked=True)

    assert missing.value.extra == {"challenges": [str(C)]}
    assert unranked.value.extra == {"files": [str(Y)]}


def test_an_outcome_is_changed_only_to_a_challenge_that_was_named_and_has_a_place() -> None:
    selected = Decided(application_id=X, outcome=Outcome.SELECTED, challenge_id=B)
    other = Decided(application_id=Y, outcome=Outcome.SELECTED, challenge_id=B)

    assert decisions.change(selected, named=[B], others=[other], capacities={B: 2}) == selected
    with pytest.raises(decisions.ChallengeFull):
        decisions.change(selected, named=[B], others=[other], capacities={B: 1})
    with pytest.raises(decisions.NotACandidateFor):
        decisions.change(selected, named=[C], others=[], capacities={B: 1, C: 1})
    with pytest.raises(decisions.ChallengeOnlyIfSelected):
        decisions.change(
            Decided(application_id=X, outcome=Outcome.RESERVE, challenge_id=B), named=[B], others=[], capacities={B: 1}
        )
    with pytest.raises(decisions.ChallengeOnlyIfSelected):
        decisions.change(Decided(application_id=X, outcome=Outcome.SELECTED), named=[B], others=[], capacities={B: 1})


def test_a_draft_that_misses_a_newcomer_or_keeps_a_leaver_is_outdated() -> None:
    decisions.check_still_true([X, Y], [Y, X])
    with pytest.raises(decisions.DecisionsOutdated) as outdated:
        decisions.check_still_true([X, Y], [Y, Z])

    assert outdated.value.extra == {"withdrawn": [str(X)], "newcomers": [str(Z)], "reordered": []}
