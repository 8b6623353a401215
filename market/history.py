"""Day bars: back-filled from the sources or the demo feed, compared, stored and read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from market.bar_checks import (
    QUOTES_SOURCE,
    Coverage,
    Disagreement,
    coverage,
    disagreements,
    missing_days,
    trading_days,
)
from market.bar_sources import BarSources, bar_sources
from market.models import Bar, Index, load_calendar
from market.refresh import Failure
from market.sessions import VIETNAM, Calendar, Session, last_session_day, session_at
from market.snapshot import demo_allowed
from market.sources.base import SourceBar
from market.sources.demo import demo_bars
from marketsite import clock

logger = logging.getLogger(__name__)

# As each report reads for every index: to compose it anew takes as long as to run it.
PAST_BARS = """
    SELECT day, high, low, close, volume, source FROM market_bar
    WHERE index_id = %s AND day < %s AND simulated = %s
    ORDER BY day DESC LIMIT %s
"""
SMALLEST_STEP = Decimal("0.0001")  # of a stored price


class PastBar(NamedTuple):
    """What a report needs of a stored bar."""

    day: date
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What a back-fill did for one index: days that lacked a bar, bars stored, and what it saw.

    `missing` are the wanted days that no source gave.
    """

    code: str
    wanted: int
    stored: int
    missing: tuple[date, ...] = ()
    failures: tuple[Failure, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def failed(self) -> bool:
        """Whether another run may find more: a source was lost, or gaps stand beside failures.

        A source that has nothing from before its first day is no failure.
        """
        first = self.coverage.first
        if not self.missing or first is None:
            return bool(self.missing)
        if any(not failure.code for failure in self.failures):
            return True
        return bool(self.failures) and self.missing[-1] > first


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was stored: bars by code, source failures, and remarks worth a line each.

    `refused` names rows of a file that were left out, and why.
    """

    bars: dict[str, int]
    failures: tuple[Failure, ...] = ()
    remarks: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    filled: tuple[Filled, ...] = ()
    simulated: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    stored: int
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """How a back-fill treats what is stored.

    `everything` asks for stored days too, `replace` lets fetched bars win, `dry_run` stores none.
    """

    everything: bool = False
    replace: bool = False
    dry_run: bool = False


Progress = Callable[[int, int, Filled], None]


def backfill(
    codes: Sequence[str] = (),
    count: int | None = None,
    since: date | None = None,
    options: Options | None = None,
    progress: Progress | None = None,
    last: date | None = None,
) -> Loaded:
    """Store the day bars that the named indices lack, of all active ones by default.

    From `since` on, else of the `count` trading days, up to `last`: by default the newest day that
    does not trade any more. Each index is stored as soon as it is fetched, so that a run after an
    interrupted one asks for the rest alone; `progress` hears of it. When no source answers and
    `MARKET_DEMO` allows it, simulated bars come in, marked as such.
    """
    options = options or Options()
    now, calendar = clock.now(), load_calendar()
    count = count or settings.MARKET_BACKFILL_BARS
    last = last or last_final_day(now, calendar)
    first = since or days_back(last, count, calendar)
    indices = _indices(codes)
    filled = []
    with bar_sources(settings.MARKET_BAR_SOURCES, now) as sources:
        for position, index in enumerate(indices, 1):
            filled.append(_fill(index, first, last, calendar, sources, options))
            if progress:
                progress(position, len(indices), filled[-1])
    loaded = _loaded(filled, options)
    if not any(item.coverage.first for item in filled) and _demo_wanted():
        loaded = _simulated(indices, count, last, loaded)
    logger.info(
        "back-filled bars=%d simulated=%s dry_run=%s",
        sum(loaded.bars.values()),
        loaded.simulated,
        loaded.dry_run,
    )
    return loaded


def check(
    source: str, codes: Sequence[str] = (), count: int | None = None, since: date | None = None
) -> Loaded:
    """Compare stored bars with those of a source and store nothing; `bars` counts the compared."""
    now, calendar = clock.now(), load_calendar()
    last = last_final_day(now, calendar)
    first = since or days_back(last, count or settings.MARKET_BACKFILL_BARS, calendar)
    compared: dict[str, int] = {}
    failures: list[Failure] = []
    found: list[Disagreement] = []
    with bar_sources([source], now) as sources:
        for index in _indices(codes):
            bars, failed = sources.fetch(index, trading_days(first, last, calendar), {})
            stored = _real_bars(index, first, last)
            compared[index.code] = len(stored.keys() & bars.keys())
            failures += failed
            found += disagreements(index.code, stored, bars.values())
    return Loaded(compared, tuple(failures), disagreements=tuple(found), dry_run=True)


def merge(
    index: Index,
    bars: Iterable[SourceBar],
    *,
    replace: bool = False,
    dry_run: bool = False,
    yielding: Set[str] = frozenset({QUOTES_SOURCE}),
) -> Merged:
    """Store bars of days that have none, and over simulated ones and those of `yielding` sources.

    Another stored bar is kept, unless `replace`; that the closes differ is told. What is stored
    already, from the same source and with the same numbers, counts as nothing new.
    """
    fetched = {bar.day: bar for bar in bars}
    if not fetched:
        return Merged(0, ())
    with transaction.atomic():
        stored = _real_bars(index, min(fetched), max(fetched))
        kept = {day: bar for day, bar in stored.items() if bar.source not in yielding}
        written = [
            bar
            for bar in fetched.values()
            if (replace or bar.day not in kept) and _is_new(stored.get(bar.day), bar, kept)
        ]
        if not dry_run:
            store(index, written, simulated=False)
    return Merged(len(written), disagreements(index.code, kept, fetched.values()))


def store(index: Index, bars: Iterable[SourceBar], simulated: bool) -> int:
    """Insert or correct the bars of an index; returns how many days they cover.

    A real bar replaces a simulated one of its day, never the other way round.
    """
    rows = [
        Bar(
            index=index,
            day=bar.day,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
            simulated=simulated,
            source=bar.source,
        )
        for bar in bars
    ]
    if simulated:
        Bar.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        return len(rows)
    with transaction.atomic():
        Bar.objects.bulk_create(
            rows,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["index", "day"],
            update_fields=["open", "high", "low", "close", "volume", "simulated", "source"],
        )
    return len(rows)


def bars_before(index: Index, day: date, count: int, simulated: bool) -> list[PastBar]:
    """The last `count` bars before `day` of one kind, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(PAST_BARS, [index.pk, day, simulated, count])
        return [PastBar._make(row) for row in reversed(cursor.fetchall())]


def last_final_day(now: datetime, calendar: Calendar) -> date:
    """The newest day whose bar will not change any more."""
    day = last_session_day(now, calendar)
    is_today = now.astimezone(VIETNAM).date() == day
    if is_today and session_at(now, Index.Exchange.UPCOM, calendar) != Session.CLOSED:
        return calendar.previous_trading_day(day)
    return day


def days_back(last: date, count: int, calendar: Calendar) -> date:
    """The first of the last `count` trading days up to `last`, which is one."""
    day = last
    for _ in range(count - 1):
        day = calendar.previous_trading_day(day)
    return day


def _fill(
    index: Index,
    first: date,
    last: date,
    calendar: Calendar,
    sources: BarSources,
    options: Options,
) -> Filled:
    lacking = missing_days(index, first, last, calendar)
    days = trading_days(first, last, calendar) if options.everything else lacking
    fetched, failures = sources.fetch(index, days, _closes_around(index, days))
    merged = merge(index, fetched.values(), replace=options.replace, dry_run=options.dry_run)
    return Filled(
        code=index.code,
        wanted=len(days),
        stored=merged.stored,
        missing=tuple(day for day in lacking if day not in fetched),
        failures=tuple(failures),
        disagreements=merged.disagreements,
        coverage=coverage(index, first, last, calendar, fetched),
    )


def _loaded(filled: Sequence[Filled], options: Options) -> Loaded:
    return Loaded(
        bars={item.code: item.stored for item in filled},
        failures=tuple(dict.fromkeys(failure for item in filled for failure in item.failures)),
        disagreements=tuple(found for item in filled for found in item.disagreements),
        filled=tuple(filled),
        dry_run=options.dry_run,
    )


def _simulated(indices: Sequence[Index], count: int, last: date, loaded: Loaded) -> Loaded:
    found = demo_bars([index.code for index in indices], count, clock.now(), load_calendar())
    bars = {code: [bar for bar in rows if bar.day <= last][-count:] for code, rows in found.items()}
    if not loaded.dry_run:
        for index in indices:
            store(index, bars[index.code], simulated=True)
    stored = {code: len(rows) for code, rows in bars.items()}
    return changed(loaded, bars=stored, simulated=True)


def _demo_wanted() -> bool:
    return demo_allowed() and not Bar.objects.filter(simulated=False).exists()


def _indices(codes: Sequence[str]) -> list[Index]:
    return list(Index.objects.filter(Q(code__in=codes) if codes else Q(active=True)))


def _closes_around(index: Index, days: Sequence[date]) -> dict[date, Decimal]:
    """The stored closes of these days and of a month about them."""
    if not days:
        return {}
    month = timedelta(days=30)
    stored = _real_bars(index, days[0] - month, days[-1] + month)
    return {day: bar.close for day, bar in stored.items()}


def _real_bars(index: Index, first: date, last: date) -> dict[date, Bar]:
    found = Bar.objects.filter(index=index, simulated=False, day__range=(first, last))
    return {bar.day: bar for bar in found}


def _is_new(stored: Bar | None, fetched: SourceBar, kept: Mapping[date, Bar]) -> bool:
    """Whether the bar would change something: numbers, or a source that was to give way."""
    if stored is None:
        return True
    gives_way = fetched.day not in kept and stored.source != fetched.source
    return gives_way or not _same(stored, fetched)


def _same(stored: Bar, fetched: SourceBar) -> bool:
    """Whether the numbers are the stored ones, to the places that the database keeps."""
    if stored.volume != fetched.volume:
        return False
    names = ("open", "high", "low", "close")
    return all(
        abs(getattr(stored, name) - getattr(fetched, name)) < SMALLEST_STEP for name in names
    )
