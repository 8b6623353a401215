"""Formulas of technical analysis over closing values. `Decimal` in, `Decimal` out.

Each takes the series oldest first and returns None when it is too short for its window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

TRADING_DAYS_PER_YEAR = 252


def change(price: Decimal, previous: Decimal) -> Decimal:
    """Absolute change: price minus previous close, in points."""
    return price - previous


def change_percent(price: Decimal, previous: Decimal) -> Decimal:
    """Change in percent of the previous value, which must not be zero."""
    return (price - previous) / previous * 100


def sma(values: Sequence[Decimal], window: int) -> Decimal | None:
    """Simple moving average of the last `window` values."""
    if window < 1 or len(values) < window:
        return None
    return sum(values[-window:], Decimal(0)) / window


def rsi(values: Sequence[Decimal], window: int = 14) -> Decimal | None:
    """Relative strength index, 0 to 100.

    J. Welles Wilder, New Concepts in Technical Trading Systems (1978): the first averages are
    plain means of the first `window` gains and losses, later ones are smoothed by
    (previous × (window − 1) + current) / window. A series that never moves gives 50.
    """
    if window < 1 or len(values) < window + 1:
        return None
    moves = [after - before for before, after in pairwise(values)]
    size, kept, nothing = Decimal(window), Decimal(window - 1), Decimal(0)
    gain = sum((move for move in moves[:window] if move > 0), nothing) / size
    loss = sum((-move for move in moves[:window] if move < 0), nothing) / size
    for move in moves[window:]:
        gain, loss = gain * kept, loss * kept
        if move > 0:
            gain += move
        else:
            loss -= move
        gain, loss = gain / size, loss / size
    if gain + loss == 0:
        return Decimal(50)
    return gain / (gain + loss) * 100


def highest(values: Sequence[Decimal], window: int) -> Decimal | None:
    """The highest of the last `window` values."""
    return max(values[-window:]) if 0 < window <= len(values) else None


def lowest(values: Sequence[Decimal], window: int) -> Decimal | None:
    """The lowest of the last `window` values."""
    return min(values[-window:]) if 0 < window <= len(values) else None


def volatility(values: Sequence[Decimal], window: int = 20) -> Decimal | None:
    """Annualised volatility in percent.

    Sample standard deviation of the last `window` daily log returns times the square root of 252
    (J. Hull, Options, Futures, and Other Derivatives, on estimating volatility from history).
    """
    if window < 2 or len(values) < window + 1 or min(values[-window - 1 :]) <= 0:
        return None
    recent = [float(value) for value in values[-window - 1 :]]
    returns = [math.log(b / a) for a, b in pairwise(recent)]
    mean = math.fsum(returns) / window
    variance = math.fsum([(value - mean) ** 2 for value in returns]) / (window - 1)
    yearly = math.sqrt(variance * TRADING_DAYS_PER_YEAR) * 100
    return Decimal(str(round(yearly, 6)))


def average(values: Sequence[int | Decimal]) -> Decimal | None:
    """The arithmetic mean, or None of nothing."""
    return sum((Decimal(value) for value in values), Decimal(0)) / len(values) if values else None
