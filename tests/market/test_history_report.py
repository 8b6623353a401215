"""What a back-fill tells: gaps, bars on closed days, closes that differ from the stored ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from market.bar_checks import (
    Disagreement,
    coverage,
    differs,
    missing_days,
    out_of_line,
    trading_days,
)
from market.csv_bars import load_csv
from market.history import Options, backfill, check
from market.models import Bar, Closure, Index, load_calendar
from market.sessions import Calendar
from tests.market.conftest import MakeBar
from tests.upstreams import Reply, Upstreams
from tests.upstreams.bars import year_of_charts

pytestmark = pytest.mark.django_db

THURSDAY = date(2026, 8, 20)
STORED = Decimal("1600.0000")
FETCHED = Decimal("1734.24")
DIFFERENT = Disagreement("VNINDEX", THURSDAY, STORED, "csv", FETCHED, "vietcap")
EVERYTHING = Options(everything=True)


@pytest.fixture
def vnindex(db: None) -> Index:
    return Index.objects.get(code="VNINDEX")


@pytest.fixture
def differing(upstreams: Upstreams, make_bar: MakeBar) -> Bar:
    """A stored bar of the 20th that no source agrees with."""
    return make_bar("2026-08-20", "1600", source="csv")


# Disagreements


def test_a_stored_bar_that_differs_is_kept_and_both_closes_are_told(differing: Bar) -> None:
    loaded = backfill(["VNINDEX"], count=3)
    assert loaded.disagreements == (DIFFERENT,)
    assert loaded.bars == {"VNINDEX": 2}
    differing.refresh_from_db()
    assert (differing.close, differing.source) == (STORED, "csv")


def test_with_replace_the_fetched_bar_wins_and_is_told(differing: Bar) -> None:
    loaded = backfill(["VNINDEX"], count=3, options=Options(replace=True))
    assert loaded.disagreements == (DIFFERENT,)
    assert loaded.bars == {"VNINDEX": 3}
    differing.refresh_from_db()
    assert (differing.close, differing.source) == (FETCHED, "vietcap")


def test_a_dry_run_with_replace_tells_and_changes_nothing(differing: Bar) -> None:
    options = Options(everything=True, replace=True, dry_run=True)
    loaded = backfill(["VNINDEX"], count=3, options=options)
    assert (loaded.bars, loaded.disagreements) == ({"VNINDEX": 3}, (DIFFERENT,))
    assert Bar.objects.get().close == STORED


def test_stored_days_are_compared_only_when_they_are_asked_for(
    upstreams: Upstreams, vnindex: Index
) -> None:
    backfill(["VNINDEX"], count=5)
    vnindex.bars.filter(day=THURSDAY).update(close=STORED)
    upstreams.reset()
    assert backfill(["VNINDEX"], count=5).disagreements == ()
    assert upstreams.calls == []
    (found,) = backfill(["VNINDEX"], count=5, options=EVERYTHING).disagreements
    assert (found.day, found.stored, found.fetched) == (THURSDAY, STORED, FETCHED)


@pytest.mark.parametrize(
    ("stored", "fetched", "expected"),
    [
        ("1000", "1001", False),  # 0.1 percent is no more than 0.1
        ("1000", "1001.01", True),
        ("1000", "999", False),
        ("1000", "998.99", True),
        ("1734.24", "1734.24", False),
        ("1734.24", "17342.4", True),
    ],
)
def test_closes_differ_beyond_a_tenth_of_a_percent(
    stored: str, fetched: str, expected: bool
) -> None:
    assert differs(Decimal(stored), Decimal(fetched)) is expected


def test_a_closer_bar_is_neither_told_nor_written_over(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    make_bar("2026-08-20", "1734.5", source="csv")
    loaded = backfill(["VNINDEX"], count=3)
    assert (loaded.disagreements, loaded.bars) == ((), {"VNINDEX": 2})
    assert Bar.objects.get(day=THURSDAY).source == "csv"


def test_a_file_is_compared_with_the_sources_bars_and_keeps_them(
    upstreams: Upstreams, vnindex: Index, tmp_path: Path
) -> None:
    backfill(["VNINDEX"], count=3)
    path = tmp_path / "bars.csv"
    path.write_text("Time,Close,Open,High,Low,Volume\n2026-08-20,1600,1600,1600,1600,5\n")
    loaded = load_csv(vnindex, path)
    (found,) = loaded.disagreements
    assert (found.stored, found.stored_source) == (FETCHED, "vietcap")
    assert (found.fetched, found.fetched_source, loaded.bars) == (1600, "csv", {"VNINDEX": 0})
    load_csv(vnindex, path, replace=True)
    assert vnindex.bars.get(day=THURSDAY).close == STORED


def test_a_dry_run_of_a_file_stores_nothing(
    vnindex: Index, tmp_path: Path, at: Callable[[str], None]
) -> None:
    at("2026-08-21T08:10:00Z")
    path = tmp_path / "bars.csv"
    path.write_text("Time,Close,Open,High,Low,Volume\n2026-08-20,1600,1600,1600,1600,5\n")
    assert load_csv(vnindex, path, dry_run=True).bars == {"VNINDEX": 1}
    assert not Bar.objects.exists()


# Bars in another scale


def scaled(day: date, factor: float) -> Reply:
    """VN-Index's last bars from Vietcap, those from `day` on multiplied."""
    chart = next(row for row in year_of_charts() if row["symbol"] == "VNINDEX")
    chart = {key: item[-30:] if isinstance(item, list) else item for key, item in chart.items()}
    start = (day - date(1970, 1, 1)).days * 86_400
    wrong = [int(stamp) >= start for stamp in chart["t"]]
    for name in "ohlc":
        chart[name] = [
            price * factor if bad else price for price, bad in zip(chart[name], wrong, strict=True)
        ]
    return Reply(body=[chart])


@pytest.mark.parametrize("factor", [0.1, 10, 1000])
def test_a_bar_in_another_scale_is_refused_and_the_next_source_asked(
    upstreams: Upstreams, settings: Settings, factor: float
) -> None:
    settings.MARKET_BAR_SOURCES = ["vietcap", "kbs"]
    upstreams.always("vietcap.bars", scaled(date(2026, 8, 21), factor))
    loaded = backfill(["VNINDEX"], count=10)
    (failure,) = loaded.failures
    assert failure.source == "vietcap"
    assert failure.reason.startswith("2026-08-21 closes at ")
    bar = Bar.objects.get(day="2026-08-21")
    assert (bar.close, bar.source) == (Decimal("1768.12"), "kbs")
    assert loaded.bars == {"VNINDEX": 10}


def test_many_bars_in_another_scale_are_seen_beside_the_stored_ones(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    at("2026-08-19T09:00:00Z")
    backfill(["VNINDEX"], count=10)
    at("2026-08-21T08:10:00Z")
    upstreams.always("vietcap.bars", scaled(date(2026, 8, 20), 1000))
    loaded = backfill(["VNINDEX"], count=12)
    assert (loaded.bars, len(loaded.failures)) == ({"VNINDEX": 0}, 2)
    assert loaded.filled[0].failed


def test_a_fall_at_the_daily_limit_for_three_days_is_believed(
    vnindex: Index, upstreams: Upstreams
) -> None:
    closes = [Decimal(1700)] * 5 + [Decimal(1581), Decimal(1470), Decimal(1367)]
    days = trading_days(date(2026, 8, 12), date(2026, 8, 21), Calendar())
    assert out_of_line(dict(zip(days, closes, strict=True)), {}) == []


# Another source's word on what is stored


def test_a_check_compares_with_another_source_and_stores_nothing(
    upstreams: Upstreams, vnindex: Index
) -> None:
    backfill(["VNINDEX"], count=5)
    vnindex.bars.filter(day=THURSDAY).update(close=STORED)
    vnindex.bars.filter(day="2026-08-19").delete()
    loaded = check("kbs", ["VNINDEX"], count=5)
    assert loaded.bars == {"VNINDEX": 4}
    (found,) = loaded.disagreements
    assert (found.day, found.stored_source, found.fetched_source) == (THURSDAY, "vietcap", "kbs")
    assert (found.stored, found.fetched) == (STORED, FETCHED)
    assert vnindex.bars.count() == 4
    assert vnindex.bars.get(day=THURSDAY).close == STORED


def test_a_check_with_a_source_that_fails_says_so(upstreams: Upstreams) -> None:
    backfill(["VNINDEX"], count=5)
    upstreams.always("kbs.days", Reply(status=503))
    loaded = check("kbs", ["VNINDEX"], count=5)
    assert loaded.bars == {"VNINDEX": 0}
    assert [failure.source for failure in loaded.failures] == ["kbs"]


# Gaps


def test_days_that_no_source_has_are_gaps_after_the_first_bar_alone(
    upstreams: Upstreams, settings: Settings
) -> None:
    lists = {"o": [1], "h": [1], "l": [1], "c": [1], "v": [1]}
    days = [date(2026, 8, 17), date(2026, 8, 19), date(2026, 8, 22)]  # the last one a Saturday
    stamps = [(day - date(1970, 1, 1)).days * 86_400 for day in days]
    chart = {"symbol": "VNINDEX", "t": stamps} | {key: item * 3 for key, item in lists.items()}
    upstreams.always("vietcap.bars", Reply(body=[chart]))
    (filled,) = backfill(["VNINDEX"], count=10).filled
    assert filled.coverage.first == days[0]
    assert filled.coverage.gaps == (date(2026, 8, 18), date(2026, 8, 20), date(2026, 8, 21))
    assert len(filled.missing) == 8
    assert not filled.failed  # the source answered: it has no more


def test_a_bar_on_a_day_that_the_table_calls_closed_is_told(
    vnindex: Index, make_bar: MakeBar
) -> None:
    for day in ("2026-04-24", "2026-04-25", "2026-04-27", "2026-04-28"):
        make_bar(day)  # a Saturday, and the Monday of the kings' commemoration
    first, last = date(2026, 4, 20), date(2026, 4, 28)
    found = coverage(vnindex, first, last, load_calendar())
    assert (found.first, found.gaps) == (date(2026, 4, 24), ())
    assert found.unexpected == (date(2026, 4, 25), date(2026, 4, 27))
    Closure.objects.create(day=date(2026, 4, 25), closed=False)
    found = coverage(vnindex, first, last, load_calendar())
    assert found.unexpected == (date(2026, 4, 27),)


def test_a_bar_of_quotes_is_no_gap_and_still_asked_for(vnindex: Index, make_bar: MakeBar) -> None:
    make_bar("2026-08-20", source="quotes")
    make_bar("2026-08-21")
    assert missing_days(vnindex, THURSDAY, date(2026, 8, 21), Calendar()) == [THURSDAY]
    assert coverage(vnindex, THURSDAY, date(2026, 8, 21), Calendar()).gaps == ()


def test_a_simulated_bar_is_a_gap(vnindex: Index, make_bar: MakeBar) -> None:
    make_bar("2026-08-19")
    make_bar("2026-08-20", simulated=True)
    assert coverage(vnindex, date(2026, 8, 19), THURSDAY, Calendar()).gaps == (THURSDAY,)


# Before the table of holidays begins


@pytest.fixture
def old_bars(vnindex: Index, make_bar: MakeBar) -> list[date]:
    """VN-Index from March to July 2024 but for two holidays and the whole of June."""
    holidays = {date(2024, 4, 30), date(2024, 5, 1)}
    days = [
        day
        for day in trading_days(date(2024, 3, 1), date(2024, 7, 31), Calendar())
        if day not in holidays and day.month != 6
    ]
    for day in days:
        make_bar(day.isoformat())
    return days


def test_short_runs_without_any_bar_count_as_holidays_and_long_ones_as_holes(
    vnindex: Index, old_bars: list[date]
) -> None:
    missing = missing_days(vnindex, old_bars[0], old_bars[-1], Calendar())
    assert missing == trading_days(date(2024, 6, 1), date(2024, 6, 30), Calendar())


def test_days_on_which_another_index_traded_are_holes(old_bars: list[date]) -> None:
    hnx = Index.objects.get(code="HNXINDEX")
    bars = Bar.objects.filter(day__lt="2024-05-16")
    Bar.objects.bulk_create(
        [
            Bar(index=hnx, day=bar.day, open=1, high=1, low=1, close=1, source="csv")
            for bar in bars
            if bar.day != date(2024, 5, 7)
        ]
    )
    missing = missing_days(hnx, old_bars[0], date(2024, 5, 15), Calendar())
    assert missing == [date(2024, 5, 7)]


def test_days_before_the_first_bar_are_asked_for(vnindex: Index, old_bars: list[date]) -> None:
    before = old_bars[0] - timedelta(days=7)
    missing = missing_days(vnindex, before, old_bars[5], Calendar())
    assert missing == trading_days(before, old_bars[0] - timedelta(days=1), Calendar())
