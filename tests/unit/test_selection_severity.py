"""The corrected ranking: what it recovers, how sure it is of it, and that it depends on nothing but its inputs."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.selection.domain.agreement import agreement_of
from services.selection.domain.criteria import criteria_of
from services.selection.domain.designs import DesignDisconnected, check_connected, groups_of
from services.selection.domain.ranking import ScoredReview, digest_of, inputs_of, numbers_of, severity_inputs_of
from services.selection.methods import Ranked, groups, rank, rank_and_ask
from services.selection.severity.model import RATIOS, Design, design_of, posterior
from tests.support.juries import Simulated, concordance, missed, simulated

ONE = criteria_of({"team": 100})
CHALLENGE = UUID(int=99)
Given = tuple[int, int, int]
"""A file, a juror, a score."""


def inputs(given_scores: list[Given], *, places: int = 1) -> dict[str, Any]:
    reviews = [
        ScoredReview(
            review_id=UUID(int=1000 + number),
            application_id=UUID(int=file),
            revision=1,
            scores={"team": score},
            juror=juror,
        )
        for number, (file, juror, score) in enumerate(given_scores)
    ]
    return severity_inputs_of(
        challenge_id=CHALLENGE,
        files={review.application_id for review in reviews},
        criteria=ONE,
        reviews=reviews,
        places=places,
    )


def report(ranked: Ranked) -> dict[str, Any]:
    assert ranked.report is not None
    return ranked.report


def scores(ranked: Ranked) -> dict[int, float]:
    return {line.application_id.int: line.score for line in ranked.lines}


# What it recovers.


def test_a_file_read_by_severe_jurors_is_not_worse_for_that() -> None:
    """Juror 3 takes three points off whatever it reads; file 4 is as good as file 1, but was read by 3."""
    some = [
        (1, 1, 8),
        (1, 2, 8),
        (2, 1, 6),
        (2, 3, 3),
        (3, 2, 5),
        (3, 3, 2),
        (4, 3, 5),
        (4, 1, 8),
        (5, 2, 7),
        (5, 3, 4),
    ]

    told = report(rank(inputs(some)))

    line = {UUID(line["application_id"]).int: line for line in told["files"]}
    assert line[1]["mean"] - line[4]["mean"] == 15
    assert line[1]["score"] - line[4]["score"] < 5
    assert [juror["severity"] > 0 for juror in told["jurors"]] == [False, False, True]


def test_the_corrected_ranking_beats_the_raw_means_and_says_how_sure_it_is() -> None:
    """On juries with planted severities; the bounds are what was measured, less what chance may take."""
    found = [measured(simulated(seed)) for seed in range(40)]

    raw, corrected, wrong_raw, wrong_corrected, covered = np.mean(found, axis=0)
    assert corrected - raw > 0.05
    assert wrong_corrected < wrong_raw
    assert 0.86 <= covered <= 0.99


def measured(jury: Simulated) -> tuple[float, float, int, int, float]:
    """Kendall's tau and wrong decisions of raw and corrected, and how many true ranks are in their intervals."""
    ranked = rank(jury.inputs)
    lines = sorted(report(ranked)["files"], key=lambda line: line["application_id"])
    mean, score = (np.array([line[key] for line in lines]) for key in ("mean", "score"))
    true_ranks = (-jury.quality).argsort().argsort() + 1
    low, high = (np.array([line[key] for line in lines]) for key in ("rank_low", "rank_high"))
    return (
        concordance(mean, jury.quality),
        concordance(score, jury.quality),
        missed(mean, jury.quality, jury.places),
        missed(score, jury.quality, jury.places),
        float(((low <= true_ranks) & (true_ranks <= high)).mean()),
    )


def test_the_elimination_of_files_gives_what_the_whole_covariance_gives() -> None:
    """Against generalised least squares with the full covariance of all reviews, point by point of the grid."""
    design = design_of(simulated(3).inputs)
    count, files, jurors = len(design.points), len(design.files), len(design.jurors)
    of_files, of_jurors = np.eye(files)[design.file_of], np.eye(jurors)[design.juror_of]
    logs, told = [], []
    for quality in RATIOS:
        for effect in RATIOS:
            covariance = np.eye(count) + quality**2 * of_files @ of_files.T + effect**2 * of_jurors @ of_jurors.T
            inverse = np.linalg.inv(covariance)
            information = inverse.sum()
            level = inverse.sum(axis=0) @ design.points / information
            left = design.points - level
            squares = left @ inverse @ left + 3 * design.finest
            likelihood = np.linalg.slogdet(covariance)[1] + np.log(information) + (count + 2) * np.log(squares)
            prior = np.log(quality / (1 + quality**2)) + np.log(effect / (1 + effect**2))
            logs.append(prior - likelihood / 2)
            effects = effect**2 * of_jurors.T @ inverse @ left
            told.append(level + quality**2 * of_files.T @ inverse @ left + effects.mean())
    weight = np.exp(np.array(logs) - max(logs))

    known = posterior(design, seed=1, draws=4000)

    assert known.score == pytest.approx(weight / weight.sum() @ np.array(told), abs=1e-6)
    assert known.panel.mean(axis=0) == pytest.approx(known.score, abs=4 * known.score_error.max() / np.sqrt(4000))
    assert known.panel.std(axis=0) == pytest.approx(known.score_error, rel=0.15)


def test_with_the_same_spreads_statsmodels_gives_the_same_scores() -> None:
    """Recorded: MixedLM of statsmodels 0.15.0 by REML, files and jurors as variance components of one group."""
    quality, effect = (1.713935, 1.517292)
    recorded = [
        69.2516,
        65.6649,
        58.9483,
        42.0383,
        55.3082,
        56.3016,
        62.6784,
        58.6544,
        63.0512,
        64.0501,
        48.8016,
        66.8623,
        71.4163,
        70.8735,
        69.0214,
        56.0814,
        57.7509,
        43.2932,
        69.4315,
        55.9547,
    ]
    design = design_of(simulated(3).inputs)

    known = posterior(design, seed=1, draws=2, grid=[(quality, effect)])

    assert known.score == pytest.approx(recorded, abs=1e-3)


# How sure it is.


def test_the_zone_of_the_coin_toss_is_where_files_can_not_be_told_apart() -> None:
    some = [(file, juror, score) for file, score in ((1, 9), (2, 6), (3, 6), (4, 2)) for juror in (1, 2, 3)]

    told = report(rank(inputs(some, places=2)))

    assert [line["coin_toss"] for line in told["files"]] == [False, True, True, False]
    assert [line["rank"] for line in told["files"]] == [1, 2, 2, 4]
    assert told["files"][0]["above_cut"] > 0.95
    assert told["wrong_decisions_expected"] == pytest.approx(1, abs=0.1)


def test_where_every_file_has_a_place_no_decision_is_in_doubt() -> None:
    ranked, settling = rank_and_ask(inputs([(1, 1, 5), (2, 1, 6), (2, 2, 4)], places=5), barred=frozenset())

    assert report(ranked)["wrong_decisions_expected"] == 0
    assert {line["above_cut"] for line in report(ranked)["files"]} == {1.0}
    assert settling == []


def test_the_extra_review_that_settles_most_is_of_a_file_at_the_cut_by_who_may_read_it() -> None:
    some = [(file, juror, score) for file, score in ((1, 9), (2, 6), (3, 6), (4, 1)) for juror in (1, 2)]
    some += [(1, 3, 9), (4, 3, 1)]
    all_told = rank_and_ask(inputs(some, places=2), barred=frozenset())[1]

    without = rank_and_ask(inputs(some, places=2), barred=frozenset({(str(UUID(int=2)), 3), (str(UUID(int=3)), 3)}))[1]

    assert {UUID(one["application_id"]).int for one in all_told[:2]} <= {2, 3}
    assert all_told[0]["fewer_wrong_decisions"] > 0.05
    assert not any(one["juror"] in (1, 2) and UUID(one["application_id"]).int in (2, 3) for one in all_told)
    assert not any(one["juror"] == 3 for one in without)


def test_a_review_by_a_known_juror_teaches_more_than_one_by_somebody_new() -> None:
    jury = simulated(5, severity=12.0, rest=4.0)

    settling = rank_and_ask(jury.inputs, barred=frozenset())[1]

    assert settling[0]["juror"] is not None
    assert sorted(settling, key=lambda one: -one["fewer_wrong_decisions"]) == settling


# What it depends on.

REVIEWS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(0, 10)),
    min_size=1,
    max_size=14,
    unique_by=lambda one: one[:2],
)


@settings(max_examples=15, deadline=None)
@given(REVIEWS, st.randoms())
def test_the_order_of_the_inputs_changes_no_byte(some: list[Given], random: Any) -> None:
    one = inputs(some, places=2)
    other = {**one, "reviews": random.sample(one["reviews"], len(some)), "files": one["files"][::-1]}

    assert rank(one).digest == rank(other).digest


@settings(max_examples=15, deadline=None)
@given(REVIEWS)
def test_what_is_told_is_within_its_bounds_whatever_the_scores(some: list[Given]) -> None:
    ranked = rank(inputs(some, places=2))

    told = report(ranked)
    assert all(line["rank_low"] <= line["rank_high"] for line in told["files"])
    assert all(0 <= line["above_cut"] <= 1 and line["standard_error"] > 0 for line in told["files"])
    assert sum(line["above_cut"] for line in told["files"]) == pytest.approx(min(2, len(told["files"])))
    assert sum(told["variance_shares"].values()) == pytest.approx(1, abs=1e-5)
    assert sum(juror["severity"] for juror in told["jurors"]) == pytest.approx(0, abs=1e-4)
    assert all((a.score > b.score) == (a.rank < b.rank) for a in ranked.lines for b in ranked.lines)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(-12, 12))
def test_a_juror_who_gives_more_to_all_moves_the_order_little(seed: int, more: int) -> None:
    design = design_of(simulated(seed % 20).inputs)
    moved = Design(
        design.files,
        design.jurors,
        design.file_of,
        design.juror_of,
        design.points + more * (design.juror_of == 0),
        design.finest,
    )

    before, after = (posterior(one, seed=1, draws=2).score for one in (design, moved))

    raw_before, raw_after = (np.bincount(one.file_of, weights=one.points) for one in (design, moved))
    assert concordance(before, after) >= 0.85
    assert concordance(before, after) >= concordance(raw_before, raw_after) - 0.05


def test_files_with_the_same_reviews_share_a_rank() -> None:
    ranked = rank(inputs([(1, 1, 7), (1, 2, 5), (2, 1, 7), (2, 2, 5), (3, 1, 3), (3, 2, 4)]))

    assert [line.rank for line in ranked.lines] == [1, 1, 3]


@pytest.mark.parametrize("some", [[(1, 1, 5)], [(1, 1, 5), (2, 1, 5)], [(f, j, 10) for f in (1, 2) for j in (1, 2)]])
def test_the_smallest_juries_have_a_ranking_too(some: list[Given]) -> None:
    ranked = rank(inputs(some))

    assert {line.rank for line in ranked.lines} == {1}
    assert json.dumps(report(ranked), allow_nan=False)


def test_nobody_chooses_the_seed() -> None:
    one, other = inputs([(1, 1, 5)]), inputs([(1, 1, 6)])

    assert one["parameters"]["seed"] == inputs([(1, 1, 5)])["parameters"]["seed"]
    assert one["parameters"]["seed"] != other["parameters"]["seed"]


def test_what_was_published_is_computed_to_the_same_bytes_for_ever() -> None:
    """Recorded: a version that computes otherwise could not defend the rankings of the past."""
    some = simulated(1).inputs

    assert digest_of(some) == "9e0c67cd4d0fc8b5868a7ea60981679b1b9ce4ab4166fc226c29eed5c3a49b1e"
    assert rank(some).digest == "c0920e38e48a60a2047092c36368bcf56afb576eedcedbbe6e2600bfe7cb375e"


def test_jurors_are_numbered_as_they_come() -> None:
    first, second = UUID(int=8), UUID(int=7)

    assert numbers_of([first, second, first]) == {first: 1, second: 2}


# Groups and agreement.


def test_groups_that_no_juror_links_are_told_and_not_compared_by_themselves() -> None:
    apart = inputs([(1, 1, 8), (2, 1, 5), (3, 2, 9), (4, 2, 6)])

    told = groups(apart)

    assert [[UUID(file).int for file in group] for group in told] == [[1, 2], [3, 4]]
    assert report(rank(apart))["groups"] == told
    with pytest.raises(DesignDisconnected) as refused:
        check_connected(told, accept_groups=False)
    assert refused.value.extra == {"groups": told}
    check_connected(told, accept_groups=True)
    check_connected(groups_of({"a", "b", "c"}, [("a", 1), ("b", 1), ("b", 2), ("c", 2)]), accept_groups=False)


@pytest.mark.parametrize(
    ("points", "alpha", "meaning"),
    [
        ({"a": [1, 1], "b": [5, 5]}, 1.0, "agree well"),
        ({"a": [1, 5], "b": [5, 1]}, -0.5, "no better than chance"),
        ({"a": [1, 3], "b": [5, 5], "c": [9]}, 0.727273, "tentative"),
        ({"a": [1, 3], "b": [4, 4]}, 0.5, "agree little"),
        ({"a": [3, 3], "b": [3, 3]}, None, "All scores are the same"),
        ({"a": [3], "b": [4]}, None, "No file has two reviews"),
    ],
)
def test_agreement_is_a_figure_and_a_sentence(points: dict[str, list[int]], alpha: float | None, meaning: str) -> None:
    agreement = agreement_of({file: [Fraction(one) for one in given] for file, given in points.items()})

    assert agreement.alpha == alpha
    assert meaning in agreement.meaning


def test_agreement_is_the_figure_that_its_author_published() -> None:
    """Four observers, twelve units, some not seen: interval alpha 0.849 (Krippendorff, 2011, section E)."""
    observers = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    units = {str(unit): [Fraction(int(seen[unit])) for seen in observers if seen[unit] != "."] for unit in range(12)}

    alpha = agreement_of(units).alpha

    assert alpha is not None
    assert round(alpha, 3) == 0.849


# Recomputing, as anybody can.


def recompute(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.cli", "recompute-ranking", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def frozen(some: dict[str, Any]) -> dict[str, Any]:
    ranked = rank(some)
    return {
        "id": "this",
        "method": some["method"],
        "inputs": some,
        "inputs_digest": digest_of(some),
        "files": ranked.files,
        "report": ranked.report,
        "result_digest": ranked.digest,
        "libraries": {"numpy": "1.0"},
    }


def test_a_frozen_ranking_is_recomputed_offline_and_the_exit_code_says_how_it_went(tmp_path: Path) -> None:
    good = frozen(inputs([(1, 1, 8), (2, 1, 5), (2, 2, 6)]))
    old = frozen(inputs_of(challenge_id=CHALLENGE, files=[], criteria=ONE, reviews=[]))
    (tmp_path / "many.jsonl").write_text("\n".join(json.dumps(one) for one in (good, {**old, "result_digest": None})))
    moved = {**good, "files": [{**line, "score": 99.0} for line in good["files"]]}
    (tmp_path / "moved.json").write_text(json.dumps(moved))
    (tmp_path / "later.json").write_text(json.dumps({**good, "inputs": {**good["inputs"], "method": "later/1"}}))

    same, different, later, absent, misunderstood = (
        recompute(str(tmp_path / "many.jsonl"), "--print"),
        recompute(str(tmp_path / "moved.json")),
        recompute(str(tmp_path / "later.json")),
        recompute(str(tmp_path / "absent.json")),
        recompute(),
    )

    assert [one.returncode for one in (same, different, later, absent, misunderstood)] == [0, 1, 3, 3, 2]
    printed = same.stdout.splitlines()[0]
    assert digest_of(json.loads(printed)) == good["result_digest"]
    assert "these differ: files" in different.stdout
    assert "computed with numpy 1.0" in different.stdout
    assert "not a method that this version knows" in later.stderr
