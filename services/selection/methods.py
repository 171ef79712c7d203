"""The methods of ranking: what inputs give, by the method that they name, and with what it was computed."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from services.selection.domain.agreement import agreement_of
from services.selection.domain.designs import groups_of
from services.selection.domain.ranking import (
    SEVERITY_CORRECTED,
    WEIGHTED_MEAN,
    RankedLine,
    UnknownMethod,
    digest_of,
    placed,
    points_of,
    recompute,
)


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """The files in order, and for `severity-corrected/1` how sure that order is."""

    lines: Sequence[RankedLine]
    report: dict[str, Any] | None

    @property
    def files(self) -> list[dict[str, Any]]:
        """The lines as plain JSON."""
        return [
            {
                "application_id": str(line.application_id),
                "rank": line.rank,
                "score": line.score,
                "reviews": line.reviews,
            }
            for line in self.lines
        ]

    @property
    def digest(self) -> str:
        """Of all that came out, as canonical JSON."""
        return digest_of({"files": self.files, "report": self.report})


def rank(inputs: Mapping[str, Any]) -> Ranked:
    """What these inputs give: the same bytes for everyone, at any time. Raises UnknownMethod."""
    if inputs["method"] == WEIGHTED_MEAN:
        return Ranked(lines=recompute(inputs), report=None)
    if inputs["method"] != SEVERITY_CORRECTED:
        raise UnknownMethod(inputs["method"])
    from services.selection.severity.model import design_of, known_of
    from services.selection.severity.report import report_of

    design = design_of(inputs)
    return _ranked(inputs, report_of(inputs, design, known_of(inputs, design)))


def rank_and_ask(
    inputs: Mapping[str, Any], *, barred: frozenset[tuple[str, int]]
) -> tuple[Ranked, Sequence[Mapping[str, Any]]]:
    """The same by `severity-corrected/1`, and the extra reviews that would settle most."""
    from services.selection.severity.model import design_of, known_of
    from services.selection.severity.report import report_of
    from services.selection.severity.settling import settling_of

    design = design_of(inputs)
    known = known_of(inputs, design)
    return _ranked(inputs, report_of(inputs, design, known)), settling_of(inputs, design, known, barred=barred)


def groups(inputs: Mapping[str, Any]) -> list[list[str]]:
    """The files of `severity-corrected/1` in groups that no juror links; one, if all can be compared."""
    return groups_of(
        inputs["files"], [(review["application_id"], int(review["juror"])) for review in inputs["reviews"]]
    )


def libraries_of(method: str) -> dict[str, str]:
    """What computes by this method here, with versions."""
    made_with = {"python": platform.python_version()}
    if method == SEVERITY_CORRECTED:
        import numpy as np

        made_with["numpy"] = np.__version__
    return made_with


def _ranked(inputs: Mapping[str, Any], report: dict[str, Any]) -> Ranked:
    # By what is told, so that files with the same score in the list share a place.
    scores = {line["application_id"]: Fraction(str(line["score"])) for line in report["files"]}
    lines = placed(scores, reviews={line["application_id"]: line["reviews"] for line in report["files"]})
    told = {UUID(line["application_id"]): line for line in report["files"]}
    agreement = agreement_of(points_of(inputs))
    return Ranked(
        lines=lines,
        report={
            **report,
            "files": [{**told[line.application_id], "rank": line.rank} for line in lines],
            "groups": groups(inputs),
            "agreement": {
                "alpha": agreement.alpha,
                "files": agreement.files,
                "reviews": agreement.reviews,
                "meaning": agreement.meaning,
            },
        },
    )
