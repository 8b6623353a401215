"""Day bars from CSV, from the sources and from the demo feed; what may replace what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from market.breaker import Breakers
from market.csv_bars import CsvError, load_csv
from market.history import Filled, Options, backfill, bars_before, store
from market.models import Bar, Closure, Index, load_calendar
from market.refresh import Failure
from market.sessions import VIETNAM
from market.sources.demo import demo_bars
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
    assert load_csv(vnindex, HISTORY).bars == {"VNINDEX": 0}
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
    monkeypatch.setattr("market.csv_bars.LARGEST_CSV_BYTES", 50)
    with pytest.raises(CsvError, match="larger than 50 bytes"):
        load_csv(vnindex, written(HEADER, ROW))


# From the sources


def test_a_year_is_fetched_for_all_active_indices(upstreams: Upstreams) -> None:
    loaded = backfill()
    assert loaded.bars == dict.fromkeys(CODES, 260)
    assert (loaded.failures, loaded.simulated) == ((), False)
    assert [call.json()["symbols"] for call in upstreams.calls] == [
        [name] for name in ("VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex")
    ]
    bar = Bar.objects.get(index__code="VNINDEX", day=date(2026, 8, 21))
    assert (bar.close, bar.source, bar.simulated) == (Decimal("1768.12"), "vietcap", False)


def test_what_is_stored_is_not_asked_for_again(upstreams: Upstreams) -> None:
    backfill(count=5)
    before = Bar.objects.count()
    upstreams.reset()
    loaded = backfill(count=5)
    assert (upstreams.calls, loaded.bars) == ([], dict.fromkeys(CODES, 0))
    assert Bar.objects.count() == before == 25
    assert not any(item.failed or item.wanted for item in loaded.filled)


def test_only_the_span_of_the_missing_days_is_asked_for(upstreams: Upstreams) -> None:
    backfill(["VNINDEX"], count=60)
    Bar.objects.filter(day__in=["2026-08-11", "2026-08-13"]).delete()
    upstreams.reset()
    assert backfill(["VNINDEX"], count=60).bars == {"VNINDEX": 2}
    (call,) = upstreams.calls
    body = call.json()
    assert datetime.fromtimestamp(body["to"], VIETNAM).date() == date(2026, 8, 13)
    assert body["countBack"] < 8


def test_an_interrupted_run_is_taken_up_where_it_stopped(upstreams: Upstreams) -> None:
    class Stopped(Exception):
        """The operator's Ctrl-C, or a lost machine."""

    def stop_after_two(position: int, total: int, filled: Filled) -> None:
        if position == 2:
            raise Stopped

    with pytest.raises(Stopped):
        backfill(count=30, progress=stop_after_two)
    assert set(Bar.objects.values_list("index__code", flat=True)) == {"VNINDEX", "VN30"}
    upstreams.reset()
    assert backfill(count=30).bars == {code: 30 * (code in CODES[2:]) for code in CODES}
    assert len(upstreams.calls) == 3


def test_from_a_date_on_every_trading_day_is_stored(upstreams: Upstreams) -> None:
    backfill(["VN30"], since=date(2026, 4, 24))
    days = set(Bar.objects.values_list("day", flat=True))
    assert min(days) == date(2026, 4, 24)
    assert date(2026, 4, 28) in days
    assert len(days) == load_calendar().sessions_between(date(2026, 4, 23), date(2026, 8, 21))


def test_a_dry_run_asks_and_tells_and_stores_nothing(upstreams: Upstreams) -> None:
    loaded = backfill(["VNINDEX"], count=5, options=Options(dry_run=True))
    assert (loaded.bars, loaded.dry_run, len(upstreams.calls)) == ({"VNINDEX": 5}, True, 1)
    assert not Bar.objects.exists()


def test_the_next_source_fills_what_the_first_lacks(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_BAR_SOURCES = ["vietcap", "vndirect_chart", "kbs", "dnse"]
    upstreams.always("vietcap.bars", Reply(fixture="vietcap/gap_chart_ok_1d.json"))
    loaded = backfill(["VNINDEX", "HNX30"], count=10)
    assert loaded.bars == {"VNINDEX": 10, "HNX30": 10}
    by_source = Counter(Bar.objects.values_list("index__code", "source"))
    assert by_source == {
        ("VNINDEX", "vietcap"): 3,
        ("VNINDEX", "vndirect_chart"): 7,
        ("HNX30", "vndirect_chart"): 10,
    }
    assert loaded.failures == (Failure("vietcap", "not in the answer", "HNX30"),)
    assert not any(item.failed for item in loaded.filled)


@pytest.mark.parametrize("source", ["vietcap", "vndirect_chart", "kbs", "dnse"])
def test_every_source_of_bars_can_fill_a_year_alone(
    upstreams: Upstreams, settings: Settings, source: str
) -> None:
    settings.MARKET_BAR_SOURCES = [source]
    assert backfill(count=100).bars == dict.fromkeys(CODES, 100)
    assert set(Bar.objects.values_list("source", flat=True)) == {source}


def test_a_source_is_asked_for_the_name_in_the_indexs_row_or_not_at_all(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_BAR_SOURCES = ["vietcap", "vndirect_chart"]
    Index.objects.filter(code="VN30").update(vendor_codes={"vndirect_chart": "HNX"})
    assert backfill(["VN30"], count=3).bars == {"VN30": 3}
    (call,) = upstreams.calls
    assert (call.name, call.query["symbol"]) == ("vndirect_chart.bars", "HNX")


def test_a_source_that_is_down_is_asked_once_for_all_and_then_rests(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_BAR_SOURCES = ["vietcap", "kbs"]
    upstreams.always("vietcap.bars", Reply(fixture="vietcap/error_403_waf_html.json"))
    loaded = backfill(count=3)
    assert loaded.bars == dict.fromkeys(CODES, 3)
    assert loaded.failures == (Failure("vietcap", "refused with status 403"),)
    assert len(upstreams.calls_to("vietcap.bars")) == 1
    backfill(count=6)
    assert len(upstreams.calls_to("vietcap.bars")) == 1  # a refusal opens the breaker


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
    assert loaded.bars == {code: 3 * (code in CODES[:2]) for code in CODES}
    assert loaded.failures == tuple(
        Failure("vietcap", "answered with an empty list", code)
        for code in ("HNXINDEX", "HNX30", "UPCOMINDEX")
    )


@pytest.mark.parametrize(
    ("reply", "reason", "code"),
    [
        (Reply(fixture="vietcap/error_403_waf_html.json"), "refused with status 403", ""),
        (Reply(fixture="vietcap/gap_chart_empty.json"), "answered with an empty list", "VN30"),
        (Reply(body={}), "expected a list of indices (answer)", "VN30"),
        (Reply(cut=True), "cut the connection", ""),
    ],
)
def test_a_source_that_fails_is_listed_and_nothing_is_stored(
    upstreams: Upstreams, reply: Reply, reason: str, code: str
) -> None:
    upstreams.always("vietcap.bars", reply)
    loaded = backfill(["VN30"])
    assert (loaded.bars, loaded.failures) == ({"VN30": 0}, (Failure("vietcap", reason, code),))
    assert loaded.filled[0].failed
    assert not Bar.objects.exists()


def test_days_older_than_a_source_has_are_no_failure_and_do_not_silence_its_quotes(
    upstreams: Upstreams,
) -> None:
    backfill(count=300)  # all that the source has
    for _ in range(2):
        loaded = backfill(count=305)
        assert {failure.reason for failure in loaded.failures} == {"answered with an empty list"}
        assert not any(item.failed for item in loaded.filled)
    assert Breakers(["vietcap"], clock.now()).call("vietcap", lambda: True)


def test_a_source_that_is_lost_while_days_are_missing_is_a_failure(upstreams: Upstreams) -> None:
    backfill(["VN30"], count=300)
    upstreams.always("vietcap.bars", Reply(status=503))
    (filled,) = backfill(["VN30"], count=305).filled
    assert filled.failed


def test_an_index_that_no_source_offers_is_told(upstreams: Upstreams) -> None:
    Index.objects.filter(code="VN30").update(vendor_codes={})
    loaded = backfill(["VN30"])
    assert loaded.failures == (Failure("MARKET_BAR_SOURCES", "names none that offers it", "VN30"),)
    assert upstreams.calls == []


def test_an_inactive_index_is_fetched_when_named_and_only_then(upstreams: Upstreams) -> None:
    Index.objects.filter(code="VN30").update(active=False)
    assert "VN30" not in backfill(count=2).bars
    assert backfill(["VN30"], count=2).bars == {"VN30": 2}


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
    assert not any(backfill().bars.values())
    quote.delete()
    make_bar("2026-08-20")
    assert not any(backfill().bars.values())
    assert Bar.objects.count() == 1


def test_without_leave_nothing_is_simulated(unreachable: None, settings: Settings) -> None:
    settings.MARKET_DEMO = "never"
    assert not any(backfill().bars.values())
    assert not Bar.objects.exists()


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
