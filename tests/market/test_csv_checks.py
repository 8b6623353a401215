"""Rows of a file that cannot be a day of an index, and what is done about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from market.csv_bars import CsvError, load_csv
from market.models import Closure, Index
from market.sessions import Calendar
from tests.market.conftest import MakeBar

pytestmark = pytest.mark.django_db

HEADER = "Time,Close,Open,High,Low,Volume"
MONDAY = date(2026, 7, 6)

Written = Callable[..., Path]


@pytest.fixture
def vnindex() -> Index:
    return Index.objects.get(code="VNINDEX")


@pytest.fixture
def written(tmp_path: Path, at: Callable[[str], None]) -> Written:
    """A file of closes by day, or of closes on the trading days from 6 July 2026 on."""
    at("2026-08-21T08:20:00Z")

    def write(*closes: float, **by_day: float) -> Path:
        days = [MONDAY]
        while len(days) < len(closes):
            days.append(Calendar().next_trading_day(days[-1]))
        found = {day.isoformat(): close for day, close in zip(days, closes, strict=False)}
        found |= {day.strip("_").replace("_", "-"): close for day, close in by_day.items()}
        path = tmp_path / "bars.csv"
        rows = [f"{day},{close},{close},{close},{close},5" for day, close in found.items()]
        path.write_text("\n".join([HEADER, *rows]))
        return path

    return write


def closes(index: Index) -> list[float]:
    return [float(bar.close) for bar in index.bars.order_by("day")]


def test_a_saturday_and_two_slips_are_named_and_the_other_rows_are_stored(
    vnindex: Index, written: Written
) -> None:
    path = written(1150, 1160, 1700, 1155, 1150, _2026_07_11=1152, _2026_07_13=17)
    loaded = load_csv(vnindex, path)
    assert loaded.refused == (
        "line 4: 2026-07-08 closes at 1700, 2026-07-07 at 1160, refused",
        "line 7: 2026-07-11 is a Saturday, refused",
        "line 8: 2026-07-13 closes at 17, 2026-07-10 at 1150, refused",
    )
    assert closes(vnindex) == [1150, 1160, 1155, 1150]


def test_a_first_row_in_another_scale_is_the_slip_not_those_after_it(
    vnindex: Index, written: Written
) -> None:
    loaded = load_csv(vnindex, written(17, 1160, 1165, 1155))
    assert loaded.refused == ("line 2: 2026-07-06 closes at 17, 2026-07-07 at 1160, refused",)
    assert closes(vnindex) == [1160, 1165, 1155]


def test_a_file_that_goes_on_in_another_scale_is_not_loaded_at_all(
    vnindex: Index, written: Written
) -> None:
    path = written(1150, 1160, 1155, 1150, 11.6, 11.5, 11.7)
    with pytest.raises(CsvError) as caught:
        load_csv(vnindex, path)
    assert str(caught.value) == (
        "line 6: 2026-07-10 closes at 11.6, 2026-07-09 at 1150, and the file goes on at that level"
    )
    assert not vnindex.bars.exists()


def test_a_whole_file_in_another_scale_than_the_stored_bars_is_not_loaded(
    vnindex: Index, written: Written, make_bar: MakeBar
) -> None:
    make_bar("2026-07-03", "1150")
    path = written(1.15, 1.16, 1.155)
    with pytest.raises(CsvError, match=r"line 2: .* closes at 1\.15, 2026-07-03 at 1150"):
        load_csv(vnindex, path)
    assert load_csv(vnindex, path, replace=True).bars == {"VNINDEX": 3}


def test_a_single_row_is_held_against_the_stored_bars_around_it(
    vnindex: Index, written: Written, make_bar: MakeBar
) -> None:
    make_bar("2026-07-03", "1150")
    make_bar("2026-07-07", "1160")
    assert load_csv(vnindex, written(1400)).refused == (
        "line 2: 2026-07-06 closes at 1400, 2026-07-07 at 1160, refused",
    )
    assert load_csv(vnindex, written(1300)).bars == {"VNINDEX": 1}


@pytest.mark.parametrize(
    ("later", "close", "refused"),
    [
        (timedelta(days=1), 1149, 0),  # 14.9 percent in a day
        (timedelta(days=1), 1151, 1),
        (timedelta(days=7), 1300, 0),  # in five sessions
        (timedelta(days=7), 1340, 1),
        (timedelta(days=30), 4900, 0),  # nothing between them tells
        (timedelta(days=30), 10_000, 1),
    ],
)
def test_the_longer_apart_two_closes_are_the_further_they_may_differ(
    vnindex: Index, written: Written, later: timedelta, close: float, refused: int
) -> None:
    day = f"_{MONDAY + later}".replace("-", "_")
    assert len(load_csv(vnindex, written(1000, **{day: close})).refused) == refused


def test_a_price_far_from_its_own_close_is_a_slip(vnindex: Index, written: Written) -> None:
    path = written(1150, 1160)
    path.write_text(path.read_text().replace("1160,1160,1160,1160", "1160,1160,11600,1160"))
    assert load_csv(vnindex, path).refused == (
        "line 3: 2026-07-07: high 11600 is in another scale than close 1160, refused",
    )


def test_a_weekend_on_which_an_editor_says_that_the_exchanges_trade_is_a_day(
    vnindex: Index, written: Written
) -> None:
    Closure.objects.create(day="2026-07-11", closed=False)
    assert load_csv(vnindex, written(1150, _2026_07_11=1152)).bars == {"VNINDEX": 2}


def test_a_bar_of_quotes_gives_way_to_the_files_though_the_numbers_are_the_same(
    vnindex: Index, written: Written, make_bar: MakeBar
) -> None:
    make_bar("2026-07-06", "1150", source="quotes", volume=5)
    assert load_csv(vnindex, written(1150)).bars == {"VNINDEX": 1}
    assert vnindex.bars.get().source == "csv"
    assert load_csv(vnindex, written(1150.00001)).bars == {"VNINDEX": 0}  # rounds to the same
