"""Ranks with their intervals as plain SVG: a row a file, the cut as a line. A table beside it says the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

WIDTH, ROW, TOP, BOTTOM = 720, 28, 26, 8
NAMES, EDGE = 210, 16
"""The names' column, and what is left beside the ranks."""
LONGEST = 26
FEWEST_TICKS = 8


def intervals(lines: Sequence[Mapping[str, Any]], *, places: int, names: Sequence[str], rtl: bool) -> Markup:
    """The best on top; the first rank where reading begins, behind the names."""
    last = max((line["rank_high"] for line in lines), default=1)
    height = TOP + ROW * len(lines) + BOTTOM
    drawn = [*_ticks(last, height, rtl=rtl), _cut(places, last, height, rtl=rtl)]
    for row, (line, name) in enumerate(zip(lines, names, strict=True)):
        middle = TOP + ROW * row + ROW / 2
        if line["coin_toss"]:
            drawn.append(
                Markup('<rect class="toss" x="0" y="{:.1f}" width="{}" height="{}"/>').format(
                    middle - ROW / 2, WIDTH, ROW
                )
            )
        drawn.append(_name(name, middle, rtl=rtl))
        low, high = (_x(line[end], last, rtl=rtl) for end in ("rank_low", "rank_high"))
        drawn.append(Markup('<path class="range" d="M{:.1f} {:.1f}H{:.1f}"/>').format(low, middle, high))
        above = "in" if line["above_cut"] >= 0.5 else "out"
        drawn.append(
            Markup('<circle class="rank {}" cx="{:.1f}" cy="{:.1f}" r="6"/>').format(
                above, _x(line["rank"], last, rtl=rtl), middle
            )
        )
    return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>').format(
        WIDTH, height, Markup().join(drawn)
    )


def _ticks(last: int, height: int, *, rtl: bool) -> list[Markup]:
    every = max(1, -(-last // FEWEST_TICKS))
    drawn = []
    for rank in range(1, last + 1):
        if rank != 1 and rank % every:
            continue
        x = _x(rank, last, rtl=rtl)
        drawn.append(Markup('<path class="rule" d="M{:.1f} {}V{}"/>').format(x, TOP, height - BOTTOM))
        drawn.append(Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(x, TOP - 9, rank))
    return drawn


def _cut(places: int, last: int, height: int, *, rtl: bool) -> Markup:
    x = _x(min(places + 0.5, last + 0.45), last, rtl=rtl)
    return Markup('<path class="cut" d="M{:.1f} {}V{}"/>').format(x, TOP - 4, height - BOTTOM)


def _x(rank: float, last: int, *, rtl: bool) -> float:
    """Half a rank is left on either side, so that the cut after the last place is still within."""
    share = (rank - 0.5) / max(1, last)
    x = NAMES + EDGE + share * (WIDTH - NAMES - 2 * EDGE)
    return WIDTH - x if rtl else x


def _name(name: str, middle: float, *, rtl: bool) -> Markup:
    """In a text that runs from the right, `start` is its right end; each name runs the way its own letters do."""
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return Markup(
        '<text class="name" x="{}" y="{:.1f}" text-anchor="start" direction="{}" unicode-bidi="plaintext">{}</text>'
    ).format(WIDTH if rtl else 0, middle + 5, "rtl" if rtl else "ltr", shown)
