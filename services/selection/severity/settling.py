"""Which extra review, of which file by whom, would settle most at the cut."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from services.selection.domain.ranking import SEEDS
from services.selection.severity.model import Design, Posterior
from services.selection.severity.report import ranks_of, wrong_decisions

NEAR = 12
"""So many files nearest to the cut are asked about."""
DOUBT = 0.005
"""Files whose side of the cut is surer than that are left alone."""
OUTCOMES = 16
"""So many scores stand for all that an extra review might give."""


def settling_of(
    inputs: Mapping[str, Any], design: Design, known: Posterior, *, barred: Collection[tuple[str, int]], best: int = 5
) -> list[dict[str, Any]]:
    """For each extra review, by how much it is expected to lessen the wrong decisions at the cut; the best ones.

    The review's score is foretold from each draw; what each possible score would teach is the draws, weighted anew.
    """
    places = inputs["parameters"]["places"]
    above = (ranks_of(known.panel) <= places).astype(np.float64)
    chance = above.mean(axis=0)
    open_ = np.flatnonzero((chance > DOUBT) & (chance < 1 - DOUBT))
    left_over = places - int((chance >= 1 - DOUBT).sum())
    now = wrong_decisions(chance[open_], left_over)
    near = sorted(open_, key=lambda i: (abs(chance[i] - 0.5), design.files[i]))[:NEAR]
    done = set(zip(design.file_of.tolist(), design.juror_of.tolist(), strict=True))
    # Another stream than the draws' own, or the rest of a review would know of their spreads.
    random = np.random.RandomState((inputs["parameters"]["seed"] + 1) % SEEDS)
    rest = random.standard_normal(len(above)) * known.rest
    stranger = random.standard_normal(len(above)) * known.spread
    told: list[tuple[float, str, int | None]] = []
    for i in near:
        for j in (*range(len(design.jurors)), None):
            if j is not None and ((i, j) in done or (design.files[i], design.jurors[j]) in barred):
                continue
            # Somebody new brings a severity that nobody knows: it makes the score vaguer, and teaches nothing else.
            centre = known.quality[:, i] + (stranger if j is None else known.effects[:, j])
            score = np.sort(centre + rest)[(np.arange(OUTCOMES) * 2 + 1) * len(above) // (2 * OUTCOMES)]
            logs = -0.5 * ((score[:, None] - centre) / known.rest) ** 2 - np.log(known.rest)
            weight = np.exp(logs - logs.max(axis=1, keepdims=True))
            then = (weight / weight.sum(axis=1, keepdims=True)) @ above[:, open_]
            left = float(np.mean([wrong_decisions(each, left_over) for each in then]))
            told.append((round(now - left, 3), design.files[i], None if j is None else design.jurors[j]))
    return [
        {"application_id": file, "juror": juror, "fewer_wrong_decisions": fewer}
        for fewer, file, juror in sorted(told, key=lambda one: (-one[0], one[1], one[2] or 0))[:best]
    ]
