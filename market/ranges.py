"""The stretches of an index's history that its page offers, and what each one shows."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from market import chart, formats, series
from market.bar_checks import absent_days
from market.models import Bar, Index, Quote, load_calendar
from market.sessions import VIETNAM
from market.silence import LONGEST, traded_between
from marketsite import clock

USUAL = "6m"
MINUTE = timedelta(minutes=1)
MOST_DRAWN = 600  # points of the drawing without a script
MOST_LISTED = 260  # rows of the table; the CSV file has all


@dataclass(frozen=True, slots=True)
class Range:
    """So many days back from today; None for all, and one day by its minutes."""

    key: str
    label: Promise
    days: int | None

    @property
    def interval(self) -> series.Interval:
        return "1m" if self.days == 1 else "1d"


RANGES = (
    Range("1d", pgettext_lazy("range", "1 day"), 1),
    Range("1m", pgettext_lazy("range", "1 month"), 31),
    Range("6m", pgettext_lazy("range", "6 months"), 183),
    Range("1y", pgettext_lazy("range", "1 year"), 366),
    Range("max", pgettext_lazy("range", "All"), None),
)


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the history: a moment's price, or a day's bar with its close."""

    when: date | datetime
    price: Decimal
    volume: int | None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What a range holds, oldest first, and the first day of it."""

    range: Range
    points: Sequence[Point]
    first: date | None
    missing: Mapping[int, int] = field(default_factory=dict)  # sessions, before the point

    @property
    def listed(self) -> Sequence[Point]:
        """The newest rows, newest first."""
        return self.points[: -MOST_LISTED - 1 : -1]

    @property
    def query(self) -> str:
        """The same rows at the API's history."""
        since = f"&from={self.first.isoformat()}" if self.first else ""
        return f"interval={self.range.interval}&limit={series.MOST_ROWS}{since}"

    @property
    def gaps_json(self) -> str:
        """How many sessions without a bar lie before a day, for the script that draws."""
        days = {f"{self.points[at].when}": count for at, count in self.missing.items()}
        return json.dumps(days, separators=(",", ":"))

    def svg(self, name: str, language: str) -> str:
        """The line, drawn without a script; "" below two points."""
        count = len(self.points)
        if count < 2:
            return ""
        step = max(-(-count // MOST_DRAWN), 1)
        drawn = range((count - 1) % step, count, step)  # thinned from the end: the last one stays
        layout = self._layout(drawn)
        points = [self.points[at] for at in drawn]
        marks = chart.marks_where([self._mark(point.when, language) for point in points], layout)
        prices = [point.price for point in points]
        return chart.line(prices, [None] * len(prices), marks, language, name, layout)

    def _layout(self, drawn: Sequence[int]) -> chart.Layout:
        """Days by sessions, missing ones counted; a day's readings by the time that trades."""
        steps = self._pauses() if self.range.interval == "1m" else self._sessions()
        gaps = [at for at, step in enumerate(steps, 1) if step > self._longest]
        places = [0.0, *accumulate(steps)]
        first, reach = places[drawn[0]], (places[-1] - places[drawn[0]]) or 1.0
        breaks = {bisect_left(drawn, gap) for gap in gaps}
        return chart.Layout([(places[at] - first) / reach for at in drawn], breaks)

    @property
    def _longest(self) -> float:
        """The longest step that is no gap: minutes, or one session."""
        return LONGEST / MINUTE if self.range.interval == "1m" else 1

    def _sessions(self) -> list[float]:
        return [1.0 + self.missing.get(at, 0) for at in range(1, len(self.points))]

    def _pauses(self) -> list[float]:
        moments = [point.when for point in self.points if isinstance(point.when, datetime)]
        return [traded_between(*pair) / MINUTE for pair in pairwise(moments)]

    def _mark(self, when: date | datetime, language: str) -> str:
        if isinstance(when, datetime):
            return f"{when.astimezone(VIETNAM):%H}:00"
        if self.range.days is None and len(self.points) > MOST_LISTED * 2:
            return str(when.year)
        if self.range.days == 31:
            week = when - timedelta(days=when.weekday())
            return formats.short_day(week, language)
        return formats.month(when, language)


def chosen(key: str) -> Range:
    """The range of a key; the usual one for a key that is none."""
    known = {item.key: item for item in RANGES}
    return known.get(key, known[USUAL])


def read(index: Index, wanted: Range, simulated: bool) -> History:
    """The stored rows of a range, in at most two queries. Real and simulated are never mixed."""
    if wanted.interval == "1m":
        return _last_day(index, wanted, simulated)
    bars = Bar.objects.filter(index=index, simulated=simulated)
    first = None
    if wanted.days is not None:
        first = clock.now().astimezone(VIETNAM).date() - timedelta(days=wanted.days)
        bars = bars.filter(day__gte=first)
    rows = bars.order_by("-day").values_list("day", "close", "volume", "open", "high", "low")
    points = [Point(*row) for row in rows[: series.MOST_ROWS]]
    points.reverse()
    return History(wanted, points, first, _missing([point.when for point in points]))


def _missing(days: Sequence[date]) -> dict[int, int]:
    """How many sessions without a bar lie before a position."""
    if not days:
        return {}
    absent = absent_days(set(days), days[0], days[-1], load_calendar())
    return dict(Counter(bisect_left(days, day) for day in absent))


def _last_day(index: Index, wanted: Range, simulated: bool) -> History:
    """The minutes of the newest quote's day in Vietnam."""
    quotes = Quote.objects.filter(index=index, simulated=simulated).order_by("-as_of")
    newest = quotes.values_list("as_of", flat=True).first()
    if newest is None:
        return History(wanted, [], None)
    day = newest.astimezone(VIETNAM).date()
    rows = series.minutes(index, simulated, as_of__gte=day_start(day), as_of__lte=newest)
    found = rows.values_list("as_of", "price", "volume")[: series.MOST_ROWS]
    return History(wanted, [Point(*row) for row in found], day)


def day_start(day: date) -> datetime:
    """The first moment of a day in Vietnam."""
    return datetime.combine(day, time.min, VIETNAM).astimezone(UTC)
