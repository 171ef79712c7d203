"""A file's story as lanes, one for each service: what passes each row, and how a cause reaches its effect."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Part = Literal["through", "into", "out_of"]
"""Of a row: from its top to its bottom, from its top to its middle, or from its middle to its bottom."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """An event: in which lane it stands, and which row caused it, if that row is shown."""

    lane: int
    caused_by: int | None


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A line within a row; one that changes lanes ends in the middle of the row of the effect."""

    lane: int
    to_lane: int
    part: Part
    tells_cause: bool


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is to be drawn in a row: lines first, then the event's own mark."""

    lane: int
    strokes: tuple[Stroke, ...]


def draw(steps: Sequence[Step]) -> list[Drawn]:
    """Row by row. A cause runs down its own lane to the row of its effect, and crosses over there."""
    strokes: list[dict[Stroke, None]] = [{} for _ in steps]
    for lane in {step.lane for step in steps}:
        rows = [row for row, step in enumerate(steps) if step.lane == lane]
        for row, part in _down(rows[0], rows[-1]):
            strokes[row][Stroke(lane=lane, to_lane=lane, part=part, tells_cause=False)] = None
    for row, step in enumerate(steps):
        if step.caused_by is None or step.caused_by >= row:
            continue
        lane = steps[step.caused_by].lane
        for passed, part in _down(step.caused_by, row):
            to = step.lane if passed == row else lane
            strokes[passed][Stroke(lane=lane, to_lane=to, part=part, tells_cause=True)] = None
    return [Drawn(lane=step.lane, strokes=tuple(drawn)) for step, drawn in zip(steps, strokes, strict=True)]


def _down(first: int, last: int) -> Iterator[tuple[int, Part]]:
    if first == last:
        return
    yield first, "out_of"
    for row in range(first + 1, last):
        yield row, "through"
    yield last, "into"
