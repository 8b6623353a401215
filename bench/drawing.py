"""Bars with their figures, as an SVG of its own: a plot of some costs beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, LABELS, VALUES, ROW, TOP = 760, 250, 110, 24, 34
OURS, THEIRS, BOUND = "#1f6f5c", "#b9b2a6", "#8a2b3c"

Bar = tuple[str, float, bool]  # what it is, its value, whether it is ours


def bars(title: str, unit: str, rows: Sequence[Bar], bound: float | None = None) -> str:
    """One bar for each row, to one scale from zero; a bound is a line across."""
    most = max([value for _, value, _ in rows] + [bound or 0.0]) or 1.0
    height = TOP + ROW * len(rows) + 12
    parts = [_bar(number, row, most, unit) for number, row in enumerate(rows)]
    if bound is not None:
        x = LABELS + _length(bound, most)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{height - 8}" stroke="{BOUND}" '
            f'stroke-dasharray="4 3"/><text x="{x:.1f}" y="{TOP - 8}" fill="{BOUND}" '
            f'text-anchor="middle">{_number(bound)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13" role="img"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="8" y="18" font-weight="bold">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


def _bar(number: int, row: Bar, most: float, unit: str) -> str:
    name, value, ours = row
    y = TOP + ROW * number
    length = _length(value, most)
    return (
        f'<text x="{LABELS - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LABELS}" y="{y + 2}" width="{length:.1f}" height="{ROW - 8}" '
        f'fill="{OURS if ours else THEIRS}"/>'
        f'<text x="{LABELS + length + 6:.1f}" y="{y + 14}">{_number(value)} {escape(unit)}</text>'
    )


def _length(value: float, most: float) -> float:
    return (WIDTH - LABELS - VALUES) * value / most


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"
