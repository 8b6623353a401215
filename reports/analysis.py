"""From quotes, day bars and the crypto overview to the sheet of facts. Plain values in and out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from market import indicators
from market.sessions import (
    VIETNAM,
    Calendar,
    last_session_day,
    next_session_open,
    session_at,
)
from reports.comparison import index_comparisons, report_comparisons
from reports.crypto_facts import crypto_facts
from reports.facts import Fact, FactSheet, Gap, IndexState, Series
from reports.inputs import BarInput, CryptoInput, IndexInput, MarketData, derived
from reports.trend import LEVELS, YEAR_SESSIONS, Trend

__all__ = [
    "LEVELS", "YEAR_SESSIONS", "BarInput", "CryptoInput", "IndexInput", "MarketData", "build_facts",
]  # fmt: skip


def build_facts(data: MarketData) -> FactSheet:
    """The sheet of everything known about the indices and crypto at `data.now`."""
    facts: dict[str, Fact] = {}
    series: dict[str, Series] = {}
    gaps: list[Gap] = []
    for index in data.indices:
        if index.price is None or index.previous_close is None or index.as_of is None:
            gaps.append(Gap(index.key, "unknown", index.error or ""))
            continue
        observed = _observed(index, index.price, index.previous_close, index.as_of)
        facts |= observed | _shape_of_day(observed[f"{index.key}.close"], observed)
        trend = Trend(index, observed[f"{index.key}.close"], data)
        gaps += trend.gaps
        facts |= trend.facts
        if trend.series:
            series[index.key] = trend.series
    crypto, absent = crypto_facts(data)
    facts |= crypto
    gaps += absent
    facts |= index_comparisons(data, facts)
    facts |= report_comparisons(data.previous, facts)
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
        session_number=_session_number(today, data.calendar),
    )


def _session_number(day: date, calendar: Calendar) -> int:
    """How many trading days there were up to `day`, as far as the calendar knows the closures."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    closed = sum(item <= day and item.weekday() < 5 for item in calendar.closures)
    opened = sum(item <= day and item.weekday() > 4 for item in calendar.openings)
    return weeks * 5 + min(weekday + 1, 5) - closed + opened


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
    close = facts[f"{key}.close"]
    both = ("close", "previous_close")
    moves = {
        "change": (indicators.change(price, previous), "points", "close - previous_close"),
        "change_percent": (
            indicators.change_percent(price, previous),
            "percent",
            "(close - previous_close) / previous_close × 100",
        ),
    }
    for name, (value, unit, method) in moves.items():
        fact = derived(close, name, value, unit, method, both)
        facts[fact.key] = fact
    return facts | _second_word(index, close)


def _second_word(index: IndexInput, close: Fact) -> dict[str, Fact]:
    """What the other source says where the two differ."""
    if index.agreement != "disputed" or index.second_price is None:
        return {}
    key = f"{index.key}.second_close"
    value, source = index.second_price, index.second_source
    return {key: Fact(key, value, "points", close.as_of, source, index.agreement)}


def _shape_of_day(close: Fact, observed: dict[str, Fact]) -> dict[str, Fact]:
    """The opening gap, the day's range, where in it the index stands, and breadth as a ratio."""
    key = close.key.partition(".")[0]

    def value(name: str) -> Decimal | None:
        fact = observed.get(f"{key}.{name}")
        return fact.value if fact else None

    previous, opened = observed[f"{key}.previous_close"].value, value("open")
    found = []
    if opened:
        method = "(open - previous_close) / previous_close × 100"
        gap = indicators.change_percent(opened, previous)
        found.append(derived(close, "open_gap", gap, "percent", method, ("open", "previous_close")))
    high, low = value("high"), value("low")
    if high and low and low <= close.value <= high:
        found += _day_range(close, high, low, previous)
    ups, downs = value("advances"), value("declines")
    if ups and downs:
        pair = ("advances", "declines") if ups >= downs else ("declines", "advances")
        ratio = max(ups, downs) / min(ups, downs)
        found.append(derived(close, "breadth_ratio", ratio, "ratio", " / ".join(pair), pair))
    return {fact.key: fact for fact in found}


def _day_range(close: Fact, high: Decimal, low: Decimal, previous: Decimal) -> list[Fact]:
    span = (high - low) / previous * 100
    found = [
        derived(
            close,
            "range_percent",
            span,
            "proportion",
            "(high - low) / previous_close × 100",
            ("high", "low", "previous_close"),
        )
    ]
    for side, level in (("high", high), ("low", low)):
        distance = indicators.change_percent(close.value, level)
        method = f"(close - {side}) / {side} × 100"
        found.append(derived(close, f"distance_{side}", distance, "percent", method, (side,)))
    if high > low:
        position = (close.value - low) / (high - low) * 100
        method, basis = "(close - low) / (high - low) × 100", ("close", "high", "low")
        found.append(derived(close, "range_position", position, "proportion", method, basis))
    return found
