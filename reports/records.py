"""How unusual a session is among those before it: streaks, records, crossings. Decimals in and out.

Each count takes a series oldest first, today's value last, and includes today.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from market import indicators


def streak(closes: Sequence[Decimal]) -> int:
    """Sessions in a row that closed higher (positive) or lower (negative), the last one's way."""
    run = 0
    for before, after in reversed(list(pairwise(closes))):
        sign = (after > before) - (after < before)
        if sign == 0 or run * sign < 0:
            break
        run += sign
    return run


def highest_of(values: Sequence[Decimal]) -> int:
    """Of how many sessions the last value is the highest: 1 when the one before was as high."""
    return _unmatched(values, lambda earlier, last: earlier >= last)


def lowest_of(values: Sequence[Decimal]) -> int:
    """Of how many sessions the last value is the lowest."""
    return _unmatched(values, lambda earlier, last: earlier <= last)


def moves(closes: Sequence[Decimal]) -> list[Decimal]:
    """Daily changes in percent."""
    return [indicators.change_percent(after, before) for before, after in pairwise(closes)]


def crossed_mark(previous: Decimal, close: Decimal, steps: Sequence[Decimal]) -> Decimal | None:
    """The round number that lies between the two closes, of the largest step that has one."""
    low, high = sorted((previous, close))
    for step in steps:
        mark = (low / step).to_integral_value(ROUND_CEILING) * step
        if low < mark < high:
            return mark
    return None


def correlation(first: Sequence[Decimal], second: Sequence[Decimal]) -> Decimal | None:
    """Pearson's coefficient of two series of one length; None when one of them never moves."""
    count = len(first)
    if count < 2 or count != len(second):
        return None
    a, b = [float(value) for value in first], [float(value) for value in second]
    mean_a, mean_b = sum(a) / count, sum(b) / count
    spread_a = sum((value - mean_a) ** 2 for value in a)
    spread_b = sum((value - mean_b) ** 2 for value in b)
    if not spread_a or not spread_b:
        return None
    common = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    return Decimal(str(round(common / (spread_a * spread_b) ** 0.5, 6)))


def _unmatched(values: Sequence[Decimal], ends: Callable[[Decimal, Decimal], bool]) -> int:
    last, count = values[-1], 1
    for earlier in reversed(values[:-1]):
        if ends(earlier, last):
            break
        count += 1
    return count
