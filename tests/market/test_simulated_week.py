"""A week of refreshes, the clock moved by hand: no duplicates and no holes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import Settings

from market import snapshot
from market.models import Closure, Quote
from market.refresh import RefreshResult, refresh_indices
from market.sessions import Calendar, closing_time, expected_as_of, is_open
from tests.market.refreshed import KEYS, values, vietcap_rows
from tests.upstreams import Reply, Upstreams

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WEDNESDAY = datetime(2026, 8, 25, 17, 0, tzinfo=UTC)  # midnight of the 26th in Vietnam
SESSIONS = [date(2026, 8, 26), date(2026, 8, 27), date(2026, 8, 28)]  # a weekend and holidays after
STEP = timedelta(minutes=15)
EXCHANGES = {
    "VNINDEX": "HOSE", "VN30": "HOSE", "HNXINDEX": "HNX", "HNX30": "HNX", "UPCOMINDEX": "UPCOM",
}  # fmt: skip


@pytest.fixture
def week(
    upstreams: Upstreams, at: Callable[[str], None], settings: Settings
) -> Callable[[datetime], RefreshResult]:
    """Refresh at a moment of a market that follows the clock."""
    upstreams.scenario = "demo"
    settings.MARKET_REFRESH_SECONDS = 900
    settings.MARKET_CONFIRM_SOURCES = ["vndirect", "cafef"]

    def refresh(moment: datetime) -> RefreshResult:
        at(snapshot.iso(moment))
        return refresh_indices()

    return refresh


def moments(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += STEP


def expected_readings(start: datetime, end: datetime, exchange: str) -> set[datetime]:
    """The as-of times that a feed shows to whoever looks at these moments."""
    return {expected_as_of(moment, exchange, Calendar()) for moment in moments(start, end)}


def stored(code: str) -> list[datetime]:
    rows = Quote.objects.filter(index__code=code).order_by("as_of")
    return list(rows.values_list("as_of", flat=True))


def test_each_reading_of_a_week_is_stored_once(
    week: Callable[[datetime], RefreshResult],
) -> None:
    end = WEDNESDAY + timedelta(days=7)
    for moment in moments(WEDNESDAY, end):
        result = week(moment)
        assert result.success
        assert result.snapshot["generated_at"] == snapshot.iso(moment)
        assert not any(value is None or value["stale"] for value in values(result).values())
    for code, exchange in EXCHANGES.items():
        found = stored(code)
        assert found == sorted(expected_readings(WEDNESDAY, end, exchange)), code
        assert {closing_time(day, exchange) for day in SESSIONS} <= set(found)
    confirmed = Quote.objects.filter(agreement="confirmed").values_list("index__code", flat=True)
    assert min(Counter(confirmed)[code] for code in EXCHANGES) >= len(SESSIONS)


def test_a_clock_that_is_set_back_writes_nothing_twice_and_loses_nothing(
    week: Callable[[datetime], RefreshResult],
) -> None:
    start = WEDNESDAY + timedelta(hours=9)
    for moment in moments(start, start + timedelta(hours=2)):
        week(moment)
    before = {code: stored(code) for code in EXCHANGES}
    back = start + timedelta(minutes=45)
    for moment in moments(back, start + timedelta(hours=2)):
        result = week(moment)
        assert set(values(result)) == set(KEYS)
        assert all(value for value in values(result).values())
    assert {code: stored(code) for code in EXCHANGES} == before
    week(start + timedelta(hours=2))
    assert {code: len(stored(code)) for code in EXCHANGES} == {
        code: len(rows) + 1 for code, rows in before.items()
    }


def test_a_holiday_on_which_a_vendor_stamps_the_last_session_anew_leaves_no_row(
    week: Callable[[datetime], RefreshResult], upstreams: Upstreams
) -> None:
    upstreams.scenario = "eod"
    Closure.objects.create(day=date(2026, 8, 24))
    week(datetime(2026, 8, 21, 8, 10, tzinfo=UTC))
    monday = datetime(2026, 8, 23, 17, 0, tzinfo=UTC)
    rows = vietcap_rows().body
    for moment in moments(monday, monday + timedelta(days=1)):
        stamped = [{**row, "time": snapshot.iso(moment)} for row in rows]
        upstreams.always("vietcap.quotes", Reply(body=stamped))
        result = week(moment)
        assert {value and value["date"] for value in values(result).values()} == {"2026-08-21"}
        assert result.snapshot["session"] == "holiday"
    # the close that VNDirect tells is UPCoM's too
    assert set(Quote.objects.values_list("index__code", flat=True)) == set(EXCHANGES)
    assert not Quote.objects.filter(as_of__gte=monday).exists()


def test_upstreams_are_asked_at_most_once_a_step_and_rarely_where_nothing_trades(
    week: Callable[[datetime], RefreshResult], upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_IDLE_SECONDS = 3600
    settings.MARKET_CONFIRM_SOURCES = []
    day = WEDNESDAY + timedelta(days=1)
    asked = Counter[bool]()
    for moment in moments(day, day + timedelta(days=1)):
        before = len(upstreams.calls)
        week(moment)
        asked[is_open(moment, "UPCOM", Calendar())] += len(upstreams.calls) - before
    assert asked[True] == 24
    assert asked[False] <= 20
