"""After the close: the day's bar of each index, and the holes of the last sessions.

Every run does what is left to do, so a run that a stopped machine missed is made up by the next.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Max

from market.bar_checks import QUOTES_SOURCE
from market.history import Loaded, backfill, days_back, merge
from market.models import Bar, Index, Quote, load_calendar
from market.sessions import VIETNAM, Calendar, closing_time, last_session_day
from market.silence import LONGEST, longest_silence
from market.sources.base import SourceBar
from marketsite import clock

logger = logging.getLogger(__name__)

SETTLED = timedelta(minutes=20)  # after UPCoM's close, the last one
SESSIONS = 30


@dataclass(frozen=True, slots=True)
class Closed:
    """What was done: the day, the sources' bars, days closed from quotes, codes without a bar."""

    day: date
    loaded: Loaded
    from_quotes: dict[str, tuple[date, ...]]
    open: tuple[str, ...]


def close_day() -> Closed:
    """Give every active index its bar of the last settled day, and those of the sessions before.

    Bars come from the sources; of a day that none has, from the stored quotes when the last one is
    at or after the close. Such a bar is marked and gives way to a source's on a later run.
    """
    now, calendar = clock.now(), load_calendar()
    day = settled_day(now, calendar)
    loaded = backfill(count=_sessions(day, calendar), last=day)
    indices = {index.code: index for index in Index.objects.filter(active=True)}
    from_quotes: dict[str, tuple[date, ...]] = {}
    if not loaded.simulated:
        since = days_back(day, SESSIONS, calendar)
        for item in loaded.filled:
            gaps = [gap for gap in item.missing if gap >= since]
            if closed := _close_from_quotes(indices[item.code], gaps):
                from_quotes[item.code] = closed
    real = Bar.objects.filter(day=day, simulated=False).values_list("index__code", flat=True)
    held = indices.keys() if loaded.simulated else set(real)
    still_open = tuple(code for code in indices if code not in held)
    logger.info(
        "closed day=%s bars=%d from_quotes=%d open=%s",
        day,
        sum(loaded.bars.values()),
        sum(len(days) for days in from_quotes.values()),
        ",".join(still_open) or "none",
    )
    return Closed(day, loaded, from_quotes, still_open)


def settled_day(now: datetime, calendar: Calendar) -> date:
    """The newest trading day that ended at least twenty minutes ago."""
    day = last_session_day(now, calendar)
    if now < closing_time(day, Index.Exchange.UPCOM) + SETTLED:
        return calendar.previous_trading_day(day)
    return day


def _sessions(day: date, calendar: Calendar) -> int:
    """How far back to look: a month of sessions, all that is kept after a longer outage."""
    real = Bar.objects.filter(simulated=False, index__active=True)
    newest = dict(real.order_by().values_list("index").annotate(Max("day")))
    since = days_back(day, SESSIONS, calendar)
    active = Index.objects.filter(active=True).values_list("pk", flat=True)
    if all(pk in newest and newest[pk] >= since for pk in active):
        return SESSIONS
    return max(SESSIONS, settings.MARKET_BACKFILL_BARS)


def _close_from_quotes(index: Index, days: Iterable[date]) -> tuple[date, ...]:
    """The days that got their bar from quotes; those that have one already are left alone."""
    days = list(days)
    held = index.bars.filter(day__in=days, simulated=False).values_list("day", flat=True)
    bars = [bar for day in sorted({*days} - {*held}) if (bar := bar_of_quotes(index, day))]
    merge(index, bars)
    return tuple(bar.day for bar in bars)


def bar_of_quotes(index: Index, day: date) -> SourceBar | None:
    """The day as its stored quotes tell it; None when they do not tell all of it, with a log line.

    They must go on to the close and not be disputed there. Open, high and low are the source's;
    where it sends none, those of the prices seen, provided that these leave no stretch out.
    """
    start = datetime.combine(day, time(), VIETNAM)
    span = (start, start + timedelta(days=1) - timedelta.resolution)
    quotes = list(Quote.objects.real().filter(index=index, as_of__range=span).order_by("as_of"))
    if reason := _no_close(index, day, quotes):
        logger.info("no bar of quotes index=%s day=%s reason=%s", index.code, day, reason)
        return None
    last, prices = quotes[-1], [quote.price for quote in quotes]
    opens = [quote.open for quote in quotes if quote.open]
    return SourceBar(
        code=index.code,
        day=day,
        open=opens[-1] if opens else prices[0],
        high=max([*prices, *(quote.high for quote in quotes if quote.high)]),
        low=min([*prices, *(quote.low for quote in quotes if quote.low)]),
        close=last.price,
        volume=last.volume,
        source=QUOTES_SOURCE,
    )


def _no_close(index: Index, day: date, quotes: Sequence[Quote]) -> str:
    """Why the quotes of a day make no bar; "" when they do."""
    if not quotes or quotes[-1].as_of < closing_time(day, index.exchange):
        return "no quote at or after the close"
    last = quotes[-1]
    if last.agreement == Quote.Agreement.DISPUTED:
        return "the close is disputed"
    if last.high and last.low and any(quote.open for quote in quotes):
        return ""
    silence = longest_silence([quote.as_of for quote in quotes], day, index.exchange)
    if silence <= LONGEST:
        return ""
    minutes = silence // timedelta(minutes=1)
    return f"open or range unknown: {minutes} minutes without a quote"
