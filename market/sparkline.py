"""A small line without words, for a strip of figures. Plain values in, SVG text out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape


def sparkline(values: Sequence[Decimal | float], direction: str) -> str:
    """A small line without words, hidden from screen readers; "" below two points."""
    if len(values) < 2:
        return ""
    numbers = [float(value) for value in values]
    low, high = min(numbers), max(numbers)
    reach = (high - low) or 1.0
    step = 96 / (len(numbers) - 1)
    points = " ".join(
        f"{at * step:.1f},{25 - (value - low) / reach * 22:.1f}" for at, value in enumerate(numbers)
    )
    return (
        f'<svg class="spark {escape(direction)}" viewBox="0 0 96 28" preserveAspectRatio="none" '
        f'aria-hidden="true" focusable="false"><polyline points="{points}"/></svg>'
    )
