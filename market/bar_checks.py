"""Which day bars are missing, which stand on closed days, and which differ from a source's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import median

from django.db.models import QuerySet

from market.indicators import change_percent
from market.models import Bar, Index
from market.sessions import CLOSURES, Calendar
from market.sources.base import SourceBar

LARGEST_DIFFERENCE_PERCENT = Decimal("0.1")
LARGEST_DEVIATION_PERCENT = Decimal(33)
NEAR = 3  # bars on each side
NEAR_DAYS = timedelta(days=14)
QUOTES_SOURCE = "quotes"  # a bar made of the day's quotes, until a source has the day's own

# The built-in table knows the holidays from here on. Before, weekdays on which no index has a bar
# count as closed when they are no more in a row than the longest Tết holiday.
TABLE_BEGINS = date(min(CLOSURES).year, 1, 1)
LONGEST_HOLIDAY = 10


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A day whose stored close and fetched close differ by more than 0.1 percent."""

    code: str
    day: date
    stored: Decimal
    stored_source: str
    fetched: Decimal
    fetched_source: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The stored days of an index against the calendar, from its first bar on.

    `gaps` are trading days without a bar, `unexpected` days with a bar that the table calls closed.
    """

    first: date | None = None
    gaps: tuple[date, ...] = ()
    unexpected: tuple[date, ...] = ()


def trading_days(first: date, last: date, calendar: Calendar) -> list[date]:
    """The days from `first` to `last`, both included, on which the exchanges trade."""
    days = (first + timedelta(days=step) for step in range((last - first).days + 1))
    return [day for day in days if calendar.is_trading_day(day)]


def missing_days(index: Index, first: date, last: date, calendar: Calendar) -> list[date]:
    """The trading days from `first` to `last` that lack a source's bar, oldest first."""
    final = Bar.objects.filter(index=index, simulated=False).exclude(source=QUOTES_SOURCE)
    return absent_days(_days(final, first, last), first, last, calendar)


def coverage(
    index: Index, first: date, last: date, calendar: Calendar, added: Iterable[date] = ()
) -> Coverage:
    """How the real bars of an index cover `first` to `last`, as if `added` were stored as well."""
    real = Bar.objects.filter(index=index, simulated=False)
    held = _days(real, first, last) | set(added)
    if not held:
        return Coverage()
    begins = min(held)
    gaps = absent_days(held, begins, last, calendar)
    unexpected = sorted(day for day in held if not calendar.is_trading_day(day))
    return Coverage(begins, tuple(gaps), tuple(unexpected))


def disagreements(
    code: str, stored: Mapping[date, Bar], fetched: Iterable[SourceBar]
) -> tuple[Disagreement, ...]:
    """The fetched bars whose close is not the stored one's."""
    return tuple(
        Disagreement(code, bar.day, known.close, known.source, bar.close, bar.source)
        for bar in fetched
        if (known := stored.get(bar.day)) and differs(known.close, bar.close)
    )


def differs(stored: Decimal, fetched: Decimal) -> bool:
    return abs(change_percent(fetched, stored)) > LARGEST_DIFFERENCE_PERCENT


def out_of_line(fetched: Mapping[date, Decimal], known: Mapping[date, Decimal]) -> list[date]:
    """The fetched days whose close is in another scale than those around it.

    Compared with the median of up to three days before and after, known closes among them: daily
    limits keep an index within a third of it. Too few neighbours prove nothing.
    """
    closes = {**fetched, **known}
    days = sorted(closes)
    found = []
    for position, day in enumerate(days):
        near = days[max(position - NEAR, 0) : position] + days[position + 1 : position + 1 + NEAR]
        prices = [closes[item] for item in near if abs(item - day) <= NEAR_DAYS]
        if day in fetched and day not in known and len(prices) >= NEAR:
            usual = median(prices)
            if abs(change_percent(closes[day], usual)) > LARGEST_DEVIATION_PERCENT:
                found.append(day)
    return found


def _days(bars: QuerySet[Bar], first: date, last: date) -> set[date]:
    return set(bars.filter(day__range=(first, last)).values_list("day", flat=True))


def absent_days(held: set[date], first: date, last: date, calendar: Calendar) -> list[date]:
    """The trading days from `first` to `last` that are not among `held`, holidays left out."""
    days = trading_days(first, last, calendar)
    untabled = [day for day in days if day < TABLE_BEGINS]
    closed = _presumed_closed(untabled, held) if untabled else set()
    return [day for day in days if day not in held and day not in closed]


def _presumed_closed(days: Sequence[date], held: set[date]) -> set[date]:
    """The weekdays before the table begins that look like holidays, after the first own bar."""
    oldest = min(held, default=None)
    if oldest is None:
        return set()
    real = Bar.objects.filter(simulated=False, day__range=(days[0], days[-1]))
    traded = held | set(real.order_by().values_list("day", flat=True).distinct())
    closed: set[date] = set()
    for is_traded, group in groupby(days, traded.__contains__):
        run = list(group)
        if not is_traded and run[0] > oldest and len(run) <= LONGEST_HOLIDAY:
            closed.update(run)
    return closed
