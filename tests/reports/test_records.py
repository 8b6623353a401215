"""Streaks, records and crossings: counts that a reader could check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from reports import records


def decimals(*values: float) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ([1, 2, 3], 2),
        ([5, 4, 3, 2], -3),
        ([1, 2, 1], -1),
        ([3, 2, 3, 4], 2),
        ([1, 2, 2], 0),
        ([2, 2, 3], 1),
        ([7], 0),
    ],
)
def test_a_streak_counts_sessions_of_one_direction(closes: Sequence[int], expected: int) -> None:
    assert records.streak(decimals(*closes)) == expected


@pytest.mark.parametrize(
    ("values", "highest", "lowest"),
    [
        ([5, 1, 2, 3], 3, 1),
        ([1, 2, 3, 3], 1, 1),
        ([3, 4, 5, 2], 1, 4),
        ([1, 2, 3], 3, 1),
        ([9], 1, 1),
    ],
)
def test_a_record_counts_the_sessions_it_stands_out_from(
    values: Sequence[int], highest: int, lowest: int
) -> None:
    assert records.highest_of(decimals(*values)) == highest
    assert records.lowest_of(decimals(*values)) == lowest


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (1240, 1260, 1250),
        (1260, 1240, 1250),
        (1290, 1310, 1300),
        (1240, 1310, 1300),
        (1240, 1249, None),
        (1250, 1260, None),
    ],
)
def test_the_mark_between_two_closes_is_the_roundest(
    before: int, now: int, expected: int | None
) -> None:
    steps = decimals(500, 100, 50)
    assert records.crossed_mark(Decimal(before), Decimal(now), steps) == expected


def test_correlation_is_one_for_the_same_way_and_unknown_for_a_still_series() -> None:
    moves = decimals(1, -2, 3, 0.5)
    assert records.correlation(moves, [value * 2 for value in moves]) == 1
    assert records.correlation(moves, [-value for value in moves]) == -1
    assert records.correlation(moves, decimals(1, 1, 1, 1)) is None
    assert records.correlation(moves, moves[:3]) is None
