"""Charts as the vendors send them: rows or lists of open, high, low, close and volume by time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from market.sessions import VIETNAM, Calendar, last_session_day
from market.sources.base import BarReply, QuoteReply, SourceBar, SourceInvalid, SourceQuote
from market.sources.fields import (
    OLDEST_STAMP,
    Absent,
    FieldError,
    excerpt,
    field,
    optional_count,
    optional_positive,
    utc_stamp,
)
from market.sources.upstream import Upstream, bar_reply, quote_reply

PRICE_FIELDS = ("o", "h", "l", "c")
FIELDS = ("t", *PRICE_FIELDS, "v")
MINUTE = timedelta(minutes=1)
OLDEST = datetime.fromtimestamp(OLDEST_STAMP, UTC)
DAYS_BEFORE_QUOTE = timedelta(days=30)  # longer than any run of holidays
MOST_BARS = 10_000  # more than any index has
DAYS_PER_BAR = 1.6  # calendar days to ask for one trading day, holidays included

ReadTime = Callable[[Any, str], datetime]


@dataclass(frozen=True, slots=True)
class Candle:
    """One row of a chart: `start` in UTC, points, `volume` in shares, `value` in VND."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None
    value: int | None

    @property
    def day(self) -> date:
        """The date in Vietnam; vendors stamp a day's bar with 00:00 or 02:00 UTC."""
        return self.start.astimezone(VIETNAM).date()


class ChartUpstream(Upstream):
    """A vendor that gives charts alone: a quote is made of an index's minutes and of its days.

    `minutes` and `days` are what the vendor calls the two.
    """

    minutes = ""
    days = ""

    def chart(self, code: str, resolution: str, start: datetime, end: datetime) -> list[Candle]:
        """The candles of one index, oldest first, in one call."""
        raise NotImplementedError

    def fetch_quotes(self, codes: Sequence[str], now: datetime) -> QuoteReply:
        """Two charts for each index."""
        since, days_since = quote_moments(now)

        def read(code: str) -> SourceQuote:
            minutes = self.chart(code, self.minutes, since, now)
            days = self.chart(code, self.days, days_since, now) if minutes else []
            return quote_of(self.name, code, minutes, days, now)

        return quote_reply(self.one_by_one(codes, read))

    def fetch_bars(self, codes: Sequence[str], count: int, now: datetime) -> BarReply:
        """One chart for each index; a day may stand twice in it."""
        start = first_moment(count, now)

        def read(code: str) -> tuple[SourceBar, ...]:
            return day_bars(self.name, code, self.chart(code, self.days, start, now))[-count:]

        return bar_reply(self.one_by_one(codes, read))


def fetch_history(
    source: Upstream, path: str, symbol: str, resolution: str, start: datetime, end: datetime
) -> list[Candle]:
    """The chart that `GET path` gives in the manner of TradingView's feeds; raises SourceError."""
    query = {
        "symbol": symbol,
        "resolution": resolution,
        "from": str(int(start.timestamp())),
        "to": str(int(end.timestamp())),
    }
    answer = source.get(path, query)
    if not isinstance(answer, dict):
        raise SourceInvalid(source.name, "expected a chart", "answer", excerpt(answer))
    return read_lists(source.name, answer)


def read_lists(source: str, chart: Mapping[str, Any], spot: str = "") -> list[Candle]:
    """The candles of a chart that holds one list a column, stamps in unix seconds.

    As `read_rows`; raises SourceInvalid too for lists that are absent or differ in length.
    """
    rows = enumerate(_transposed(source, chart, spot))
    return read_rows(source, ((f"{spot}[{position}]", row) for position, row in rows), utc_stamp)


def read_rows(
    source: str, rows: Iterable[tuple[str, Mapping[str, Any]]], read_time: ReadTime
) -> list[Candle]:
    """The candles of rows that come oldest first, each with the spot that an error names.

    A row without a price is left out, as vendors send for minutes without a trade. Raises
    SourceInvalid for a value of the wrong kind and for times out of order.
    """
    found: list[Candle] = []
    for spot, row in rows:
        try:
            candle = _candle(row, read_time)
            if candle is None:
                continue
            if found and candle.start < found[-1].start:
                raise FieldError("t is out of order")
        except FieldError as error:
            raise SourceInvalid(source, str(error), spot, excerpt(row)) from error
        found.append(candle)
    return found


def one_a_day(rows: Iterable[Candle]) -> list[Candle]:
    """The candles by day; of a day that stands twice the one with more volume counts."""
    days: dict[date, Candle] = {}
    for row in rows:
        known = days.get(row.day)
        if known is None or (row.volume or 0) >= (known.volume or 0):
            days[row.day] = row
    return list(days.values())


def day_bars(source: str, code: str, rows: Iterable[Candle]) -> tuple[SourceBar, ...]:
    return tuple(
        SourceBar(code, row.day, row.open, row.high, row.low, row.close, row.volume, source)
        for row in one_a_day(rows)
    )


def quote_of(
    source: str, code: str, minutes: Sequence[Candle], days: Iterable[Candle], now: datetime
) -> SourceQuote:
    """The quote that a minute chart and a day chart make.

    The as-of time is the end of the last minute, at most `now`. Raises FieldError without a minute,
    and without the bar of the trading day before: an older close would give a wrong change.
    """
    if not minutes:
        raise Absent("no minute bar")
    last = minutes[-1]
    bars = {row.day: row for row in one_a_day(days)}
    today, eve = bars.get(last.day), Calendar().previous_trading_day(last.day)
    if eve not in bars:
        raise Absent(f"no day bar of {eve}")
    return SourceQuote(
        code=code,
        as_of=max(last.start, min(last.start + MINUTE, now)),
        price=last.close,
        previous_close=bars[eve].close,
        open=today.open if today else None,
        high=max(today.high, last.high) if today else None,
        low=min(today.low, last.low) if today else None,
        volume=today.volume if today else None,
        value=today.value if today else None,
        advances=None,
        declines=None,
        unchanged=None,
        ceilings=None,
        floors=None,
        source=source,
    )


def first_moment(count: int, now: datetime) -> datetime:
    """From when on to ask when the last `count` day bars are wanted."""
    days = int(min(count, MOST_BARS) * DAYS_PER_BAR) + 14
    return _midnight(now.astimezone(VIETNAM).date() - timedelta(days=days))


def quote_moments(now: datetime) -> tuple[datetime, datetime]:
    """From when on to ask for minutes, and for day bars, to make a quote of them."""
    session = last_session_day(now, Calendar())
    return _midnight(session), _midnight(session - DAYS_BEFORE_QUOTE)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def _transposed(source: str, chart: Mapping[str, Any], spot: str) -> Iterator[dict[str, Any]]:
    columns: dict[str, list[Any]] = {}
    for name in FIELDS:
        values, where = chart.get(name), f"{spot}.{name}".lstrip(".")
        if not isinstance(values, list):
            raise SourceInvalid(source, "expected a list", where, excerpt(values))
        columns[name] = values
        if len(values) != len(columns["t"]):
            raise SourceInvalid(source, "list differs in length from t", where, excerpt(chart))
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def _candle(row: Mapping[str, Any], read_time: ReadTime) -> Candle | None:
    """The candle, or None for one that cannot be: a null, a zero, a high below its low."""
    opened, high, low, close = (optional_positive(row, name) for name in PRICE_FIELDS)
    if opened is None or high is None or low is None or close is None or high < low:
        return None
    start = read_time(field(row, "t"), "t")
    if start < OLDEST:
        raise FieldError("t is out of range")
    return Candle(
        start, opened, high, low, close, optional_count(row, "v"), optional_count(row, "va")
    )
