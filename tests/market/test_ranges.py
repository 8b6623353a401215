"""Where the points of a history stand in its drawing: what is missing is seen to be missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from market import ranges
from market.models import Closure, Index
from market.ranges import History
from tests.market.conftest import MakeBar, MakeQuote

pytestmark = pytest.mark.django_db

WEEK = ("2026-08-10", "2026-08-11", "2026-08-12", "2026-08-13", "2026-08-14")


@pytest.fixture(autouse=True)
def _now(at: Callable[[str], None]) -> None:
    at("2026-08-21T08:10:00Z")


def read(key: str) -> History:
    return ranges.read(Index.objects.get(code="VNINDEX"), ranges.chosen(key), simulated=False)


def lines(history: History) -> list[list[int]]:
    """How far along the drawing, of a thousand, the points of each unbroken line stand."""
    found = re.findall(r'class="line" points="([^"]+)"', history.svg("VN-Index", "en"))
    return [[round(float(pair.split(",")[0])) for pair in line.split()] for line in found]


def test_days_stand_evenly_and_weekends_and_holidays_take_no_room(make_bar: MakeBar) -> None:
    Closure.objects.create(day="2026-08-18")
    for day in (*WEEK, "2026-08-17", "2026-08-19", "2026-08-20"):
        make_bar(day)
    history = read("1m")
    assert lines(history) == [[round(1000 * at / 7) for at in range(8)]]
    assert history.gaps_json == "{}"


def test_missing_sessions_are_a_gap_of_their_own_width(make_bar: MakeBar) -> None:
    for day in (WEEK[0], WEEK[1], "2026-08-17", "2026-08-18", "2026-08-19", "2026-08-21"):
        make_bar(day)  # lacks three days and then one
    history = read("1m")
    assert lines(history) == [[0, 111], [556, 667, 778], [1000, 1000]]
    assert json.loads(history.gaps_json) == {"2026-08-17": 3, "2026-08-21": 1}


def test_years_before_the_built_in_table_have_gaps_only_where_other_indices_traded(
    make_bar: MakeBar,
) -> None:
    for day in ("2019-02-01", "2019-02-11", "2019-02-13"):  # Tết, then a day that is missing
        make_bar(day)
    assert json.loads(read("max").gaps_json) == {}
    make_bar("2019-02-12", code="VN30")
    assert json.loads(read("max").gaps_json) == {"2019-02-13": 1}


def test_a_thinned_drawing_breaks_where_sessions_are_missing(
    make_bar: MakeBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.ranges.MOST_DRAWN", 3)
    for day in (*WEEK[:2], *WEEK[3:], "2026-08-17", "2026-08-18"):
        make_bar(day)  # lacks 12 August
    assert lines(read("1m")) == [[0, 0], [600, 1000]]  # the 11th, the 14th and the 18th


def test_readings_stand_by_the_time_that_trades(make_quote: MakeQuote) -> None:
    # 9:15, 9:20, 9:35, 11:30, then 13:00: the midday break has no width, two hours are missing
    for at in ("02:15", "02:20", "02:35", "04:30", "06:00", "06:15"):
        make_quote(as_of=f"2026-08-21T{at}:00Z", price=Decimal(1700))
    found = lines(read("1d"))
    minutes = [0, 5, 20, 135, 135, 150]
    places = [round(1000 * minute / 150) for minute in minutes]
    assert found == [places[:3], places[3:]]


def test_a_day_of_even_readings_is_one_line(make_quote: MakeQuote) -> None:
    for hour in (2, 3, 6):
        for minute in range(0, 60, 20):
            make_quote(as_of=f"2026-08-21T{hour:02}:{minute:02}:00Z")
    make_quote(as_of="2026-08-21T04:00:00Z")
    make_quote(as_of="2026-08-21T04:20:00Z")
    assert len(lines(read("1d"))) == 1


def test_marks_below_stand_apart_by_their_places_not_their_number(make_bar: MakeBar) -> None:
    for day in ("2026-03-30", "2026-03-31", "2026-04-01", "2026-07-31", "2026-08-03", "2026-08-04"):
        make_bar(day)
    texts = re.findall(r'x="([\d.]+)%"[^>]*>([A-Z][a-z]{2})<', read("6m").svg("VN-Index", "en"))
    shown = [float(place) for place, _month in texts]
    assert all(later - earlier >= 15 for earlier, later in pairwise(shown))
    assert texts[0][1] == "Apr"


def test_the_drawing_says_the_newest_close_beside_its_end(make_bar: MakeBar) -> None:
    for day, close in zip(WEEK, ("1700", "1710", "1705", "1720", "1712.5"), strict=True):
        make_bar(day, close)
    svg = read("1m").svg("VN-Index", "en")
    assert re.search(r'class="last" x="100%"[^>]*text-anchor="start"[^>]*>1,712\.50<', svg)
    assert 'width="100%" height="100%"' in svg  # no strip of the frame is left empty
    assert date.fromisoformat(WEEK[0]) == read("1m").points[0].when
