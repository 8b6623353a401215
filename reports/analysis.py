"""From quotes and day bars to the sheet of facts. Plain values in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from market import indicators
from market.sessions import (
    VIETNAM,
    Calendar,
    last_session_day,
    next_session_open,
    session_at,
)
from reports.facts import Fact, FactSheet, Gap, IndexState, Series

CHART_SESSIONS = 120
YEAR_SESSIONS = 250
OLDEST_BAR_SESSIONS = 5
SCENARIO_SESSIONS = 5
FEWEST_OUTCOMES = 60
NEAREST_LEVEL_PERCENT = Decimal("0.3")
ROUND_MARKS = 20  # to a power of ten: 50 points for an index above 1,000, 5 for one above 100
LEVELS = (
    "sma20", "sma50", "sma200", "high_20", "low_20", "high_52w", "low_52w",
    "round_above", "round_below",
)  # fmt: skip
PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class IndexInput:
    """One index as the snapshot has it; `price` is None when nothing is known, with the reason."""

    code: str
    key: str
    exchange: str
    price: Decimal | None = None
    previous_close: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: int | None = None
    value: int | None = None
    advances: int | None = None
    declines: int | None = None
    unchanged: int | None = None
    ceilings: int | None = None
    floors: int | None = None
    as_of: datetime | None = None
    source: str = ""
    agreement: str = "single"
    stale: bool = False
    error: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class BarInput:
    day: date
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int | None
    source: str


@dataclass(frozen=True, slots=True)
class MarketData:
    """What a report is made from, read at `now`; bars oldest first, of one kind, by code."""

    indices: tuple[IndexInput, ...]
    bars: Mapping[str, Sequence[BarInput]]
    now: datetime
    simulated: bool
    calendar: Calendar


def build_facts(data: MarketData) -> FactSheet:
    """The sheet of everything known about the indices at `data.now`."""
    facts: dict[str, Fact] = {}
    series: dict[str, Series] = {}
    gaps: list[Gap] = []
    for index in data.indices:
        if index.price is None or index.previous_close is None or index.as_of is None:
            gaps.append(Gap(index.key, "unknown", index.error or ""))
            continue
        observed = _observed(index, index.price, index.previous_close, index.as_of)
        facts |= observed
        trend = _Trend(index, observed[f"{index.key}.close"], data)
        gaps += trend.gaps
        facts |= trend.facts
        if trend.series:
            series[index.key] = trend.series
    today = last_session_day(data.now, data.calendar)
    return FactSheet(
        now=data.now,
        session=str(session_at(data.now, "HOSE", data.calendar)),
        session_day=today,
        next_session=next_session_open(data.now, data.calendar).astimezone(VIETNAM).date(),
        holidays=_holidays(data),
        simulated=data.simulated,
        indices=tuple(_state(index) for index in data.indices),
        facts=facts,
        series=series,
        gaps=tuple(gaps),
    )


def _state(index: IndexInput) -> IndexState:
    return IndexState(
        code=index.code,
        key=index.key,
        known=index.price is not None and index.as_of is not None,
        stale=index.stale,
        session_day=index.as_of.astimezone(VIETNAM).date() if index.as_of else None,
        source=index.source,
        agreement=index.agreement,
        error=index.error,
        name=index.name,
    )


def _holidays(data: MarketData) -> tuple[date, ...]:
    """Weekday closures in the two weeks ahead."""
    today = data.now.astimezone(VIETNAM).date()
    ahead = [date.fromordinal(today.toordinal() + step) for step in range(1, 15)]
    return tuple(
        day for day in ahead if day.weekday() < 5 and not data.calendar.is_trading_day(day)
    )


def _observed(
    index: IndexInput, price: Decimal, previous: Decimal, as_of: datetime
) -> dict[str, Fact]:
    key = index.key
    units: dict[str, tuple[Decimal | int | None, str]] = {
        "close": (price, "points"),
        "previous_close": (previous, "points"),
        "open": (index.open, "points"),
        "high": (index.high, "points"),
        "low": (index.low, "points"),
        "volume": (index.volume, "shares"),
        "value": (index.value, "vnd"),
        "advances": (index.advances, "count"),
        "declines": (index.declines, "count"),
        "unchanged": (index.unchanged, "count"),
        "ceilings": (index.ceilings, "count"),
        "floors": (index.floors, "count"),
    }
    facts = {
        f"{key}.{name}": Fact(
            f"{key}.{name}", Decimal(value), unit, as_of, index.source, index.agreement
        )
        for name, (value, unit) in units.items()
        if value is not None
    }
    both = (f"{key}.close", f"{key}.previous_close")
    moves = {
        "change": (indicators.change(price, previous), "points", "close - previous_close"),
        "change_percent": (
            indicators.change_percent(price, previous),
            "percent",
            "(close - previous_close) / previous_close × 100",
        ),
    }
    for name, (value, unit, method) in moves.items():
        facts[f"{key}.{name}"] = Fact(
            f"{key}.{name}",
            _rounded(value),
            unit,
            as_of,
            index.source,
            index.agreement,
            "derived",
            method,
            both,
        )
    return facts


class _Trend:
    """Averages, momentum, range, levels and scenarios of one index, as far as history allows."""

    def __init__(self, index: IndexInput, close: Fact, data: MarketData) -> None:
        self.facts: dict[str, Fact] = {}
        self.gaps: list[Gap] = []
        self.series: Series | None = None
        self._key = index.key
        self._close = close
        day = close.as_of.astimezone(VIETNAM).date()
        bars = [bar for bar in data.bars.get(index.code, ()) if bar.day < day]
        if not bars:
            self.gaps.append(Gap(index.key, "no_history"))
            return
        if data.calendar.sessions_between(bars[-1].day, day) > OLDEST_BAR_SESSIONS:
            self.gaps.append(Gap(index.key, "history_too_old", day=bars[-1].day))
            return
        self._source = " + ".join(
            dict.fromkeys([*(bar.source for bar in bars[-20:]), index.source])
        )
        self._closes = [*(bar.close for bar in bars), close.value]
        self._averages()
        self._momentum()
        self._range(index, bars)
        self._activity(index, bars)
        self._levels()
        self._scenarios()
        self.series = _series(bars, day, self._closes)

    def _add(self, name: str, value: Decimal | None, unit: str, method: str, *basis: str) -> None:
        if value is None:
            return
        key = f"{self._key}.{name}"
        self.facts[key] = Fact(
            key,
            _rounded(value),
            unit,
            self._close.as_of,
            self._source,
            self._close.agreement,
            "derived",
            method,
            tuple(f"{self._key}.{item}" for item in ("close", *basis)),
        )

    def _averages(self) -> None:
        for window in (20, 50, 200):
            mean = indicators.sma(self._closes, window)
            if mean is None:
                self.gaps.append(Gap(self._key, "history_too_short", str(window)))
                continue
            self._add(f"sma{window}", mean, "points", f"mean of the last {window} closes")
            distance = indicators.change_percent(self._close.value, mean)
            self._add(
                f"distance_sma{window}",
                distance,
                "percent",
                f"(close - sma{window}) / sma{window} × 100",
                f"sma{window}",
            )

    def _momentum(self) -> None:
        self._add("rsi14", indicators.rsi(self._closes), "ratio", "Wilder's RSI over 14 sessions")
        self._add(
            "volatility20",
            indicators.volatility(self._closes),
            "proportion",
            "standard deviation of 20 daily log returns × √252 × 100",
        )
        if len(self._closes) > 20:
            before = self._closes[-21]
            self._add(
                "return20",
                indicators.change_percent(self._close.value, before),
                "percent",
                "change against the close 20 sessions earlier",
            )

    def _range(self, index: IndexInput, bars: Sequence[BarInput]) -> None:
        today_high = max(index.high or self._close.value, self._close.value)
        today_low = min(index.low or self._close.value, self._close.value)
        for name, window in (("20", 20), ("52w", YEAR_SESSIONS)):
            if len(bars) < window - 1:
                continue
            recent = bars[-(window - 1) :]
            high = max([bar.high for bar in recent] + [today_high])
            low = min([bar.low for bar in recent] + [today_low])
            words = f"of the last {window} sessions"
            self._add(f"high_{name}", high, "points", f"highest high {words}")
            self._add(f"low_{name}", low, "points", f"lowest low {words}")
            for side, level in (("high", high), ("low", low)):
                self._add(
                    f"distance_{side}_{name}",
                    indicators.change_percent(self._close.value, level),
                    "percent",
                    f"(close - {side}_{name}) / {side}_{name} × 100",
                    f"{side}_{name}",
                )

    def _activity(self, index: IndexInput, bars: Sequence[BarInput]) -> None:
        volumes = [bar.volume for bar in bars[-20:] if bar.volume]
        if len(volumes) < 20:
            return
        mean = indicators.average(volumes)
        self._add("volume_avg20", mean, "shares", "mean volume of the 20 sessions before")
        if mean and index.volume:
            self._add(
                "volume_vs_avg20",
                indicators.change_percent(Decimal(index.volume), mean),
                "proportion",
                "(volume - volume_avg20) / volume_avg20 × 100",
                "volume",
                "volume_avg20",
            )

    def _levels(self) -> None:
        """Nearest levels below and above that a quiet day would not cross, and what they are."""
        gap = self._close.value * NEAREST_LEVEL_PERCENT / 100
        self._round_marks(gap)
        levels = [self.facts[f"{self._key}.{name}"] for name in LEVELS if self._has(name)]
        below = [fact for fact in levels if fact.value <= self._close.value - gap]
        above = [fact for fact in levels if fact.value >= self._close.value + gap]
        for name, found in (
            ("support", max(below, key=lambda fact: fact.value, default=None)),
            ("resistance", min(above, key=lambda fact: fact.value, default=None)),
        ):
            if found:
                basis = found.key.partition(".")[2]
                self._add(name, found.value, "points", f"nearest level: {basis}", basis)

    def _round_marks(self, gap: Decimal) -> None:
        """The next round numbers that a quiet day would not cross, such as 1,750 and 1,700."""
        step = Decimal(10) ** self._close.value.adjusted() / ROUND_MARKS
        above = ((self._close.value + gap) / step).to_integral_value(ROUND_CEILING) * step
        below = ((self._close.value - gap) / step).to_integral_value(ROUND_FLOOR) * step
        words = f"multiple of {step:f}"
        self._add("round_above", above, "points", f"next {words} above")
        self._add("round_below", below or None, "points", f"next {words} below")

    def _scenarios(self) -> None:
        """Probabilities of the close five sessions on, from every five-session move in the history.

        Each outcome of the past year is counted: beyond resistance, below support, or between,
        where the two levels are taken as distances from today's close. They sum to 100.
        """
        support, resistance = self._value("support"), self._value("resistance")
        closes = self._closes[-(YEAR_SESSIONS + SCENARIO_SESSIONS) :]
        outcomes = [
            after / before
            for before, after in zip(closes, closes[SCENARIO_SESSIONS:], strict=False)
        ]
        if support is None or resistance is None or len(outcomes) < FEWEST_OUTCOMES:
            return
        close = self._close.value
        above = sum(outcome > resistance / close for outcome in outcomes)
        below = sum(outcome < support / close for outcome in outcomes)
        shares = _whole_percents([above, len(outcomes) - above - below, below])
        method = f"share of {len(outcomes)} five-session moves of the past year that ended there"
        for name, share in zip(("p_above", "p_between", "p_below"), shares, strict=True):
            self._add(name, Decimal(share), "chance", method, "support", "resistance")

    def _has(self, name: str) -> bool:
        return f"{self._key}.{name}" in self.facts

    def _value(self, name: str) -> Decimal | None:
        fact = self.facts.get(f"{self._key}.{name}")
        return fact.value if fact else None


def _series(bars: Sequence[BarInput], day: date, closes: Sequence[Decimal]) -> Series:
    days = [*(bar.day for bar in bars), day]
    start = max(len(closes) - CHART_SESSIONS, 0)
    averages = tuple(
        None if mean is None else _rounded(mean)
        for mean in (indicators.sma(closes[: end + 1], 20) for end in range(start, len(closes)))
    )
    return Series(tuple(days[start:]), tuple(closes[start:]), averages)


def _whole_percents(counts: Sequence[int]) -> list[int]:
    """Whole percents that sum to 100, by largest remainder."""
    total = sum(counts)
    exact = [Decimal(count) * 100 / total for count in counts]
    whole = [int(value) for value in exact]
    order = sorted(range(len(counts)), key=lambda at: exact[at] - whole[at], reverse=True)
    for position in order[: 100 - sum(whole)]:
        whole[position] += 1
    return whole


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(PLACES, ROUND_HALF_EVEN).normalize() + 0
