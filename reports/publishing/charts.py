"""A report's charts as SVG text, drawn from facts: plain values in, markup out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from html import escape

from market import formats
from market.chart import is_number, line, marks_where, svg_open

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
    if len(days) != len(closes):
        return ""
    marks = marks_where([formats.month(day, language) for day in days])
    return line(closes, averages, marks, language, label)


def moves(rows: Sequence[tuple[str, Decimal]], language: str, label: str) -> str:
    """Diverging bars of the named moves in percent; "" when none is a number."""
    rows = [(name, value) for name, value in rows if is_number(value)]
    if not rows:
        return ""
    low = min(0.0, *(float(value) for _, value in rows))
    high = max(0.0, *(float(value) for _, value in rows))
    per_percent = (100 - NAMES - VALUES) / max(high - low, 0.05)
    zero = NAMES - low * per_percent
    step = 34
    parts = [svg_open(step * len(rows) + 8, label)]
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
