"""Charts of the old system, drawn anew: the data of a marker in, a figure of our own out.

No colour, size or markup comes from outside: those are the style sheet's. The marker stays before
its figure as a comment, so that a text can be edited and cleaned again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import pairwise

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from market import chart as lines
from market import formats
from reports.publishing import labels
from reports.publishing.foreign_chart_data import (
    Bars,
    Chart,
    Doughnut,
    Gauge,
    Item,
    Line,
    Unit,
    compact,
    parse,
)

FIGURE = '<figure class="chart foreign">'
ROW = 44  # height of a named value with its bar
ROW_LETTERS = 36  # of a name and its value together, on a narrow screen
LEAST_NAME = 8
TICK_GAP = 14  # percent between two marks of a gauge's scale
RING, RING_WIDTH = 62, 26
PLOT = 260
SERIES_ROW = 24
MOST_TOLD = 6  # values that the accessible name tells; the table has them all

WORDS = {
    "vi": {
        "unshown": "Không hiển thị được một biểu đồ ở đây.",
        "gauge": "Thang đo",
        "line": "Diễn biến",
        "bars": "So sánh",
        "doughnut": "Cơ cấu",
        "name": "Tên",
        "value": "Giá trị",
        "share": "Tỷ trọng",
        "range": "Khoảng",
        "point": "Mốc",
        "scale": "{value} trên thang {low}–{high}",
        "course": "từ {first} đến {last}, {count} điểm dữ liệu",
    },
    "en": {
        "unshown": "A chart could not be shown here.",
        "gauge": "Gauge",
        "line": "Course",
        "bars": "Comparison",
        "doughnut": "Shares",
        "name": "Name",
        "value": "Value",
        "share": "Share",
        "range": "Range",
        "point": "Point",
        "scale": "{value} on a scale of {low}–{high}",
        "course": "from {first} to {last}, {count} points",
    },
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a screen reader says, the SVG's inside with its height, and the same as a table."""

    label: str
    height: int
    parts: list[str]
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def svg(self, title: str) -> str:
        told = f"{title}: {self.label}"
        return "".join([lines.svg_open(self.height, told), *self.parts, "</svg>"])


def draw(marker: str, language: str) -> str:
    """The marker and its figure as HTML; raises ChartError when the data is not a chart's."""
    found = parse(marker)
    words = WORDS[language]
    drawing = _drawing(found, language)
    title = found.title or words[_kind(found)]
    figure = render_to_string(
        "reports/blocks/figure.html",
        {
            "words": labels.WORDS[language],
            "caption": title,
            "label": title,
            "note": found.unit.axis,
            "svg": mark_safe(drawing.svg(title)),  # noqa: S308 (every text in it is escaped)
            "columns": drawing.columns,
            "rows": mark_safe("".join(map(_table_row, drawing.rows))),  # noqa: S308
        },
    )
    ours = figure.replace('<figure class="chart">', FIGURE, 1).strip()
    return f"<!-- CHART_DATA: {compact(marker)} -->\n{ours}\n"


def unshown(language: str) -> str:
    """The visible note in the place of a chart whose data did not pass."""
    return f'<p class="unshown">{WORDS[language]["unshown"]}</p>\n'


def after_drawing(html: str, start: int) -> int:
    """Where the text goes on after a figure of ours that stands at `start`, or `start`."""
    at = start
    while html[at : at + 1].isspace():
        at += 1
    if not html.startswith(FIGURE, at):
        return start
    end = html.find("</figure>", at)
    return start if end < 0 else end + len("</figure>")


def _kind(chart: Chart) -> str:
    return type(chart).__name__.lower()


def _drawing(chart: Chart, language: str) -> Drawing:
    match chart:
        case Gauge():
            return _gauge(chart, language)
        case Bars():
            return _bars(chart, language)
        case Doughnut():
            return _doughnut(chart, language)
        case Line():
            return _line(chart, language)


# Figures


def _places(values: Sequence[Decimal]) -> int:
    """Decimals that the values need, at most two."""
    rounded = [round(value, 2).normalize() for value in values]
    return max((max(-int(value.as_tuple().exponent), 0) for value in rounded), default=0)


def _figure(value: Decimal, unit: Unit, places: int, language: str) -> str:
    """`$1,234.5`, `-3.2%`, `54 điểm`: the sign before all, a word apart by a no-break space."""
    number = formats.number(abs(value), places, language)
    sign = "-" if value < 0 and any(digit in "123456789" for digit in number) else ""
    apart = formats.NBSP if len(unit.suffix) > 1 and unit.suffix[0].isalpha() else ""
    return f"{sign}{unit.prefix}{number}{apart}{unit.suffix}"


def _table_row(cells: tuple[str, ...]) -> str:
    head, *others = map(escape, cells)
    return f'<tr><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'


def _text(kind: str, x: str, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x}" y="{y:g}" dy=".35em" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _short(text: str, beside: str) -> str:
    """A name with room for its value beside it; the table has it in full."""
    most = max(ROW_LETTERS - len(beside), LEAST_NAME)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _told(items: Sequence[Item], figures: Sequence[str]) -> str:
    pairs = [f"{item.label} {figure}" for item, figure in zip(items, figures, strict=True)]
    return ", ".join(pairs[:MOST_TOLD]) + ("…" if len(pairs) > MOST_TOLD else "")


# The gauge: a scale with its segments, and a mark where the value stands


def _gauge(chart: Gauge, language: str) -> Drawing:
    words = WORDS[language]
    borders = sorted({chart.low, *(item.end for item in chart.segments), chart.high})
    places = _places([chart.value, *borders])

    def figure(value: Decimal) -> str:
        return _figure(value, chart.unit, places, language)

    segment = chart.segment
    text = figure(chart.value) + (f" · {segment.label}" if segment and segment.label else "")
    x = _place(chart, chart.value)
    parts = [
        _text("last", f"{x:.2f}%", 14, text, "start" if x < 25 else "end" if x > 75 else "middle"),
        _text("pointer", f"{x:.2f}%", 32, "▼", "middle"),
        *_bands(chart),
    ]
    parts += [
        _text("axis", f"{place:.2f}%", 78, figure(value), _anchor(place))
        for place, value in _apart([(_place(chart, value), value) for value in borders])
    ]
    rows = [(chart.title or words["value"], figure(chart.value))]
    rows += [
        (item.label or "–", f"{figure(item.start)}–{figure(item.end)}") for item in chart.segments
    ]
    label = words["scale"].format(value=text, low=figure(chart.low), high=figure(chart.high))
    return Drawing(label, 92, parts, (words["name"], words["value"]), rows)


def _bands(chart: Gauge) -> Iterator[str]:
    """The scale with its segments; the one of the value stands out."""
    yield '<rect class="band" x="0" y="42" width="100%" height="18" rx="2"/>'
    for number, item in enumerate(chart.segments):
        kind = "band now" if item is chart.segment else f"band b{number % 2}"
        start, end = _place(chart, item.start), _place(chart, item.end)
        yield (
            f'<rect class="{kind}" x="{start:.2f}%" y="42" width="{end - start:.2f}%" height="18"/>'
        )


def _place(chart: Gauge, value: Decimal) -> float:
    """Where on the scale, in percent; beyond its ends, there."""
    clamped = min(max(value, chart.low), chart.high)
    return float((clamped - chart.low) / (chart.high - chart.low) * 100)


def _anchor(place: float) -> str:
    return "start" if place <= 0 else "end" if place >= 100 else "middle"


def _apart(marks: Sequence[tuple[float, Decimal]]) -> Iterator[tuple[float, Decimal]]:
    """The ends, and what has room between them on a narrow screen."""
    last = -100.0
    for at, value in marks:
        if at in (0, 100) or (at - last >= TICK_GAP and at <= 100 - TICK_GAP):
            last = at
            yield at, value


# Bars and doughnut: rows of a name and its value, with the bar or the ring's colour


def _rows(
    items: Sequence[Item], figures: Sequence[str], kinds: Sequence[str], top: int, step: int
) -> Iterator[str]:
    for number, (item, figure, kind) in enumerate(zip(items, figures, kinds, strict=True)):
        y = top + number * step
        yield _text(
            "label", "1.2em" if kind.startswith("c") else "0", y, _short(item.label, figure)
        )
        yield _text(f"value {kind}", "100%", y, figure, "end")


def _bars(chart: Bars, language: str) -> Drawing:
    words = WORDS[language]
    values = [item.value for item in chart.items]
    figures = [_figure(value, chart.unit, _places(values), language) for value in values]
    low, high = min(Decimal(0), *values), max(Decimal(0), *values)
    reach = (high - low) or Decimal(1)
    zero = float(-low / reach * 100)
    kinds = [_direction(value) if low < 0 else "plain" for value in values]
    height = ROW * len(values)
    parts = list(_rows(chart.items, figures, kinds, 12, ROW))
    for number, (value, kind) in enumerate(zip(values, kinds, strict=True)):
        width = max(float(abs(value) / reach * 100), 0.4)
        start = zero if value >= 0 else zero - width
        parts.append(
            f'<rect class="bar {kind}" x="{max(start, 0):.2f}%" y="{number * ROW + 24}"'
            f' width="{width:.2f}%" height="9" rx="2"/>'
        )
    if low < 0:
        parts.append(
            f'<line class="zero" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="20" y2="{height - 6}"/>'
        )
    rows = [(item.label, figure) for item, figure in zip(chart.items, figures, strict=True)]
    columns = (words["name"], words["value"])
    return Drawing(_told(chart.items, figures), height, parts, columns, rows)


def _direction(value: Decimal) -> str:
    return "up" if value > 0 else "down" if value < 0 else "flat"


def _doughnut(chart: Doughnut, language: str) -> Drawing:
    words = WORDS[language]
    values = [item.value for item in chart.items]
    shares = [chart.share(item) for item in chart.items]
    texts = [formats.percent(share, language, places=1) for share in shares]
    figures = [_figure(value, chart.unit, _places(values), language) for value in values]
    kinds = [f"c{number % 6 + 1}" for number in range(len(values))]
    top = 2 * RING + RING_WIDTH + 28
    parts = [
        *_ring([float(share) for share in shares], kinds),
        *_swatches(kinds, top),
        *_rows(chart.items, texts, kinds, top, SERIES_ROW),
    ]
    rows = [
        (item.label, figure, text)
        for item, figure, text in zip(chart.items, figures, texts, strict=True)
    ]
    columns = (words["name"], words["value"], words["share"])
    height = top + len(values) * SERIES_ROW
    return Drawing(_told(chart.items, texts), height, parts, columns, rows)


def _ring(shares: Sequence[float], kinds: Sequence[str]) -> Iterator[str]:
    yield f'<svg x="50%" y="{RING + RING_WIDTH // 2 + 4}" overflow="visible">'
    start = 0.0
    for share, kind in zip(shares, kinds, strict=True):
        yield (
            f'<circle class="ring {kind}" r="{RING}" fill="none" stroke-width="{RING_WIDTH}"'
            f' pathLength="100" stroke-dasharray="{max(share - 0.5, 0.1):.2f} 100"'
            f' stroke-dashoffset="{-start:.2f}" transform="rotate(-90)"/>'
        )
        start += share
    yield "</svg>"


def _swatches(kinds: Sequence[str], top: int) -> Iterator[str]:
    for number, kind in enumerate(kinds):
        y = top + number * SERIES_ROW - 5
        yield f'<rect class="swatch {kind}" x="0" y="{y}" width="10" height="10" rx="2"/>'


# Lines


def _line(chart: Line, language: str) -> Drawing:
    words = WORDS[language]
    every = [value for item in chart.series for value in item.values if value is not None]
    places = _places(every)

    def figure(value: Decimal | None) -> str:
        return "–" if value is None else _figure(value, chart.unit, places, language)

    kinds = [f"c{number + 1}" for number in range(len(chart.series))]
    known = [[value for value in item.values if value is not None] for item in chart.series]
    figures = [figure(values[-1]) for values in known]
    names = [item.name or chart.title or words["value"] for item in chart.series]
    legend = [Item(name, Decimal(0)) for name in names]
    parts = [
        *_courses(chart, every, kinds, language),
        *_marks(chart.labels),
        *_swatches(kinds, PLOT + 12),
        *_rows(legend, figures, kinds, PLOT + 12, SERIES_ROW),
    ]
    count = len(chart.labels)
    label = words["course"].format(first=figure(known[0][0]), last=figures[0], count=count)
    columns = zip(*(item.values for item in chart.series), strict=True)
    rows = [
        (name, *map(figure, values)) for name, values in zip(chart.labels, columns, strict=True)
    ]
    height = PLOT + SERIES_ROW * len(chart.series)
    return Drawing(label, height, parts, (words["point"], *names), rows)


def _courses(
    chart: Line, every: Sequence[Decimal], kinds: Sequence[str], language: str
) -> Iterator[str]:
    """The grid, and above it the lines in a plot that stretches with the frame."""
    ticks = lines.nice_ticks(float(min(every)), float(max(every)))
    yield from _grid(ticks, language)
    yield (
        f'<svg width="86%" height="{PLOT}" viewBox="0 0 1000 1000" preserveAspectRatio="none"'
        ' aria-hidden="true" overflow="visible">'
    )
    for item, kind in zip(chart.series, kinds, strict=True):
        for run in _runs(item.values):
            points = " ".join(_point(at, value, len(chart.labels), ticks) for at, value in run)
            yield f'<polyline class="course {kind}" points="{points}"/>'
    yield "</svg>"


def _y(value: float, ticks: Sequence[float]) -> float:
    """In thousandths of the plot's height, between its margins."""
    return lines.BOTTOM - (value - ticks[0]) / (ticks[-1] - ticks[0]) * (lines.BOTTOM - lines.TOP)


def _point(at: int, value: Decimal, count: int, ticks: Sequence[float]) -> str:
    return f"{at / max(count - 1, 1) * 1000:.1f},{_y(float(value), ticks):.1f}"


def _grid(ticks: Sequence[float], language: str) -> Iterator[str]:
    step = min((b - a for a, b in pairwise(ticks)), default=1.0)
    places = 0 if step >= 1 else 1 if step >= 0.1 else 2
    for tick in ticks:
        y = _y(tick, ticks) / 1000 * PLOT
        yield f'<line class="grid" x1="0" x2="86%" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text("axis", "100%", y, formats.number(Decimal(str(tick)), places, language), "end")


def _marks(names: Sequence[str]) -> Iterator[str]:
    """Three names below the line: where it begins, after a third and after two."""
    for at in sorted({(len(names) - 1) * part // 3 for part in (0, 1, 2)}):
        share = at / max(len(names) - 1, 1) * 86
        yield _text("axis", f"{share:.2f}%", PLOT * 0.965, names[at][:11])


def _runs(values: Sequence[Decimal | None]) -> Iterator[list[tuple[int, Decimal]]]:
    """The stretches of known values; a lone one is a dot."""
    run: list[tuple[int, Decimal]] = []
    for at, value in enumerate([*values, None]):
        if value is not None:
            run.append((at, value))
        elif run:
            yield run if len(run) > 1 else run * 2
            run = []
