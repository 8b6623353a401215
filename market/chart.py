"""A line chart as SVG text. Plain values in, markup out; no style, no script.

The outer `<svg>` has no viewBox: labels stand at percentages and keep their size on any screen.
Lines live in a nested one that stretches with the frame.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from market import formats

HEIGHT = 260
PLOT = 1000
TOP, BOTTOM = 60, 900  # the plot's vertical part of 1000; labels of time stand below
MOST_TICKS = 5
MOST_MARKS = 5
HIDDEN = ' aria-hidden="true"'  # for readers of the text, who need it once
LABEL_RISE = 75  # between a point and the middle of its label
RIGHT = 86  # percent of the width: where the plot ends and the labels of the values have room
MARGIN = ".6em"  # between the line's end and a label beside it
LABEL_SHARE = 0.12  # of the points that a label may stand over on a narrow screen

Marks = Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where points stand along the line, from 0 to 1, and those before which it breaks."""

    places: Sequence[float]
    breaks: Collection[int] = ()


def evenly(count: int) -> Layout:
    """Points at one distance from each other, in one line."""
    return Layout([at / max(count - 1, 1) for at in range(count)])


def line(
    values: Sequence[Decimal],
    averages: Sequence[Decimal | None],
    marks: Marks,
    language: str,
    label: str,
    layout: Layout | None = None,
) -> str:
    """A line of values with their average; "" for fewer than two points or one that is no number.

    `marks` name positions below the line, `label` is what a screen reader says. Values in points.
    With a `layout` the line takes all of the width, and the style sheet leaves a margin beside it
    for the labels of the values.
    """
    if len(values) < 2 or len(averages) != len(values) or not all(map(is_number, values)):
        return ""
    numbers = [float(value) for value in values]
    means = [float(value) if value is not None and is_number(value) else None for value in averages]
    everything = numbers + [value for value in means if value is not None]
    ticks = nice_ticks(min(everything), max(everything))
    scale = _Scale(layout or evenly(len(numbers)), ticks[0], ticks[-1], 100 if layout else RIGHT)
    parts = [svg_open(HEIGHT, label)]
    parts += [_grid_line(scale.y(tick), scale.right) for tick in ticks]
    parts += _lines(scale, numbers, means)
    last = formats.number(values[-1], 2, language)
    labels = _labels_in_margin if layout else _labels
    parts += labels(scale, numbers, ticks, last, language)
    parts += [_text("axis", scale.share(at), 965, text, "start") for at, text in marks]
    parts.append("</svg>")
    return "".join(parts)


def marks_where(names: Sequence[str], layout: Layout | None = None) -> Marks:
    """The positions at which a new name begins, with room between them on a narrow screen."""
    starts = [at for at in range(1, len(names)) if names[at] != names[at - 1]]
    # in points, which an even layout has at each whole number
    steps = [place * (len(names) - 1) for place in (layout or evenly(len(names))).places]
    gap = max(len(names) // MOST_MARKS, 1)
    chosen: list[int] = []
    for at in starts:
        room_left = steps[at] - steps[chosen[-1]] if chosen else gap
        if round(room_left, 6) >= gap and round(len(names) - steps[at], 6) > gap // 3:
            chosen.append(at)
    return [(at, names[at]) for at in chosen]


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
    """Positions in the stretched plot, 0 to 1000 both ways; it ends at `right` percent."""

    def __init__(self, layout: Layout, low: float, high: float, right: int) -> None:
        self.layout, self.right = layout, right
        self._low, self._high = low, high

    def x(self, position: int) -> float:
        return self.layout.places[position] * PLOT

    def share(self, position: int) -> str:
        """The position across the whole frame, whose right part is left to the labels."""
        return f"{self.layout.places[position] * self.right:.2f}%"

    def y(self, value: float) -> float:
        return BOTTOM - (value - self._low) / (self._high - self._low) * (BOTTOM - TOP)

    def point(self, position: int, value: float) -> str:
        return f"{self.x(position):.1f},{self.y(value):.1f}"


def is_number(value: Decimal | None) -> bool:
    return value is not None and value.is_finite()


def svg_open(height: int, label: str) -> str:
    """The opening tag of a chart of our style sheet's kind."""
    return (
        f'<svg class="plot" width="100%" height="{height}" role="img" aria-label="{escape(label)}">'
    )


def _lines(scale: _Scale, values: Sequence[float], means: Sequence[float | None]) -> list[str]:
    """The area below the line, the stretches of the average, and the line."""
    parts = [_stretched_open(scale.right)]
    stretches = _runs(values, scale.layout.breaks)
    parts += [f'<polygon class="area" points="{_area(scale, run)}"/>' for run in stretches]
    for run in _runs(means, scale.layout.breaks):
        if len(run) > 1:
            parts.append(f'<polyline class="sma" points="{_points(scale, run)}"/>')
    for run in stretches:
        drawn = run if len(run) > 1 else run * 2  # a point alone is a dot
        parts.append(f'<polyline class="line" points="{_points(scale, drawn)}"/>')
    return [*parts, "</svg>"]


def _points(scale: _Scale, run: Sequence[tuple[int, float]]) -> str:
    return " ".join(scale.point(at, value) for at, value in run)


def _labels(
    scale: _Scale, values: Sequence[float], ticks: Sequence[float], last: str, language: str
) -> list[str]:
    """The ticks' values, and a dot at the last value with its figure, `last`."""
    beside = scale.y(values[-1])
    clear = _label_y([scale.y(value) for value in values])
    end = scale.share(len(values) - 1)
    return [
        *_value_labels(scale, ticks, {"beside": beside, "clear": clear}, language),
        f'<circle class="dot" cx="{end}" cy="{_percent(beside)}" r="3.5"/>',
        _text("last beside", "100%", beside, last, "end"),
        _text("last clear", "100%", clear, last, "end", hidden=True),
    ]


def _labels_in_margin(
    scale: _Scale, values: Sequence[float], ticks: Sequence[float], last: str, language: str
) -> list[str]:
    """The same, all of them beside the line at any width."""
    y = scale.y(values[-1])
    shown = [tick for tick in ticks if abs(scale.y(tick) - y) > LABEL_RISE]
    texts = [
        _text("axis", "100%", scale.y(tick), formats.number(tick, _places(ticks), language))
        for tick in shown
    ]
    dot = f'<circle class="dot" cx="100%" cy="{_percent(y)}" r="3.5"/>'
    return [*texts, dot, _text("last", "100%", y, last)]


def _label_y(heights: Sequence[float]) -> float:
    """Where the last value's label stands clear of the line: above the last point or below it."""
    last = heights[-1]
    tail = heights[-max(round(len(heights) * LABEL_SHARE), 2) :]
    rises, falls = last - min(tail), max(tail) - last
    above = rises <= falls or last + LABEL_RISE > BOTTOM
    return max(last - LABEL_RISE, TOP / 3) if above else last + LABEL_RISE


def _stretched_open(right: int) -> str:
    """Leaves a strip at the right for the labels of the values."""
    return (
        f'<svg width="{right}%" height="100%" viewBox="0 0 {PLOT} {PLOT}" '
        'preserveAspectRatio="none" aria-hidden="true" overflow="visible">'
    )


def _percent(y: float) -> str:
    return f"{y / 10:.2f}%"


def _grid_line(y: float, right: int) -> str:
    return f'<line class="grid" x1="0" x2="{right}%" y1="{_percent(y)}" y2="{_percent(y)}"/>'


def _text(kind: str, x: str, y: float, text: str, anchor: str = "", hidden: bool = False) -> str:
    """Without an anchor, a little to the right of `x`."""
    stands = f'text-anchor="{anchor}"' if anchor else f'dx="{MARGIN}" text-anchor="start"'
    return (
        f'<text class="{kind}" x="{x}" y="{_percent(y)}" dy=".35em" {stands}'
        f"{HIDDEN if hidden else ''}>{escape(text)}</text>"
    )


def _area(scale: _Scale, run: Sequence[tuple[int, float]]) -> str:
    first, last = scale.x(run[0][0]), scale.x(run[-1][0])
    return f"{first:.1f},{BOTTOM} {_points(scale, run)} {last:.1f},{BOTTOM}"


def _runs(values: Sequence[float | None], breaks: Collection[int]) -> list[list[tuple[int, float]]]:
    """The stretches of known values, broken where the line is."""
    runs: list[list[tuple[int, float]]] = []
    open_run: list[tuple[int, float]] = []
    for position, value in enumerate([*values, None]):
        if open_run and (value is None or position in breaks):
            runs.append(open_run)
            open_run = []
        if value is not None:
            open_run.append((position, value))
    return runs


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


def _places(ticks: Sequence[float]) -> int:
    step = ticks[1] - ticks[0]
    return 0 if step >= 1 else 1 if step >= 0.1 else 2
