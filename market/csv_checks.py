"""Which rows of a file of day bars can be believed, by the days and the closes around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from market.bar_checks import LARGEST_DEVIATION_PERCENT, NEAR, NEAR_DAYS
from market.indicators import change_percent
from market.plausibility import LARGEST_MOVE_PERCENT
from market.sessions import Calendar
from market.sources.base import SourceBar

LARGEST_FACTOR = 5  # between two closes, however far apart: beyond it one is in another scale
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    bar: SourceBar


class TwoScales(Exception):
    """The file goes on at another level, so that nothing tells which part of it is right."""


@dataclass(slots=True)
class _Level:
    """Closes that follow one another without a jump; `rows` are the file's."""

    day: date
    close: Decimal
    holds_stored: bool = False
    rows: list[Row] = field(default_factory=list)


def refusals(
    rows: Mapping[date, Row], stored: Mapping[date, Decimal], calendar: Calendar
) -> dict[date, str]:
    """Why rows are not believed, by day; `stored` closes count as right.

    A weekend has no bar; a price far from its own row's close and a close that jumps from its
    neighbours' and back are slips. Raises TwoScales when the file stays where it jumped to.
    """
    refused = {row.bar.day: reason for row in rows.values() if (reason := _fault(row, calendar))}
    left = {day: row for day, row in rows.items() if day not in refused}
    return refused | dict(_jumps(left, stored, calendar))


def _fault(row: Row, calendar: Calendar) -> str:
    """What is wrong with a row by itself."""
    bar = row.bar
    if bar.day.weekday() >= SATURDAY and not calendar.is_trading_day(bar.day):
        return f"{bar.day} is a {bar.day:%A}"
    for name in ("open", "high", "low"):
        price = getattr(bar, name)
        if abs(change_percent(price, bar.close)) > LARGEST_DEVIATION_PERCENT:
            return f"{bar.day}: {name} {price} is in another scale than close {bar.close}"
    return ""


def _jumps(
    rows: Mapping[date, Row], stored: Mapping[date, Decimal], calendar: Calendar
) -> Iterator[tuple[date, str]]:
    levels = _levels(rows, stored, calendar)
    if not levels:
        return
    right = max(levels, key=lambda level: (level.holds_stored, len(level.rows)))
    believed = {**{row.bar.day: row.bar.close for row in right.rows}, **stored}
    for level in levels:
        if level is right:
            continue
        for row in level.rows:
            day, close = row.bar.day, row.bar.close
            near = min(believed, key=lambda other: abs(other - day))
            text = f"{day} closes at {close}, {near} at {believed[near].normalize():f}"
            if len(level.rows) >= NEAR:
                raise TwoScales(f"line {row.line}: {text}, and the file goes on at that level")
            yield day, text


def _levels(
    rows: Mapping[date, Row], stored: Mapping[date, Decimal], calendar: Calendar
) -> list[_Level]:
    """The closes in order, each with the level that it follows best without a jump."""
    levels: list[_Level] = []
    for day in sorted({*rows, *stored}):
        is_stored = day in stored
        close = stored[day] if is_stored else rows[day].bar.close
        level = _follows(levels, day, close, is_stored, calendar)
        if level is None:
            levels.append(level := _Level(day, close))
        level.day, level.close = day, close
        if is_stored:
            level.holds_stored = True
        else:
            level.rows.append(rows[day])
    return levels


def _follows(
    levels: Sequence[_Level], day: date, close: Decimal, is_stored: bool, calendar: Calendar
) -> _Level | None:
    """The level of a close; stored ones are of one level whatever they are."""
    if is_stored and (stored := [level for level in levels if level.holds_stored]):
        return stored[0]
    near = [level for level in levels if not _is_jump(level, day, close, calendar)]
    return min(near, key=lambda level: abs(change_percent(close, level.close)), default=None)


def _is_jump(level: _Level, day: date, close: Decimal, calendar: Calendar) -> bool:
    """Whether a close is too far from the level's last one for the sessions between them."""
    if day - level.day > NEAR_DAYS:
        return max(close, level.close) > LARGEST_FACTOR * min(close, level.close)
    next_day = calendar.sessions_between(level.day, day) <= 1
    limit = LARGEST_MOVE_PERCENT if next_day else LARGEST_DEVIATION_PERCENT
    return abs(change_percent(close, level.close)) > limit
