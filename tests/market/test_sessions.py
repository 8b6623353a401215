"""Trading hours, holidays, the market's own clock, and when a number is stale."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from market.sessions import (
    CLOSURES,
    UNCONFIRMED_CLOSURES,
    VIETNAM,
    Calendar,
    Session,
    closing_time,
    expected_as_of,
    is_stale,
    last_session_day,
    next_session_open,
    session_at,
)

FACTS: dict[str, Any] = json.loads(
    (
        Path(__file__).resolve().parent.parent / "fixtures/calendar/vn_closures_2025_2027.json"
    ).read_text()
)
CALENDAR = Calendar()
FRIDAY = date(2026, 8, 21)
FIVE_MINUTES = timedelta(minutes=5)
PHASES = {
    "ATO": {Session.ATO},
    "continuous": {Session.MORNING, Session.AFTERNOON},
    "lunch": {Session.LUNCH},
    "ATC": {Session.ATC},
    "put_through": {Session.PUT_THROUGH},
    "PLO_and_put_through": {Session.PLO},
}


def at(text: str) -> datetime:
    """A moment given in Vietnam's time, as an aware UTC one."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def days(*texts: str) -> set[date]:
    return {date.fromisoformat(text) for text in texts}


@pytest.mark.parametrize(
    ("exchange", "name", "start", "end"),
    [(exchange, *phase) for exchange, phases in FACTS["sessions_ict"].items() for phase in phases],
)
def test_each_phase_runs_from_its_first_second_to_its_last(
    exchange: str, name: str, start: str, end: str
) -> None:
    first = at(f"2026-08-21T{start}:00")
    last = at(f"2026-08-21T{end}:00") - timedelta(seconds=1)
    assert session_at(first, exchange, CALENDAR) in PHASES[name]
    assert session_at(last, exchange, CALENDAR) in PHASES[name]
    assert session_at(last + timedelta(seconds=1), exchange, CALENDAR) not in PHASES[name]


@pytest.mark.parametrize("exchange", ["HOSE", "HNX", "UPCOM"])
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-08-21T03:00:00", Session.CLOSED),
        ("2026-08-21T08:29:59", Session.CLOSED),
        ("2026-08-21T08:30:00", Session.PRE_OPEN),
        ("2026-08-21T08:59:59", Session.PRE_OPEN),
        ("2026-08-21T15:00:00", Session.CLOSED),
        ("2026-08-21T23:59:59", Session.CLOSED),
        ("2026-08-22T10:00:00", Session.CLOSED),
        ("2026-08-23T10:00:00", Session.CLOSED),
        ("2026-09-02T10:00:00", Session.HOLIDAY),
    ],
)
def test_nothing_trades_early_late_at_weekends_and_on_holidays(
    exchange: str, moment: str, expected: Session
) -> None:
    assert session_at(at(moment), exchange, CALENDAR) is expected


def test_the_day_is_that_of_vietnam_not_of_utc() -> None:
    late_on_sunday_in_utc = datetime(2026, 8, 23, 17, 30, tzinfo=UTC)
    closed = Calendar(closures=frozenset({date(2026, 8, 24)}))
    assert session_at(late_on_sunday_in_utc, "HOSE", closed) is Session.HOLIDAY


def test_the_closures_are_the_confirmed_ones_and_the_estimate_that_two_calendars_share() -> None:
    known = [*FACTS["2025"]["dates"], *FACTS["2026"]["dates"], *FACTS["2027"]["both_sources"]]
    assert days(*known) == CLOSURES


def test_an_unconfirmed_closure_counts_as_a_trading_day() -> None:
    doubtful = [
        *FACTS["2026"]["unconfirmed"],
        *FACTS["2027"]["only_holidays_0.109"],
        *FACTS["2027"]["only_vn_market_calendar_0.2.0"],
    ]
    assert days(*doubtful) == UNCONFIRMED_CLOSURES
    assert all(CALENDAR.is_trading_day(day) for day in UNCONFIRMED_CLOSURES)


def test_every_closure_falls_on_a_weekday() -> None:
    assert [day for day in CLOSURES | UNCONFIRMED_CLOSURES if day.weekday() >= 5] == []


def test_an_editor_closes_a_day_and_opens_another() -> None:
    holiday, saturday = date(2026, 11, 24), date(2026, 8, 22)
    calendar = Calendar(closures=CLOSURES | {holiday}, openings=frozenset({saturday}))
    assert not calendar.is_trading_day(holiday)
    assert calendar.is_trading_day(saturday)
    assert session_at(at("2026-08-22T10:00:00"), "HOSE", calendar) is Session.MORNING


def test_an_opening_outweighs_a_built_in_closure() -> None:
    assert Calendar(openings=frozenset({date(2026, 8, 31)})).is_trading_day(date(2026, 8, 31))


def test_neighbouring_trading_days_skip_weekends_and_holidays() -> None:
    assert CALENDAR.previous_trading_day(date(2026, 8, 24)) == FRIDAY
    assert CALENDAR.previous_trading_day(date(2026, 9, 3)) == date(2026, 8, 28)
    assert CALENDAR.next_trading_day(date(2026, 8, 28)) == date(2026, 9, 3)
    assert CALENDAR.next_trading_day(date(2026, 2, 13)) == date(2026, 2, 23)


def test_a_calendar_that_never_trades_is_refused_and_does_not_hang() -> None:
    every_day = frozenset(FRIDAY + timedelta(days=step) for step in range(-500, 500))
    with pytest.raises(ValueError, match="no trading day"):
        Calendar(closures=every_day).next_trading_day(FRIDAY)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-08-21", "2026-08-21", 0),
        ("2026-08-21", "2026-08-20", 0),
        ("2026-08-20", "2026-08-21", 1),
        ("2026-08-21", "2026-08-23", 0),
        ("2026-08-21", "2026-08-24", 1),
        ("2026-08-28", "2026-09-03", 1),
        ("2026-08-14", "2026-08-21", 5),
    ],
)
def test_sessions_between_counts_after_the_first_day_up_to_the_last(
    first: str, last: str, expected: int
) -> None:
    counted = CALENDAR.sessions_between(date.fromisoformat(first), date.fromisoformat(last))
    assert counted == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-08-21T08:59:59", "2026-08-20"),
        ("2026-08-21T09:00:00", "2026-08-21"),
        ("2026-08-21T23:00:00", "2026-08-21"),
        ("2026-08-23T12:00:00", "2026-08-21"),
        ("2026-08-24T08:00:00", "2026-08-21"),
        ("2026-09-02T12:00:00", "2026-08-28"),
    ],
)
def test_the_last_session_is_the_open_one_or_the_one_before(moment: str, expected: str) -> None:
    assert last_session_day(at(moment), CALENDAR) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("exchange", "moment", "expected"),
    [
        ("HOSE", "2026-08-21T08:00:00", "2026-08-20T14:45:00"),
        ("UPCOM", "2026-08-21T08:00:00", "2026-08-20T15:00:00"),
        ("HOSE", "2026-08-21T10:21:07", "2026-08-21T10:21:07"),
        ("HOSE", "2026-08-21T12:10:00", "2026-08-21T11:30:00"),
        ("HNX", "2026-08-21T13:00:00", "2026-08-21T13:00:00"),
        ("HNX", "2026-08-21T14:50:00", "2026-08-21T14:45:00"),
        ("UPCOM", "2026-08-21T14:50:00", "2026-08-21T14:50:00"),
        ("UPCOM", "2026-08-22T09:30:00", "2026-08-21T15:00:00"),
        ("HOSE", "2026-09-02T09:30:00", "2026-08-28T14:45:00"),
    ],
)
def test_the_market_clock_stands_still_when_nothing_trades(
    exchange: str, moment: str, expected: str
) -> None:
    found = expected_as_of(at(moment), exchange, CALENDAR)
    assert found == at(expected)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("exchange", "as_of", "now", "stale"),
    [
        # in session: five minutes are allowed
        ("HOSE", "2026-08-21T10:16:00", "2026-08-21T10:21:00", False),
        ("HOSE", "2026-08-21T10:15:59", "2026-08-21T10:21:00", True),
        # the last close is fresh until the tolerance after the opening
        ("HOSE", "2026-08-20T14:45:00", "2026-08-21T09:04:59", False),
        ("HOSE", "2026-08-20T14:45:00", "2026-08-21T09:05:00", True),
        # at lunch 11:30 is fresh, and until the tolerance after it
        ("HOSE", "2026-08-21T11:30:00", "2026-08-21T12:59:00", False),
        ("HOSE", "2026-08-21T11:30:00", "2026-08-21T13:04:59", False),
        ("HOSE", "2026-08-21T11:30:00", "2026-08-21T13:05:00", True),
        ("HOSE", "2026-08-21T11:20:00", "2026-08-21T12:00:00", True),
        # and so is the last trade before the bell
        ("HOSE", "2026-08-21T11:29:59", "2026-08-21T11:35:00", False),
        ("HOSE", "2026-08-21T11:29:59", "2026-08-21T12:50:00", False),
        ("HOSE", "2026-08-21T11:25:00", "2026-08-21T13:04:59", False),
        ("HOSE", "2026-08-21T11:24:59", "2026-08-21T12:50:00", True),
        ("HOSE", "2026-08-21T11:29:59", "2026-08-21T13:05:00", True),
        # after the close: at or after the closing auction
        ("HOSE", "2026-08-21T14:45:00", "2026-08-23T12:00:00", False),
        ("HOSE", "2026-08-21T14:44:59", "2026-08-21T20:00:00", True),
        ("HOSE", "2026-08-20T14:45:00", "2026-08-21T20:00:00", True),
        # UPCoM closes at 15:00
        ("UPCOM", "2026-08-21T14:45:59", "2026-08-21T14:50:00", False),
        ("UPCOM", "2026-08-21T14:45:59", "2026-08-21T20:00:00", True),
        ("UPCOM", "2026-08-21T14:59:58", "2026-08-24T08:00:00", False),
        ("UPCOM", "2026-08-21T14:54:59", "2026-08-21T20:00:00", True),
        ("UPCOM", "2026-08-21T15:00:00", "2026-08-24T08:00:00", False),
        # over a holiday the last session stays fresh
        ("HNX", "2026-08-28T14:45:00", "2026-09-03T08:59:00", False),
        ("HNX", "2026-08-28T14:45:00", "2026-09-03T09:05:01", True),
    ],
)
def test_a_reading_is_stale_when_a_live_feed_would_show_a_newer_one(
    exchange: str, as_of: str, now: str, stale: bool
) -> None:
    assert is_stale(at(as_of), at(now), exchange, CALENDAR, FIVE_MINUTES) is stale


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-08-21T08:00:00", "2026-08-21T09:00:00"),
        ("2026-08-21T09:00:00", "2026-08-24T09:00:00"),
        ("2026-08-21T15:10:00", "2026-08-24T09:00:00"),
        ("2026-08-22T08:00:00", "2026-08-24T09:00:00"),
        ("2026-08-28T16:00:00", "2026-09-03T09:00:00"),
    ],
)
def test_the_next_opening_is_strictly_later(moment: str, expected: str) -> None:
    assert next_session_open(at(moment), CALENDAR) == at(expected)


def test_closing_times_are_the_last_values_of_the_day() -> None:
    assert closing_time(FRIDAY, "HOSE") == datetime.combine(FRIDAY, time(7, 45), UTC)
    assert closing_time(FRIDAY, "UPCOM") == datetime.combine(FRIDAY, time(8, 0), UTC)
