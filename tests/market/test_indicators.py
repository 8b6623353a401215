"""Formulas against values worked out elsewhere."""

from __future__ import annotations

from decimal import Decimal

import pytest

from market import indicators

# A teaching example of 33 closes, with Wilder's RSI over 14 from the 15th on.
CLOSES = [Decimal(text) for text in (
    "44.3389", "44.0902", "44.1497", "43.6124", "44.3278", "44.8264", "45.0955", "45.4245",
    "45.8433", "46.0826", "45.8931", "46.0328", "45.614", "46.282", "46.282", "46.0028",
    "46.0328", "46.4116", "46.2222", "45.6439", "46.2122", "46.2521", "45.7137", "46.4515",
    "45.7835", "45.3548", "44.0288", "44.1783", "44.2181", "44.5672", "43.4205", "42.6628",
    "43.1314",
)]  # fmt: skip
RSI = [
    "70.53", "66.32", "66.55", "69.41", "66.36", "57.97", "62.93", "63.26", "56.06", "62.38",
    "54.71", "50.42", "39.99", "41.46", "41.87", "45.46", "37.30", "33.08", "37.77",
]  # fmt: skip


def decimals(*values: str | int) -> list[Decimal]:
    return [Decimal(value) for value in values]


def test_change_and_percent_of_the_replayed_day() -> None:
    price, previous = Decimal("1768.12"), Decimal("1734.24")
    assert indicators.change(price, previous) == Decimal("33.88")
    assert round(indicators.change_percent(price, previous), 2) == Decimal("1.95")


def test_a_fall_is_negative() -> None:
    assert indicators.change_percent(Decimal(99), Decimal(100)) == Decimal(-1)


@pytest.mark.parametrize(("extra", "expected"), list(enumerate(RSI)))
def test_the_rsi_follows_wilders_smoothing(extra: int, expected: str) -> None:
    found = indicators.rsi(CLOSES[: 15 + extra])
    assert found is not None
    assert round(found, 2) == Decimal(expected)


def test_the_rsi_of_a_steady_rise_is_100_of_a_fall_0_and_of_a_flat_line_50() -> None:
    assert indicators.rsi(decimals(*range(1, 20))) == 100
    assert indicators.rsi(decimals(*range(20, 1, -1))) == 0
    assert indicators.rsi(decimals(*[7] * 15)) == 50


def test_the_moving_average_takes_the_last_values_alone() -> None:
    assert indicators.sma(decimals(100, 1, 2, 3), 3) == 2


def test_highest_and_lowest_take_the_last_values_alone() -> None:
    values = decimals(9, 3, 5, 4)
    assert indicators.highest(values, 3) == 5
    assert indicators.lowest(decimals(1, 3, 5, 4), 3) == 3


def test_volatility_is_the_yearly_deviation_of_log_returns() -> None:
    # Returns ln 1.1 and -ln 1.1: sample deviation is ln 1.1 * sqrt 2, times sqrt 252, in percent.
    found = indicators.volatility(decimals(100, 110, 100), 2)
    assert found is not None
    assert round(found, 3) == Decimal("213.971")


def test_a_flat_series_has_no_volatility() -> None:
    assert indicators.volatility(decimals(*[5] * 21)) == 0


def test_volatility_needs_prices_above_zero() -> None:
    assert indicators.volatility(decimals(*[5] * 20, 0)) is None


def test_averages_take_whole_numbers_and_decimals() -> None:
    assert indicators.average([1, 2]) == Decimal("1.5")
    assert indicators.average(decimals("0.5", 1)) == Decimal("0.75")


def test_a_history_that_is_too_short_gives_nothing() -> None:
    assert indicators.sma(decimals(1, 2), 3) is None
    assert indicators.rsi(CLOSES[:14]) is None
    assert indicators.highest(decimals(1), 2) is None
    assert indicators.lowest([], 1) is None
    assert indicators.volatility(decimals(*[5] * 20)) is None
    assert indicators.average([]) is None


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_of_nothing_gives_nothing(window: int) -> None:
    assert indicators.sma(CLOSES, window) is None
    assert indicators.rsi(CLOSES, window) is None
    assert indicators.highest(CLOSES, window) is None
    assert indicators.lowest([], window) is None
    assert indicators.volatility(CLOSES, window) is None
