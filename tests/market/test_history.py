"""Day bars from CSV, from the sources and from the demo feed; what may replace what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from market.history import CsvError, backfill, bars_before, load_csv, store
from market.models import Bar, Closure, Index, load_calendar
from market.refresh import Failure
from market.sources.demo import demo_bars
from market.tasks import backfill_bars
from marketsite import clock
from tests.market.conftest import MakeBar, MakeQuote
from tests.upstreams import Reply, Upstreams
from tests.upstreams.replies import FIXTURES

pytestmark = pytest.mark.django_db

HISTORY = FIXTURES / "history/VNINDEX_daily_2015_2023_MIT.csv"
CODES = ["VNINDEX", "VN30", "HNXINDEX", "HNX30", "UPCOMINDEX"]
HEADER = "Time,symbol,Close,Open,High,Low,Volume"
ROW = "2023-08-17 07:00:00,VNINDEX,1233.48,1242.21,1246.09,1230.6,1180000000"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def vnindex(db: None) -> Index:
    return Index.objects.get(code="VNINDEX")


@pytest.fixture
def written(tmp_path: Path, at: Callable[[str], None]) -> Callable[..., Path]:
    """A CSV file of the given lines."""
    at("2026-08-21T08:10:00Z")

    def write(*lines: str | bytes) -> Path:
        path = tmp_path / "bars.csv"
        path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
        return path

    return write


# CSV


def test_a_real_history_becomes_bars_and_the_date_that_stands_twice_is_told(
    vnindex: Index,
) -> None:
    loaded = load_csv(vnindex, HISTORY)
    assert loaded.bars == {"VNINDEX": 2153}
    assert "line 1497: 2020-12-25 stands twice, the later row is kept" in loaded.remarks
    assert Bar.objects.filter(index=vnindex, simulated=False, source="csv").count() == 2153
    first, last = vnindex.bars.earliest("day"), vnindex.bars.latest("day")
    assert (first.day, last.day) == (date(2015, 1, 5), date(2023, 8, 17))
    assert (first.open, first.high, first.low, first.close, first.volume) == (
        Decimal("545.43"),
        Decimal("549.22"),
        Decimal("543.78"),
        Decimal("544.45"),
        91_834_620,
    )


def test_loading_twice_doubles_nothing(vnindex: Index) -> None:
    load_csv(vnindex, HISTORY)
    assert load_csv(vnindex, HISTORY).bars == {"VNINDEX": 2153}
    assert Bar.objects.count() == 2153


def test_of_a_date_that_stands_twice_the_later_row_counts(
    vnindex: Index, written: Callable[..., Path]
) -> None:
    later = ROW.replace("07:00:00", "14:00:00").replace("1180000000", "7")
    load_csv(vnindex, written(HEADER, ROW, later))
    assert vnindex.bars.get().volume == 7


def test_a_second_file_corrects_the_first(vnindex: Index, written: Callable[..., Path]) -> None:
    load_csv(vnindex, written(HEADER, ROW))
    load_csv(vnindex, written(HEADER, ROW.replace("1233.48", "1233.5")))
    assert vnindex.bars.get().close == Decimal("1233.5")


def test_columns_may_stand_in_any_order_with_others_beside_them(
    vnindex: Index, written: Callable[..., Path]
) -> None:
    path = written(
        "\ufeffvolume,LOW,high, Open ,close,note,time",
        ",1230.6,1246.09,1242.21,1233.48,a note,2023-08-17",
    )
    assert load_csv(vnindex, path).bars == {"VNINDEX": 1}
    bar = vnindex.bars.get()
    assert (bar.day, bar.open, bar.close, bar.volume) == (
        date(2023, 8, 17),
        Decimal("1242.21"),
        Decimal("1233.48"),
        None,
    )


def test_a_close_outside_the_range_is_kept_and_told(
    vnindex: Index, written: Callable[..., Path]
) -> None:
    loaded = load_csv(vnindex, written(HEADER, ROW.replace("1246.09", "1242.0")))
    assert loaded.remarks == ("line 2: 2023-08-17 opens or closes outside its range, kept as is",)


BAD_FILES: dict[str, tuple[list[str | bytes], str]] = {
    "nothing": ([], "line 1: no column time, close, open, high, low, volume"),
    "no rows": ([HEADER], "the file holds no rows"),
    "a column absent": ([HEADER.replace("Low,", ""), ROW], "line 1: no column low"),
    "words for a price": ([HEADER, ROW, ROW.replace("1246.09", "high")], "line 3: a price"),
    "thousands separators": ([HEADER, ROW.replace("1246.09", '"1,246.09"')], "line 2: a price"),
    "a row cut short": ([HEADER, "2023-08-17,VNINDEX,1233.48"], "line 2: a price"),
    "no time": ([HEADER, ROW.replace("2023-08-17 07:00:00", "")], "or the time is not readable"),
    "a foreign date": ([HEADER, ROW.replace("2023-08-17", "17/08/2023")], "the time is not"),
    "a price of zero": ([HEADER, ROW.replace("1230.6", "0")], "a price is zero or out of range"),
    "a rounded zero": ([HEADER, ROW.replace("1230.6", "0.00001")], "line 2: a price is zero"),
    "a negative price": ([HEADER, ROW.replace("1230.6", "-1")], "a price is zero or out of range"),
    "an endless price": ([HEADER, ROW.replace("1246.09", "inf")], "line 2: a price is zero or"),
    "no number": ([HEADER, ROW.replace("1246.09", "nan")], "line 2: a price is zero or out of"),
    "a huge price": ([HEADER, ROW.replace("1246.09", "1e12")], "line 2: a price is zero or out"),
    "a negative volume": ([HEADER, ROW.replace("1180000000", "-1")], "the volume is out of range"),
    "a huge volume": ([HEADER, ROW.replace("1180000000", "1e30")], "the volume is out of range"),
    "high below low": ([HEADER, ROW.replace("1246.09", "1000")], "line 2: high is below low"),
    "another index": ([HEADER, ROW.replace("VNINDEX", "VN30")], "symbol is VN30, not VNINDEX"),
    "a day to come": ([HEADER, ROW.replace("2023-08-17", "2026-08-24")], "is not over yet"),
    "not UTF-8": ([HEADER, ROW, b"\xff\xfe"], "cannot be read: 'utf-8' codec"),
    "not text": ([HEADER, ROW, b"\x00\x01"], "line 3: a price"),
}


@pytest.mark.parametrize(("lines", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_gives_one_line_and_stores_nothing(
    vnindex: Index, written: Callable[..., Path], lines: list[str | bytes], message: str
) -> None:
    with pytest.raises(CsvError) as caught:
        load_csv(vnindex, written(*lines))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Bar.objects.exists()


def test_a_file_that_is_none_gives_one_line(vnindex: Index, tmp_path: Path) -> None:
    for path, message in ((tmp_path / "none.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(CsvError, match=f"^cannot be read: {message}"):
            load_csv(vnindex, path)


def test_a_file_larger_than_allowed_is_not_read(
    vnindex: Index, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.history.LARGEST_CSV_BYTES", 50)
    with pytest.raises(CsvError, match="larger than 50 bytes"):
        load_csv(vnindex, written(HEADER, ROW))


# From the sources


def test_a_year_is_fetched_for_all_active_indices(upstreams: Upstreams) -> None:
    loaded = backfill()
    assert loaded.bars == dict.fromkeys(CODES, 260)
    assert (loaded.failures, loaded.simulated) == ((), False)
    (call,) = upstreams.calls
    assert call.json()["countBack"] == 261  # the newest may be of a day that still trades
    bar = Bar.objects.get(index__code="VNINDEX", day=date(2026, 8, 21))
    assert (bar.close, bar.source, bar.simulated) == (Decimal("1768.12"), "vietcap", False)


def test_a_second_time_doubles_nothing_and_corrects(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    make_bar("2026-08-20", "1")
    backfill(count=5)
    backfill(count=5)
    assert Bar.objects.count() == 25
    assert Bar.objects.get(index__code="VNINDEX", day="2026-08-20").close == Decimal("1734.24")


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-08-21T01:59:59Z", date(2026, 8, 20)),  # before the opening
        ("2026-08-21T02:00:00Z", date(2026, 8, 20)),
        ("2026-08-21T05:00:00Z", date(2026, 8, 20)),  # midday break
        ("2026-08-21T07:59:59Z", date(2026, 8, 20)),  # UPCoM's last second
        ("2026-08-21T08:00:00Z", date(2026, 8, 21)),
        ("2026-08-23T05:00:00Z", date(2026, 8, 21)),
    ],
)
def test_bars_of_a_day_that_still_trades_are_left_out(
    upstreams: Upstreams, at: Callable[[str], None], now: str, last: date
) -> None:
    at(now)
    loaded = backfill(["VNINDEX"], count=3)
    assert Bar.objects.latest("day").day == last
    assert loaded.bars == {"VNINDEX": 3}


def test_on_a_day_that_an_editor_closed_no_session_is_awaited(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    Closure.objects.create(day=date(2026, 8, 24))
    at("2026-08-24T03:00:00Z")
    backfill(["VNINDEX"], count=3)
    assert Bar.objects.latest("day").day == date(2026, 8, 21)


def test_an_index_without_bars_is_listed_and_costs_no_other(upstreams: Upstreams) -> None:
    upstreams.scenario = "eod"
    loaded = backfill()
    assert loaded.bars == {"VNINDEX": 3, "VN30": 3}
    assert loaded.failures == tuple(
        Failure("vietcap", "not in the answer", code)
        for code in ("HNXINDEX", "HNX30", "UPCOMINDEX")
    )


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(fixture="vietcap/error_403_waf_html.json"), "refused with status 403"),
        (Reply(fixture="vietcap/gap_chart_empty.json"), "answered with an empty list"),
        (Reply(body={}), "expected a list of indices (answer)"),
        (Reply(cut=True), "cut the connection"),
    ],
)
def test_a_source_that_fails_is_listed_and_nothing_is_stored(
    upstreams: Upstreams, reply: Reply, reason: str
) -> None:
    upstreams.always("vietcap.bars", reply)
    loaded = backfill()
    assert (loaded.bars, loaded.failures) == ({}, (Failure("vietcap", reason),))
    assert not Bar.objects.exists()


def test_sources_without_bars_are_told(upstreams: Upstreams, settings: Settings) -> None:
    settings.MARKET_SOURCES = ["vndirect"]
    loaded = backfill()
    assert loaded.failures == (Failure("MARKET_SOURCES", "names no source of day bars"),)
    assert upstreams.calls == []


def test_an_inactive_index_is_fetched_when_named_and_only_then(upstreams: Upstreams) -> None:
    Index.objects.filter(code="VN30").update(active=False)
    assert "VN30" not in backfill(count=2).bars
    assert backfill(["VN30"], count=2).bars == {"VN30": 2}


def test_the_daily_task_closes_the_hole_that_an_outage_left(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    make_bar("2026-05-04")
    backfill_bars()
    assert Bar.objects.filter(index__code="VNINDEX", day__gt="2026-05-04").count() > 70


# Simulated bars


@pytest.fixture
def unreachable(settings: Settings, at: Callable[[str], None]) -> None:
    at("2026-08-21T08:10:00Z")
    settings.MARKET_BASE_URLS = dict.fromkeys(settings.MARKET_BASE_URLS, NOWHERE)
    settings.MARKET_DEMO = "auto"


def test_with_nothing_reachable_a_simulated_year_comes_in_marked(unreachable: None) -> None:
    loaded = backfill()
    assert (loaded.simulated, loaded.bars) == (True, dict.fromkeys(CODES, 260))
    assert loaded.failures == (Failure("vietcap", "connection failed"),)
    assert set(Bar.objects.values_list("simulated", "source")) == {(True, "demo")}


def test_beside_a_real_quote_or_bar_nothing_is_simulated(
    unreachable: None, make_quote: MakeQuote, make_bar: MakeBar
) -> None:
    quote = make_quote()
    assert backfill().bars == {}
    quote.delete()
    make_bar("2026-08-20")
    assert backfill().bars == {}
    assert Bar.objects.count() == 1


def test_without_leave_nothing_is_simulated(unreachable: None, settings: Settings) -> None:
    settings.MARKET_DEMO = "never"
    assert backfill().bars == {}


def test_a_real_bar_replaces_a_simulated_one(
    unreachable: None, upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_BASE_URLS = dict.fromkeys(settings.MARKET_BASE_URLS, NOWHERE)
    backfill(count=5)  # up to the 20th
    settings.MARKET_BASE_URLS = dict.fromkeys(settings.MARKET_BASE_URLS, upstreams.url)
    loaded = backfill(count=5)  # up to the 21st
    assert loaded.simulated is False
    simulated = Bar.objects.filter(simulated=True)
    assert set(simulated.values_list("day", flat=True)) == {date(2026, 8, 14)}
    assert Bar.objects.filter(simulated=False).count() == 25


def test_a_simulated_bar_never_replaces_a_real_one(
    vnindex: Index, make_bar: MakeBar, unreachable: None
) -> None:
    real = make_bar("2026-08-20", "1734.24")
    bars = demo_bars(["VNINDEX"], 3, clock.now(), load_calendar())["VNINDEX"]
    store(vnindex, bars, simulated=True)
    real.refresh_from_db()
    assert (real.close, real.simulated, real.source) == (Decimal("1734.24"), False, "vietcap")
    assert Bar.objects.filter(simulated=True).count() == 2


def test_bars_are_read_oldest_first_before_the_day_and_of_one_kind_alone(
    vnindex: Index, make_bar: MakeBar
) -> None:
    make_bar("2026-08-18", "1")
    make_bar("2026-08-19", "9999", simulated=True)
    make_bar("2026-08-20", "2")
    make_bar("2026-08-21", "3")
    make_bar("2026-08-20", "5", code="VN30")
    found = bars_before(vnindex, date(2026, 8, 21), 260, simulated=False)
    assert [bar.close for bar in found] == [Decimal(1), Decimal(2)]
    assert [bar.close for bar in bars_before(vnindex, date(2026, 8, 22), 2, simulated=False)] == [
        Decimal(2),
        Decimal(3),
    ]
    made_up = bars_before(vnindex, date(2026, 8, 21), 260, simulated=True)
    assert [bar.close for bar in made_up] == [Decimal(9999)]
