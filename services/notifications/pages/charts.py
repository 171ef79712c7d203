"""Charts as plain SVG, made here: bars over days, and bars beside names. Each has a table of the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT = 640, 220
LEFT, TOP, BOTTOM = 44, 12, 26
WIDEST = 48
_ROW = 30
_KINDS = 4
"""Kinds that have a colour of their own; the table tells the rest apart."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A day, with a part for each kind."""

    label: str
    parts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.parts)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A name and its number; `said` is the number in words."""

    label: str
    value: float
    said: str
    kind: str = ""


def columns(days: Sequence[Column], *, rtl: bool, number: Any) -> Markup:
    """Stacked columns, the earliest where reading begins."""
    top = ceiling(max((day.total for day in days), default=0))
    inner, base = WIDTH - LEFT, HEIGHT - BOTTOM
    step = inner / max(1, len(days))
    thick = min(step * 0.76, WIDEST)
    drawn: list[Markup] = []
    for share in (0, 0.5, 1):
        y = base - share * (base - TOP)
        edges = (0, y, WIDTH - LEFT) if rtl else (LEFT, y, WIDTH)
        drawn.append(Markup('<path class="rule" d="M{} {:.1f}H{}"/>').format(*edges))
        if top * share == int(top * share):
            anchor_x = WIDTH - LEFT + 6 if rtl else LEFT - 6
            drawn.append(_text(anchor_x, y + 4, number(int(top * share)), anchor="start" if rtl else "end", rtl=rtl))
    every = max(1, -(-len(days) // 8))
    for place, day in enumerate(days):
        x = _mirrored(LEFT + place * step + (step - thick) / 2, thick, rtl)
        y = float(base)
        for kind, part in enumerate(day.parts):
            height = part / top * (base - TOP) if top else 0
            y -= height
            if part:
                drawn.append(
                    Markup('<rect class="bar b{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                        kind % _KINDS, x, y, thick, height
                    )
                )
        if place % every == 0:
            drawn.append(_text(x + thick / 2, HEIGHT - 8, day.label, anchor="middle", rtl=rtl))
    return _svg(HEIGHT, drawn)


def bars(items: Sequence[Bar], *, rtl: bool, full: float = 0) -> Markup:
    """Bars under their names, one below the other; the longest fills the width, or `full` would."""
    longest = full or max((each.value for each in items), default=0) or 1
    drawn: list[Markup] = []
    for row, each in enumerate(items):
        y = row * _ROW * 1.5
        edge = WIDTH if rtl else 0
        width = max(2.0, each.value / longest * WIDTH) if each.value else 0.0
        drawn.append(_text(edge, y + 14, each.label, anchor="start", rtl=rtl))
        drawn.append(_text(WIDTH - edge, y + 14, each.said, anchor="end", rtl=rtl, strong=True))
        drawn.append(
            Markup('<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="14" rx="2"/>').format(
                each.kind, _mirrored(0, width, rtl), y + 20, width
            )
        )
    return _svg(int(len(items) * _ROW * 1.5) + 4, drawn)


def ceiling(highest: int) -> int:
    """The next round number above, so that the rules stand at numbers people say."""
    if highest <= 0:
        return 1
    unit: int = 10 ** (len(str(highest)) - 1)
    return next(unit * factor for factor in (1, 2, 4, 5, 6, 8, 10) if unit * factor >= highest)


def _svg(height: int, drawn: Sequence[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>').format(
        WIDTH, height, Markup().join(drawn)
    )


def _mirrored(x: float, width: float, rtl: bool) -> float:
    return WIDTH - x - width if rtl else x


def _text(x: float, y: float, said: str, *, anchor: str, rtl: bool, strong: bool = False) -> Markup:
    """In a text that runs from the right, `start` is its right end."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}" direction="{}">{}</text>').format(
        "strong" if strong else "", x, y, anchor, "rtl" if rtl else "ltr", said
    )
