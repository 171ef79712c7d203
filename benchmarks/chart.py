"""Draws docs/performance.svg: a panel for each figure, bars to scale, readable on light and on dark ground."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from benchmarks.figures import FIGURES, Figure
from benchmarks.record import Record, by_size
from benchmarks.summary import rows_of

WIDTH, MARGIN = 900, 24
BARS_FROM, BARS_TO = 290, 790
BAR, GAP, TITLE, LEGEND = 11, 12, 26, 22
WAITS = {"p50_ms": "p50", "p95_ms": "p95", "p99_ms": "p99"}

# Everything it needs is in it: no font or style is loaded from anywhere.
STYLE = """
  svg { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0;
        --ours-0: #9ec5f5; --ours-1: #4f95e8; --ours-2: #1557b0; --its-0: #d5d9de; --its-1: #a6adb6; --its-2: #6e7781 }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #e6edf3; --faint: #9198a1; --line: #3d444d;
          --ours-0: #1f4f8f; --ours-1: #3b82e0; --ours-2: #8cc0ff;
          --its-0: #3a424c; --its-1: #656d76; --its-2: #b1bac4 }
  }
  text { font-family: system-ui, -apple-system, "Segoe UI", sans-serif; font-size: 12px; fill: var(--ink) }
  .title { font-size: 15px; font-weight: 600 }
  .faint, .value { fill: var(--faint); font-size: 11px }
  .ours { font-weight: 600 }
"""


@dataclass(frozen=True)
class Panel:
    """A figure ready to be drawn: for each contender a bar per series, None where it has none."""

    title: str
    unit: str
    series: list[str]
    rows: list[tuple[str, list[float | None]]]

    @property
    def height(self) -> int:
        return TITLE + LEGEND + sum(self._row_height(values) for _, values in self.rows) + GAP

    @staticmethod
    def _row_height(values: list[float | None]) -> int:
        return max(BAR + 4, (BAR + 1) * sum(value is not None for value in values)) + GAP


def chart(kept: Record) -> str:
    """The whole picture, of the medians of what was kept."""
    panels = [panel_of(figure, kept) for figure in FIGURES.values() if kept.get(figure.name)]
    height = sum(panel.height + MARGIN for panel in panels) + MARGIN
    drawn, y = [], MARGIN
    for panel in panels:
        drawn += _draw(panel, y)
        y += panel.height + MARGIN
    told = "; ".join(panel.title for panel in panels) or "nothing was measured yet"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
            '<title id="title">What was measured, ours beside its references</title>',
            f'<desc id="description">Bars of medians; performance.md has every value. {escape(told)}.</desc>',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" rx="8" fill="var(--ground)"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def panel_of(figure: Figure, kept: Record) -> Panel:
    """Bars by size; where waiting is the figure, by percentile at the largest size."""
    sizes = by_size(kept[figure.name])
    unit = f"{sizes[-1][1][0]['unit'].partition(' (')[0]}, {'more' if figure.more_is_better else 'less'} is better"
    rows = rows_of(sizes[-1][1])
    if not figure.more_is_better and any(row.details.keys() & WAITS.keys() for row in rows):
        bars = [(row.name, [row.details.get(wait) for wait in WAITS]) for row in rows]
        return Panel(figure.title, unit, list(WAITS.values()), bars)
    by_name = [{row.name: row for row in rows_of(runs)} for _, runs in sizes]
    names = list(dict.fromkeys(name for found in by_name for name in found))
    bars = [(name, [found[name].value if name in found else None for found in by_name]) for name in names]
    return Panel(figure.title, unit, [f"{size:,} events" for size, _ in sizes], bars)


def _draw(panel: Panel, y: int) -> list[str]:
    most = max(value for _, values in panel.rows for value in values if value is not None) or 1
    drawn = [
        f'<text class="title" x="{MARGIN}" y="{y + 14}">{escape(panel.title)}</text>',
        f'<text class="faint" x="{WIDTH - MARGIN}" y="{y + 14}" text-anchor="end">{escape(panel.unit)}</text>',
        *_legend(panel, y + TITLE),
    ]
    y += TITLE + LEGEND
    bottom = y + sum(Panel._row_height(values) for _, values in panel.rows) - GAP
    drawn.append(f'<path d="M{BARS_FROM - 0.5} {y - 4}V{bottom + 4}" stroke="var(--line)"/>')
    for name, values in panel.rows:
        kind = "ours" if name.startswith("ours") else "its"
        shown = [(place, value) for place, value in enumerate(values) if value is not None]
        middle = y + max(BAR + 4, (BAR + 1) * len(shown)) / 2 + 4
        label = f'<text class="{kind}" x="{BARS_FROM - 10}" y="{middle:g}" text-anchor="end">{escape(name)}</text>'
        drawn.append(label)
        for line, (place, value) in enumerate(shown):
            top, width = y + line * (BAR + 1), max(1.0, value / most * (BARS_TO - BARS_FROM))
            fill = f"var(--{kind}-{_shade(place, len(panel.series))})"
            drawn.append(f'<rect x="{BARS_FROM}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{fill}"/>')
            text = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
            drawn.append(f'<text class="value" x="{BARS_FROM + width + 6:.1f}" y="{top + BAR - 2}">{text}</text>')
        y += Panel._row_height(values)
    return drawn


def _legend(panel: Panel, y: int) -> list[str]:
    drawn, x = [], BARS_FROM
    for place, name in enumerate(panel.series):
        shade = _shade(place, len(panel.series))
        for kind in ("ours", "its"):
            drawn.append(f'<rect x="{x}" y="{y}" width="9" height="9" fill="var(--{kind}-{shade})"/>')
            x += 10
        drawn.append(f'<text class="faint" x="{x + 4}" y="{y + 9}">{escape(name)}</text>')
        x += 110
    return drawn


def _shade(place: int, of: int) -> int:
    """The last, which counts most, is the strongest of three; a fourth size shares the weakest."""
    return max(0, 2 - (of - 1 - place))
