"""What a ranking by `severity-corrected/1` tells of each file and each juror."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.selection.domain.ranking import DECIMALS
from services.selection.severity.model import Array, Design, Posterior


def report_of(inputs: Mapping[str, Any], design: Design, known: Posterior) -> dict[str, Any]:
    """Each file's corrected score, error, interval of ranks and chance to be above the cut; each juror's severity."""
    parameters = inputs["parameters"]
    ranks = np.sort(drawn := ranks_of(known.panel), axis=0)
    draws = len(ranks)
    outside = draws * (100 - parameters["interval_percent"]) // 200
    above = (drawn <= parameters["places"]).mean(axis=0)
    toss = parameters["coin_toss_percent"] / 100
    reviews = np.bincount(design.file_of, minlength=len(design.files))
    means = np.bincount(design.file_of, weights=design.points, minlength=len(design.files)) / reviews
    read = np.bincount(design.juror_of, minlength=len(design.jurors))
    return {
        "files": [
            {
                "application_id": file,
                "score": _told(known.score[i]),
                "mean": _told(means[i]),
                "standard_error": _told(known.score_error[i]),
                "rank_low": int(ranks[outside, i]),
                "rank_high": int(ranks[draws - 1 - outside, i]),
                "above_cut": _told(above[i]),
                "coin_toss": bool(toss < above[i] < 1 - toss),
                "reviews": int(reviews[i]),
            }
            for i, file in enumerate(design.files)
        ],
        "jurors": [
            {
                "juror": juror,
                "severity": _told(-known.effect[j]),
                "standard_error": _told(known.effect_error[j]),
                "reviews": int(read[j]),
            }
            for j, juror in enumerate(design.jurors)
        ],
        "variance_shares": dict(zip(("files", "jurors", "rest"), map(_told, known.shares), strict=True)),
        "wrong_decisions_expected": _told(wrong_decisions(above, parameters["places"])),
    }


def ranks_of(panel: Array) -> NDArray[np.intp]:
    """Draws × files: the rank of each file in each draw, the best first."""
    order = np.argsort(-panel, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, panel.shape[1] + 1)[None, :], axis=1)
    return ranks


def wrong_decisions(above: Array, places: int) -> float:
    """How many files are expected on the wrong side, if those most probably above the cut are taken."""
    if places <= 0:
        return 0.0
    order = np.sort(above)[::-1]
    return float((1 - order[:places]).sum() + order[places:].sum())


def _told(value: float) -> float:
    # Adding 0 takes the sign from -0.0, which JSON would tell.
    return round(float(value), DECIMALS) + 0.0
