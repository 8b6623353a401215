"""Trend, levels, records and scenarios of one index, as far as its stored history allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from market import indicators
from market.sessions import VIETNAM, Calendar
from reports import records
from reports.facts import Fact, Gap, Series
from reports.inputs import BarInput, IndexInput, MarketData, derived, rounded

CHART_SESSIONS = 120
AVERAGED = 20  # sessions behind each point of the chart's average
YEAR_SESSIONS = 250
OLDEST_BAR_SESSIONS = 5
SCENARIO_SESSIONS = 5
FEWEST_OUTCOMES = 60
NEAREST_LEVEL_PERCENT = Decimal("0.3")
ROUND_MARKS = 20  # to a power of ten: 50 points for an index above 1,000, 5 for one above 100
SAME_CLOSE_PERCENT = Decimal("0.5")
SHORTEST_STREAK = 2
SHORTEST_RECORD = 10
LEVELS = (
    "sma20", "sma50", "sma200", "high_20", "low_20", "high_52w", "low_52w",
    "round_above", "round_below",
)  # fmt: skip


class Trend:
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
        sources = dict.fromkeys([*(bar.source for bar in bars[-20:]), index.source])
        self._base = close._replace(source=" + ".join(sources))
        self._closes = [*(bar.close for bar in bars), close.value]
        self._unbroken = _unbroken(index, bars[-1], day, data.calendar)
        self._averages()
        self._momentum()
        self._records()
        self._range(index, bars)
        self._activity(index, bars)
        self._levels()
        self._scenarios()
        self.series = _series(bars, day, self._closes)

    def _add(self, name: str, value: Decimal | None, unit: str, method: str, *basis: str) -> None:
        if value is None:
            return
        fact = derived(self._base, name, value, unit, method, ("close", *basis))
        self.facts[fact.key] = fact

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
            self._distance_before(window)

    def _distance_before(self, window: int) -> None:
        """How far the session before closed from its own average: with today's, a crossing."""
        mean = indicators.sma(self._closes[:-1], window)
        if mean is None or not self._unbroken:
            return
        self._add(
            f"before_sma{window}",
            indicators.change_percent(self._closes[-2], mean),
            "percent",
            f"distance of the close before from its mean of {window} closes",
            "previous_close",
        )

    def _momentum(self) -> None:
        self._add("rsi14", indicators.rsi(self._closes), "ratio", "Wilder's RSI over 14 sessions")
        self._add(
            "volatility20",
            indicators.volatility(self._closes),
            "proportion",
            "standard deviation of 20 daily log returns × √252 × 100",
        )
        if len(self._closes) > 120:
            self._add(
                "volatility60",
                indicators.volatility(self._closes, 60),
                "proportion",
                "standard deviation of 60 daily log returns × √252 × 100",
            )
        for window in (5, 20, 60, YEAR_SESSIONS):
            if len(self._closes) > window:
                self._add(
                    f"return{window}",
                    indicators.change_percent(self._close.value, self._closes[-window - 1]),
                    "percent",
                    f"change against the close {window} sessions earlier",
                )

    def _records(self) -> None:
        """Streaks and counts of sessions that today's close, move or volume stands out from."""
        if not self._unbroken:
            return
        run, before = records.streak(self._closes), records.streak(self._closes[:-1])
        if abs(run) >= SHORTEST_STREAK:
            self._streak("streak", run)
        elif run * before < 0:
            self._streak("broken_streak", before)
        self._count("sessions_highest", records.highest_of(self._closes), "highest close of these")
        self._count("sessions_lowest", records.lowest_of(self._closes), "lowest close of these")
        moves = records.moves(self._closes)
        if moves and moves[-1] > 0:
            words = "largest gain in percent of these"
            self._count("sessions_biggest_gain", records.highest_of(moves), words)
        elif moves and moves[-1] < 0:
            words = "deepest loss in percent of these"
            self._count("sessions_biggest_loss", records.lowest_of(moves), words)

    def _streak(self, name: str, run: int) -> None:
        side, word = ("up", "higher") if run > 0 else ("down", "lower")
        before = " before this one" if name == "broken_streak" else ""
        self._count(f"{name}_{side}", abs(run), f"sessions in a row{before} that closed {word}")

    def _volume_records(self, bars: Sequence[BarInput], volume: int) -> None:
        known = [Decimal(bar.volume) for bar in bars if bar.volume]
        for side, count in (
            ("highest", records.highest_of([*known, Decimal(volume)])),
            ("lowest", records.lowest_of([*known, Decimal(volume)])),
        ):
            self._count(f"sessions_{side}_volume", count, f"{side} volume of these", "volume")

    def _count(self, name: str, count: int, what: str, *basis: str) -> None:
        """A count of sessions up to today; a short one is no record."""
        if name.startswith("sessions_"):
            if count < SHORTEST_RECORD:
                return
            what = f"sessions up to today: {what}"
        self._add(name, Decimal(count), "count", what, *basis)

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
            if self._unbroken:
                self._volume_records(bars, index.volume)
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
        if self._unbroken:
            crossed = records.crossed_mark(
                self._closes[-2], self._close.value, (step * 10, step * 2, step)
            )
            self._add("round_crossed", crossed, "points", "round mark between the two closes")
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
        highest, lowest = resistance / self._close.value, support / self._close.value
        above = sum(outcome > highest for outcome in outcomes)
        below = sum(outcome < lowest for outcome in outcomes)
        shares = _whole_percents([above, len(outcomes) - above - below, below])
        method = f"share of {len(outcomes)} five-session moves of the past year that ended there"
        for name, share in zip(("p_above", "p_between", "p_below"), shares, strict=True):
            self._add(name, Decimal(share), "chance", method, "support", "resistance")

    def _has(self, name: str) -> bool:
        return f"{self._key}.{name}" in self.facts

    def _value(self, name: str) -> Decimal | None:
        fact = self.facts.get(f"{self._key}.{name}")
        return fact.value if fact else None


def _unbroken(index: IndexInput, last: BarInput, day: date, calendar: Calendar) -> bool:
    """Whether the quote follows the last bar: only then are neighbours compared.

    No session may be missing between them, and both must mean the same close before.
    """
    previous = index.previous_close
    if previous is None or calendar.sessions_between(last.day, day) != 1:
        return False
    return abs(last.close - previous) <= previous * SAME_CLOSE_PERCENT / 100


def _series(bars: Sequence[BarInput], day: date, closes: Sequence[Decimal]) -> Series:
    days = [*(bar.day for bar in bars), day]
    start = max(len(closes) - CHART_SESSIONS, 0)
    averages: list[Decimal | None] = []
    total = sum(closes[max(start - AVERAGED, 0) : start], Decimal(0))
    for end, close in enumerate(closes[start:], start):
        total += close - (closes[end - AVERAGED] if end >= AVERAGED else 0)
        averages.append(rounded(total / AVERAGED) if end + 1 >= AVERAGED else None)
    return Series(tuple(days[start:]), tuple(closes[start:]), tuple(averages))


def _whole_percents(counts: Sequence[int]) -> list[int]:
    """Whole percents that sum to 100, by largest remainder."""
    total = sum(counts)
    exact = [Decimal(count) * 100 / total for count in counts]
    whole = [int(value) for value in exact]
    order = sorted(range(len(counts)), key=lambda at: exact[at] - whole[at], reverse=True)
    for position in order[: 100 - sum(whole)]:
        whole[position] += 1
    return whole
