"""A ranking as a page shows it, be it frozen or a preview, by either method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from markupsafe import Markup

from services.selection.domain.agreement import Grade, grade_of
from services.selection.handlers.previews import Preview
from services.selection.models import Ranking
from services.selection.pages.drawing import intervals
from services.selection.pages.naming import short
from services.selection.views.deliberation import Named


@dataclass(frozen=True, kw_only=True)
class Line:
    """A file's place. `sure` is what the model says of it; a plain mean says nothing."""

    application_id: UUID
    rank: int
    score: float
    reviews: int
    sure: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Juror:
    """By how many points a juror is more severe than the jury; frozen rankings know only its number."""

    number: int
    id: UUID | None
    severity: float
    standard_error: float
    reviews: int


@dataclass(frozen=True, kw_only=True)
class Settling:
    """One more review, and what it is worth; by somebody new where there is no juror."""

    application_id: UUID
    juror_id: UUID | None
    fewer: float


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """The whole of it."""

    method: str
    places: int
    lines: Sequence[Line]
    jurors: Sequence[Juror] = ()
    settling: Sequence[Settling] = ()
    unreviewed: Sequence[UUID] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    inputs_digest: str = ""

    @property
    def grade(self) -> Grade | None:
        agreement = self.report.get("agreement")
        return grade_of(agreement["alpha"], files=agreement["files"]) if agreement else None

    @property
    def places_of(self) -> Mapping[UUID, int]:
        return {line.application_id: line.rank for line in self.lines}

    def figure(self, names: Mapping[UUID, Named], *, rtl: bool) -> Markup | None:
        """None where nothing is known of how sure the places are."""
        sure = [{**line.sure, "rank": line.rank} for line in self.lines if line.sure]
        if len(sure) < len(self.lines) or not sure:
            return None
        called = [names.get(line.application_id, Named()).startup or short(line.application_id) for line in self.lines]
        return intervals(sure, places=self.places, names=called, rtl=rtl)


def frozen(ranking: Ranking) -> Ranks:
    report = ranking.report or {}
    return Ranks(
        method=ranking.method,
        places=ranking.inputs.get("parameters", {}).get("places", 1),
        lines=_lines(ranking.files, report),
        jurors=[_juror(one, None) for one in report.get("jurors", ())],
        report=report,
        inputs_digest=ranking.inputs_digest,
    )


def previewed(preview: Preview) -> Ranks:
    report = preview.ranked.report or {}
    return Ranks(
        method=preview.inputs["method"],
        places=preview.inputs["parameters"]["places"],
        lines=_lines(preview.ranked.files, report),
        jurors=[_juror(one, preview.jurors[one["juror"]]) for one in report["jurors"]],
        settling=[
            Settling(
                application_id=UUID(one["application_id"]),
                juror_id=preview.jurors.get(one["juror"]),
                fewer=one["fewer_wrong_decisions"],
            )
            for one in preview.settling
        ],
        unreviewed=preview.unreviewed,
        report=report,
        inputs_digest=preview.inputs_digest,
    )


def _lines(files: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> list[Line]:
    sure = {one["application_id"]: one for one in report.get("files", ())}
    return [
        Line(
            application_id=UUID(one["application_id"]),
            rank=one["rank"],
            score=one["score"],
            reviews=one["reviews"],
            sure=sure.get(one["application_id"]),
        )
        for one in files
    ]


def _juror(one: Mapping[str, Any], id_: UUID | None) -> Juror:
    return Juror(
        number=one["juror"],
        id=id_,
        severity=one["severity"],
        standard_error=one["standard_error"],
        reviews=one["reviews"],
    )
