"""The small line of each index on their page: the day's readings, else the last closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.safestring import mark_safe

from market.models import Quote
from market.ranges import day_start
from market.sessions import VIETNAM
from market.sparkline import sparkline
from market.strip import Strip

DAY = timedelta(days=1)
ENOUGH = 8  # readings that show how a day went
MOST = 96  # points of a line: one for each pixel or so


@dataclass(frozen=True, slots=True)
class DayLine:
    svg: str
    today: bool


def day_lines(strip: Strip) -> dict[str, DayLine]:
    """A line for each index by key; of one query, however many indices there are."""
    readings = _readings(strip)
    lines: dict[str, DayLine] = {}
    for item in strip.items:
        prices = readings.get(item.key, [])
        if len(prices) >= ENOUGH:
            step = -(-len(prices) // MOST)
            thinned = prices[::-1][::step][::-1]
            svg = mark_safe(sparkline(thinned, item.direction))  # noqa: S308
            lines[item.key] = DayLine(svg, today=True)
        elif item.spark:
            lines[item.key] = DayLine(item.spark, today=False)
    return lines


def _readings(strip: Strip) -> dict[str, list[float]]:
    """The prices of the newest day, oldest first, by key."""
    if strip.as_of is None:
        return {}
    start = day_start(strip.as_of.astimezone(VIETNAM).date())
    quotes = Quote.objects.filter(
        simulated=strip.simulated, index__active=True, as_of__gte=start, as_of__lt=start + DAY
    ).order_by("as_of")
    found: dict[str, list[float]] = {}
    for key, price in quotes.values_list("index__key", "price"):
        found.setdefault(key, []).append(float(price))
    return found
