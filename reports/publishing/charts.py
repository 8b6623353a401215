"""Charts as SVG text, drawn from facts. Plain values in, markup out; no style, no script.

The outer `<svg>` has no viewBox: labels stand at percentages and keep their size on any screen.
Lines live in a nested one that stretches with the frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape

from market import formats

HEIGHT = 260
PLOT = 1000
TOP, BOTTOM = 60, 900  # the plot's vertical part of 1000; month labels stand below
MOST_TICKS = 5
HIDDEN = ' aria-hidden="true"'  # for readers of the text, who need it once
LABEL_RISE = 75  # between a point and the middle of its label
RIGHT = 86  # percent of the width: where the plot ends and the labels of the values have room
LABEL_SHARE = 0.12  # of the sessions that a label may stand over on a narrow screen
NAMES, VALUES = 36, 27  # percent of the width on a narrow screen: names at the left, values right


def history(
    days: Sequence[date],
    closes: Sequence[Decimal],
    averages: Sequence[Decimal | None],
    language: str,
    label: str,
) -> str:
    """A line of closes with their average; "" for fewer than two points or one that is no number.

    `label` is what a screen reader says. Values in points.
    """
    if len(closes) < 2 or len(days) != len(closes) or len(averages) != len(closes):
        return ""
    if not all(_is_number(value) for value in closes):
        return ""
    values = [float(value) for value in closes]
    means = [
        float(value) if value is not None and _is_number(value) else None for value in averages
    ]
    everything = values + [value for value in means if value is not None]
    ticks = nice_ticks(min(everything), max(everything))
    scale = _Scale(len(values), ticks[0], ticks[-1])
    last_y = scale.y(values[-1])
    label_y = _label_y([scale.y(value) for value in values])
    parts = [_open(HEIGHT, label)]
    parts += [_grid_line(scale.y(tick)) for tick in ticks]
    parts.append(_stretched_open())
    parts.append(f'<polygon class="area" points="{_area(scale, values)}"/>')
    for run in _runs(means):
        points = " ".join(scale.point(at, value) for at, value in run)
        parts.append(f'<polyline class="sma" points="{points}"/>')
    points = " ".join(scale.point(at, value) for at, value in enumerate(values))
    parts.append(f'<polyline class="line" points="{points}"/></svg>')
    parts += _value_labels(scale, ticks, {"beside": last_y, "clear": label_y}, language)
    parts += _month_labels(days, language)
    parts.append(f'<circle class="dot" cx="{_plot_x(1)}" cy="{_percent(last_y)}" r="3.5"/>')
    last = formats.number(closes[-1], 2, language)
    parts.append(_text("last beside", "100%", last_y, last, "end"))
    parts.append(_text("last clear", "100%", label_y, last, "end", hidden=True))
    parts.append("</svg>")
    return "".join(parts)


def moves(rows: Sequence[tuple[str, Decimal]], language: str, label: str) -> str:
    """Diverging bars of the named moves in percent; "" when none is a number."""
    rows = [(name, value) for name, value in rows if _is_number(value)]
    if not rows:
        return ""
    low = min(0.0, *(float(value) for _, value in rows))
    high = max(0.0, *(float(value) for _, value in rows))
    per_percent = (100 - NAMES - VALUES) / max(high - low, 0.05)
    zero = NAMES - low * per_percent
    step = 34
    parts = [_open(step * len(rows) + 8, label)]
    for position, (name, value) in enumerate(rows):
        middle = step * position + step // 2 + 4
        size = abs(float(value)) * per_percent
        start = zero if value >= 0 else zero - size
        kind = "flat" if not round(value, 2) else "up" if value > 0 else "down"
        shape = {"up": "▲", "down": "▼", "flat": "●"}[kind]
        parts.append(
            f'<text class="label" x="0" y="{middle}" dy=".35em">{escape(name)}</text>'
            f'<rect class="bar {kind}" x="{start:.2f}%" y="{middle - 9}" '
            f'width="{max(size, 0.3):.2f}%" height="18" rx="2"/>'
            f'<text class="value {kind}" x="100%" y="{middle}" dy=".35em" text-anchor="end">'
            f"{shape} {formats.percent(value, language, 'always')}</text>"
        )
    height = step * len(rows) + 4
    parts.append(
        f'<line class="zero" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="4" y2="{height}"/></svg>'
    )
    return "".join(parts)


def nice_ticks(low: float, high: float) -> list[float]:
    """Round values that span the range: steps of 1, 2 or 5 times a power of ten."""
    reach = (high - low) or max(abs(high), 1.0) * 0.01
    raw = reach / (MOST_TICKS - 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.floor(low / step) * step
    count = math.ceil((high - first) / step - 1e-9)
    return [first + step * at for at in range(max(count, 1) + 1)]


class _Scale:
    """Positions in the stretched plot, 0 to 1000 both ways."""

    def __init__(self, count: int, low: float, high: float) -> None:
        self._count, self._low, self._high = count, low, high

    def x(self, position: int) -> float:
        return position / (self._count - 1) * PLOT

    def y(self, value: float) -> float:
        return BOTTOM - (value - self._low) / (self._high - self._low) * (BOTTOM - TOP)

    def point(self, position: int, value: float) -> str:
        return f"{self.x(position):.1f},{self.y(value):.1f}"


def _is_number(value: Decimal | None) -> bool:
    return value is not None and value.is_finite()


def _label_y(heights: Sequence[float]) -> float:
    """Where the last value's label stands clear of the line: above the last point or below it."""
    last = heights[-1]
    tail = heights[-max(round(len(heights) * LABEL_SHARE), 2) :]
    rises, falls = last - min(tail), max(tail) - last
    above = rises <= falls or last + LABEL_RISE > BOTTOM
    return max(last - LABEL_RISE, TOP / 3) if above else last + LABEL_RISE


def _open(height: int, label: str) -> str:
    return (
        f'<svg class="plot" width="100%" height="{height}" role="img" aria-label="{escape(label)}">'
    )


def _stretched_open() -> str:
    """Leaves a strip at the right for the labels of the values."""
    return (
        f'<svg width="{RIGHT}%" height="100%" viewBox="0 0 {PLOT} {PLOT}" '
        'preserveAspectRatio="none" aria-hidden="true" overflow="visible">'
    )


def _plot_x(share: float) -> str:
    return f"{share * RIGHT:.2f}%"


def _percent(y: float) -> str:
    return f"{y / 10:.2f}%"


def _grid_line(y: float) -> str:
    return f'<line class="grid" x1="0" x2="{RIGHT}%" y1="{_percent(y)}" y2="{_percent(y)}"/>'


def _text(kind: str, x: str, y: float, text: str, anchor: str, hidden: bool = False) -> str:
    return (
        f'<text class="{kind}" x="{x}" y="{_percent(y)}" dy=".35em" text-anchor="{anchor}"'
        f"{HIDDEN if hidden else ''}>{escape(text)}</text>"
    )


def _area(scale: _Scale, values: Sequence[float]) -> str:
    line = " ".join(scale.point(at, value) for at, value in enumerate(values))
    return f"0,{BOTTOM} {line} {PLOT},{BOTTOM}"


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches of known values."""
    runs: list[list[tuple[int, float]]] = []
    open_run: list[tuple[int, float]] = []
    for position, value in enumerate([*values, None]):
        if value is not None:
            open_run.append((position, value))
        elif open_run:
            runs.append(open_run)
            open_run = []
    return [run for run in runs if len(run) > 1]


def _value_labels(
    scale: _Scale, ticks: Sequence[float], labels: Mapping[str, float], language: str
) -> list[str]:
    """The ticks' values. One that the last value's label would cover is marked with the label's
    kind: the style sheet shows one label, as the frame's width allows, and hides what it covers.
    """
    found = []
    for tick in ticks:
        y = scale.y(tick)
        covered = [f"under-{kind}" for kind, at in labels.items() if abs(y - at) <= LABEL_RISE]
        text = formats.number(tick, _places(ticks), language)
        found.append(_text(" ".join(["axis", *covered]), "100%", y, text, "end"))
    return found


def _month_labels(days: Sequence[date], language: str) -> list[str]:
    """Names where a month begins, with room between them on a narrow screen."""
    starts = [
        at for at in range(1, len(days)) if (days[at].year, days[at].month) != _month(days[at - 1])
    ]
    gap = max(len(days) // 5, 1)
    chosen: list[int] = []
    for at in starts:
        room_left = at - chosen[-1] if chosen else gap
        if room_left >= gap and len(days) - at > gap // 3:
            chosen.append(at)
    return [
        _text(
            "axis",
            _plot_x(at / (len(days) - 1)),
            965,
            formats.month(days[at], language),
            "start",
        )
        for at in chosen
    ]


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _places(ticks: Sequence[float]) -> int:
    step = ticks[1] - ticks[0]
    return 0 if step >= 1 else 1 if step >= 0.1 else 2
