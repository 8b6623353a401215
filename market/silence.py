"""How long an index was not read while it traded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

from market.sessions import AFTERNOON, LUNCH, OPENING, VIETNAM, closing_time

LONGEST = timedelta(minutes=20)  # HoSE's opening auction alone takes fifteen


def traded_between(first: datetime, last: datetime) -> timedelta:
    """The time between two moments of one day in Vietnam without its midday break."""
    day = first.astimezone(VIETNAM).date()
    begins = max(first, datetime.combine(day, LUNCH, VIETNAM))
    ends = min(last, datetime.combine(day, AFTERNOON, VIETNAM))
    return last - first - max(ends - begins, timedelta(0))


def longest_silence(readings: Iterable[datetime], day: date, exchange: str) -> timedelta:
    """The longest trading time of the day between two readings, its opening and close included."""
    opened = datetime.combine(day, OPENING, VIETNAM)
    moments = sorted([opened, *readings, closing_time(day, exchange)])
    return max(traded_between(first, last) for first, last in pairwise(moments))
