"""The demo feed looks like a market and agrees with itself."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from market.sessions import Calendar, expected_as_of
from market.sources.demo import PROFILES, demo_bars, demo_quotes

ROOT = Path(__file__).resolve().parent.parent.parent
CODES = tuple(PROFILES)
CALENDAR = Calendar()
OPENING = datetime(2026, 8, 21, 2, 0, tzinfo=UTC)
AFTER_CLOSE = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
MOMENTS = [
    datetime(2026, 8, 21, 1, 0, tzinfo=UTC),
    OPENING,
    datetime(2026, 8, 21, 5, 12, tzinfo=UTC),
    AFTER_CLOSE,
    datetime(2026, 8, 23, 5, 0, tzinfo=UTC),
    datetime(2026, 9, 2, 5, 0, tzinfo=UTC),
]


@pytest.mark.parametrize("now", MOMENTS)
def test_a_quote_is_as_fresh_as_a_live_feed_would_be(now: datetime) -> None:
    for quote in demo_quotes(CODES, now, CALENDAR):
        assert quote.as_of == expected_as_of(now, PROFILES[quote.code].exchange, CALENDAR)


@pytest.mark.parametrize("now", MOMENTS)
def test_a_quote_continues_from_the_last_bar(now: datetime) -> None:
    bars = demo_bars(CODES, 5, now, CALENDAR)
    for quote in demo_quotes(CODES, now, CALENDAR):
        last = bars[quote.code][-1]
        assert quote.previous_close == last.close
        assert last.day < quote.as_of.date()
        assert CALENDAR.sessions_between(last.day, quote.as_of.date()) == 1


@pytest.mark.parametrize("now", MOMENTS)
def test_a_quote_is_possible(now: datetime) -> None:
    for quote in demo_quotes(CODES, now, CALENDAR):
        assert quote.open is not None
        assert quote.high is not None
        assert quote.low is not None
        assert 0 < quote.low <= min(quote.open, quote.price)
        assert max(quote.open, quote.price) <= quote.high
        assert abs(quote.price / quote.previous_close - 1) < Decimal("0.03")
        breadth = (quote.advances, quote.declines, quote.unchanged)
        assert all(count is not None and count >= 0 for count in breadth)
        assert sum(count or 0 for count in breadth) == PROFILES[quote.code].members
        assert quote.source == "demo"


def test_the_closing_quote_becomes_the_next_days_bar() -> None:
    bars = demo_bars(CODES, 1, AFTER_CLOSE + timedelta(days=3), CALENDAR)
    for quote in demo_quotes(CODES, AFTER_CLOSE, CALENDAR):
        (bar,) = bars[quote.code]
        assert bar.day == date(2026, 8, 21)
        assert (quote.open, quote.high, quote.low, quote.price) == (
            bar.open,
            bar.high,
            bar.low,
            bar.close,
        )
        assert quote.volume == bar.volume


def test_within_a_session_volume_and_range_only_grow() -> None:
    before = demo_quotes(CODES, OPENING, CALENDAR)
    for minutes in range(3, 366, 3):
        quotes = demo_quotes(CODES, OPENING + timedelta(minutes=minutes), CALENDAR)
        for old, new in zip(before, quotes, strict=True):
            assert (new.volume or 0) >= (old.volume or 0)
            assert new.high is not None
            assert new.low is not None
            assert new.high >= (old.high or 0)
            assert new.low <= (old.low or 0)
            assert new.as_of >= old.as_of
        before = quotes


def test_prices_move_during_the_session_and_stand_still_outside() -> None:
    def price(minutes: int) -> Decimal:
        return demo_quotes(["VNINDEX"], OPENING + timedelta(minutes=minutes), CALENDAR)[0].price

    assert len({price(minutes) for minutes in range(0, 140, 10)}) > 10
    assert price(150) == price(200) == price(239)
    assert price(345) == price(360) == price(600)


def test_bars_are_a_year_of_trading_days_with_moves_within_three_percent() -> None:
    bars = demo_bars(CODES, 260, AFTER_CLOSE, CALENDAR)
    assert set(bars) == set(CODES)
    for code, rows in bars.items():
        days = [bar.day for bar in rows]
        assert len(days) == 260
        assert days == sorted(set(days))
        assert all(CALENDAR.is_trading_day(day) for day in days)
        assert days[-1] == date(2026, 8, 20)
        for before, bar in pairwise(rows):
            assert abs(bar.close / before.close - 1) < Decimal("0.03")
            assert bar.low <= min(bar.open, bar.close)
            assert max(bar.open, bar.close) <= bar.high
            assert (bar.volume or 0) > 0
        level = PROFILES[code].level
        assert all(0.85 * level < float(bar.close) < 1.15 * level for bar in rows)


def test_moves_stay_small_across_the_longest_holidays() -> None:
    for now in (datetime(2026, 2, 23, 9, 0, tzinfo=UTC), datetime(2027, 2, 11, 9, 0, tzinfo=UTC)):
        for quote in demo_quotes(CODES, now, CALENDAR):
            assert abs(quote.price / quote.previous_close - 1) < Decimal("0.03")


def test_another_process_simulates_the_same_numbers() -> None:
    script = (
        "from datetime import UTC, datetime; from market.sessions import Calendar;"
        "from market.sources.demo import demo_quotes;"
        "now = datetime(2026, 8, 21, 3, 21, tzinfo=UTC);"
        "import sys; sys.stdout.write(str(demo_quotes(['VN30'], now, Calendar())[0].price))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    here = demo_quotes(["VN30"], datetime(2026, 8, 21, 3, 21, tzinfo=UTC), CALENDAR)[0]
    assert found == str(here.price)


def test_a_holiday_added_by_an_editor_moves_the_session() -> None:
    calendar = Calendar(closures=CALENDAR.closures | {date(2026, 8, 21)})
    quote = demo_quotes(["VNINDEX"], AFTER_CLOSE, calendar)[0]
    assert quote.as_of == datetime(2026, 8, 20, 7, 45, tzinfo=UTC)
