"""Quotes and day bars from the vendors that send charts: KBS, DNSE and VNDirect's dchart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.http import HttpClient
from market.sources.base import SourceInvalid, SourceQuote, SourceRefused, SourceUnavailable
from tests.market.vendors import CLOSED, CLOSES, CODES, MORNING, Vendors, by_code, fixture
from tests.upstreams import Reply, Upstreams

MINUTES = {"kbs": "kbs.minutes", "dnse": "dnse.charts"}
BARS = {"kbs": "kbs.days", "dnse": "dnse.charts", "vndirect_chart": "vndirect_chart.bars"}
CHARTS = list(MINUTES)
LISTS = ["dnse", "vndirect_chart"]
CLOSE_TIMES = dict.fromkeys(CODES, datetime(2026, 8, 21, 7, 45, tzinfo=UTC)) | {
    "UPCOMINDEX": datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
}
DAY_BARS = {
    "kbs": "kbs/index_data_day_ok.json",
    "dnse": "dnse/ohlcs_index_1d_duplicate_day.json",
    "vndirect_chart": "vndirect/dchart_history_ok_D.json",
}
MINUTE_BARS = {"kbs": "kbs/index_data_1P_ok.json", "dnse": "dnse/ohlcs_index_1m_ok.json"}


def script_quote(vendors: Vendors, name: str, minutes: Any, days: Any) -> None:
    """What the two calls for one index's quote get."""
    vendors.upstreams.script(MINUTES[name], Reply(body=minutes))
    vendors.upstreams.script(BARS[name], Reply(body=days))


def reshaped(name: str, rows: list[dict[str, Any]]) -> Any:
    """A chart of rows oldest first, in a vendor's shape; times as the vendor's own."""
    if name == "kbs":
        return {"data_day": rows[::-1]}
    return {column: [row[column] for row in rows] for column in "tohlcv"}


# Quotes


@pytest.mark.parametrize("name", CHARTS)
def test_minutes_and_days_make_the_close_of_all_five(vendors: Vendors, name: str) -> None:
    reply = vendors.quotes(name).fetch_quotes(CODES, CLOSED)
    assert (reply.problems, reply.notes, reply.stopped) == ({}, {}, None)
    quotes = by_code(reply.quotes)
    assert {code: (q.price, q.previous_close) for code, q in quotes.items()} == {
        code: (Decimal(price), Decimal(before)) for code, (price, before) in CLOSES.items()
    }
    assert {code: quote.as_of for code, quote in quotes.items()} == CLOSE_TIMES


@pytest.mark.parametrize(("name", "value"), [("kbs", 23_412_880_517_310), ("dnse", None)])
def test_the_day_bar_gives_range_and_turnover_of_the_sample(
    vendors: Vendors, name: str, value: int | None
) -> None:
    script_quote(vendors, name, fixture(MINUTE_BARS[name]), fixture(DAY_BARS[name]))
    (quote,) = vendors.quotes(name).fetch_quotes(["VNINDEX"], MORNING).quotes
    assert quote == SourceQuote(
        code="VNINDEX",
        as_of=datetime(2026, 8, 21, 3, 23, tzinfo=UTC),
        price=Decimal("1763.7"),
        previous_close=Decimal("1734.24"),
        open=Decimal("1733.52"),
        high=Decimal("1768.31"),
        low=Decimal("1725.4"),
        volume=783_548_119,
        value=value,
        advances=None,
        declines=None,
        unchanged=None,
        ceilings=None,
        floors=None,
        source=name,
    )


@pytest.mark.parametrize(
    ("now", "as_of"),
    [
        ("2026-08-21T03:23:20Z", "2026-08-21T03:23:20Z"),  # the minute still runs
        ("2026-08-21T03:24:00Z", "2026-08-21T03:24:00Z"),
        ("2026-08-21T03:30:00Z", "2026-08-21T03:24:00Z"),
        ("2026-08-21T03:20:00Z", "2026-08-21T03:23:00Z"),  # ahead of us, and left for others to see
    ],
)
def test_a_quote_is_as_old_as_the_end_of_its_last_minute(
    vendors: Vendors, now: str, as_of: str
) -> None:
    script_quote(vendors, "dnse", fixture(MINUTE_BARS["dnse"]), fixture(DAY_BARS["dnse"]))
    source = vendors.quotes("dnse")
    (quote,) = source.fetch_quotes(["VNINDEX"], datetime.fromisoformat(now)).quotes
    assert quote.as_of == datetime.fromisoformat(as_of)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("scenario", ["intraday", "lunch"])
def test_charts_tell_what_the_price_board_tells(vendors: Vendors, name: str, scenario: str) -> None:
    vendors.upstreams.scenario = scenario
    now = {"intraday": MORNING, "lunch": datetime(2026, 8, 21, 5, 12, 30, tzinfo=UTC)}[scenario]
    board = by_code(vendors.quotes("vietcap").fetch_quotes(CODES, now).quotes)
    quotes = by_code(vendors.quotes(name).fetch_quotes(CODES, now).quotes)
    assert {code: quote.price for code, quote in quotes.items()} == {
        code: quote.price for code, quote in board.items()
    }
    for code, quote in quotes.items():
        assert abs(quote.as_of - board[code].as_of) <= timedelta(seconds=60)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("hour", [3, 5, 9])
def test_charts_follow_the_simulated_market_too(name: str, hour: int) -> None:
    now = datetime(2027, 3, 3, hour, 21, 37, tzinfo=UTC)
    with Upstreams("demo", now=lambda: now) as upstreams, HttpClient() as client:
        simulated = Vendors(upstreams, client)
        board = by_code(simulated.quotes("vietcap").fetch_quotes(CODES, now).quotes)
        quotes = by_code(simulated.quotes(name).fetch_quotes(CODES, now).quotes)
    for code in CODES:
        ours, theirs = quotes[code], board[code]
        assert (ours.as_of, ours.price) == (theirs.as_of, theirs.price)
        assert (ours.previous_close, ours.volume) == (theirs.previous_close, theirs.volume)


@pytest.mark.parametrize("name", CHARTS)
def test_the_close_before_must_be_the_session_befores(vendors: Vendors, name: str) -> None:
    days = fixture(DAY_BARS[name])
    if name == "kbs":
        del days["data_day"][1]
    else:
        days = {column: days[column][1:] for column in "tohlcv"}
    script_quote(vendors, name, fixture(MINUTE_BARS[name]), days)
    reply = vendors.quotes(name).fetch_quotes(["VNINDEX"], MORNING)
    assert reply.problems == {"VNINDEX": "no day bar of 2026-08-20"}


def test_a_day_bar_of_yesterday_alone_leaves_todays_range_unknown(vendors: Vendors) -> None:
    script_quote(vendors, "kbs", fixture(MINUTE_BARS["kbs"]), fixture("kbs/index_stale_bar.json"))
    (quote,) = vendors.quotes("kbs").fetch_quotes(["VNINDEX"], MORNING).quotes
    assert (quote.price, quote.previous_close) == (Decimal("1763.7"), Decimal("1734.24"))
    assert (quote.open, quote.high, quote.low, quote.volume, quote.value) == (None,) * 5


def test_a_last_minute_beyond_the_days_range_widens_it(vendors: Vendors) -> None:
    minutes = fixture(MINUTE_BARS["dnse"])
    minutes["h"][-1], minutes["l"][-1] = 1770.01, 1700.5
    script_quote(vendors, "dnse", minutes, fixture(DAY_BARS["dnse"]))
    (quote,) = vendors.quotes("dnse").fetch_quotes(["VNINDEX"], MORNING).quotes
    assert (quote.high, quote.low) == (Decimal("1770.01"), Decimal("1700.5"))


def test_a_minute_without_a_trade_is_left_out(vendors: Vendors) -> None:
    script_quote(
        vendors, "dnse", fixture("dnse/ohlcs_index_null_close.json"), fixture(DAY_BARS["dnse"])
    )
    (quote,) = vendors.quotes("dnse").fetch_quotes(["VNINDEX"], MORNING).quotes
    assert quote.price == Decimal("1765.6")
    assert quote.as_of == datetime(2026, 8, 21, 3, 19, tzinfo=UTC)


@pytest.mark.parametrize("name", CHARTS)
def test_without_a_minute_there_is_no_quote_and_no_second_call(vendors: Vendors, name: str) -> None:
    vendors.upstreams.scenario = "empty"
    reply = vendors.quotes(name).fetch_quotes(["VN30", "HNX30"], CLOSED)
    assert reply.problems == {"VN30": "no minute bar", "HNX30": "no minute bar"}
    assert [call.name for call in vendors.upstreams.calls] == [MINUTES[name]] * 2


def test_kbs_is_asked_for_the_last_sessions_minutes_and_a_month_of_days(vendors: Vendors) -> None:
    sunday = datetime(2026, 8, 23, 5, 0, tzinfo=UTC)
    vendors.quotes("kbs").fetch_quotes(["HNXINDEX"], sunday)
    minutes, days = vendors.upstreams.calls
    assert minutes.path == "/iis-server/investment/index/HNXINDEX/data_1P"
    assert minutes.query == {"sdate": "21-08-2026", "edate": "23-08-2026"}
    assert days.path == "/iis-server/investment/index/HNXINDEX/data_day"
    assert days.query == {"sdate": "22-07-2026", "edate": "23-08-2026"}


def test_dnse_is_asked_for_the_last_sessions_minutes_and_a_month_of_days(vendors: Vendors) -> None:
    vendors.quotes("dnse").fetch_quotes(["HNXINDEX"], CLOSED)
    minutes, days = vendors.upstreams.calls
    assert minutes.path == days.path == "/chart-api/v2/ohlcs/index"
    to = str(int(CLOSED.timestamp()))
    assert minutes.query == {"symbol": "HNX", "resolution": "1", "from": "1787245200", "to": to}
    assert days.query == {"symbol": "HNX", "resolution": "1D", "from": "1784653200", "to": to}


# One index's trouble


@pytest.mark.parametrize("name", CHARTS)
def test_a_wrong_answer_for_one_index_costs_that_index(vendors: Vendors, name: str) -> None:
    vendors.upstreams.script(MINUTES[name], Reply(body=[1, 2]))
    reply = vendors.quotes(name).fetch_quotes(CODES, CLOSED)
    assert set(reply.problems) == {"VNINDEX"}
    assert reply.problems["VNINDEX"].startswith("expected a ")
    assert len(reply.quotes) == 4


@pytest.mark.parametrize("name", CHARTS)
def test_a_source_that_goes_down_is_not_asked_for_the_rest(vendors: Vendors, name: str) -> None:
    vendors.quotes(name).fetch_quotes(["VNINDEX"], CLOSED)
    used = len(vendors.upstreams.calls)
    vendors.upstreams.script(MINUTES[name], *[Reply()] * (used if name == "dnse" else 1))
    vendors.upstreams.always(MINUTES[name], Reply(status=429, headers={"Retry-After": "30"}))
    reply = vendors.quotes(name).fetch_quotes(CODES, CLOSED)
    assert [quote.code for quote in reply.quotes] == ["VNINDEX"]
    assert reply.problems == dict.fromkeys(CODES[1:], "refused with status 429")
    assert isinstance(reply.stopped, SourceRefused)
    assert reply.stopped.retry_after == 30
    assert len(vendors.upstreams.calls) == 2 * used + 1


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize(("status", "kind"), [(403, SourceRefused), (503, SourceUnavailable)])
def test_a_source_that_is_down_from_the_start_is_asked_once(
    vendors: Vendors, name: str, status: int, kind: type[Exception]
) -> None:
    vendors.upstreams.always(MINUTES[name], Reply(status=status))
    with pytest.raises(kind):
        vendors.quotes(name).fetch_quotes(CODES, CLOSED)
    assert len({call.path + str(call.query) for call in vendors.upstreams.calls}) == 1


def test_an_index_that_dnse_does_not_know_costs_that_index(vendors: Vendors) -> None:
    source = vendors.quotes("dnse")
    source.names["HNXINDEX"] = "HNXINDEX"  # type: ignore[attr-defined]
    reply = source.fetch_quotes(["HNXINDEX", "VN30"], CLOSED)
    assert reply.problems == {"HNXINDEX": "answered with status 400"}
    assert [quote.code for quote in reply.quotes] == ["VN30"]


# Day bars


@pytest.mark.parametrize("name", BARS)
def test_a_year_of_bars_ends_at_the_quotes(vendors: Vendors, name: str) -> None:
    vendors.upstreams.scenario = "long"
    reply = vendors.bars(name).fetch_bars(CODES, 260, CLOSED)
    assert reply.problems == {}
    assert set(reply.bars) == set(CODES)
    for code, bars in reply.bars.items():
        assert len(bars) == 260
        assert [bar.day for bar in bars] == sorted({bar.day for bar in bars})
        assert (bars[-1].close, bars[-2].close) == tuple(map(Decimal, CLOSES[code]))
        assert bars[-1].day == date(2026, 8, 21)
        assert {bar.source for bar in bars} == {name}


@pytest.mark.parametrize("name", BARS)
def test_the_samples_day_bars(vendors: Vendors, name: str) -> None:
    vendors.upstreams.script(BARS[name], Reply(fixture=DAY_BARS[name]))
    bars = vendors.bars(name).fetch_bars(["VNINDEX"], 2, CLOSED).bars["VNINDEX"]
    assert [(bar.day.day, bar.close, bar.volume) for bar in bars] == [
        (20, Decimal("1734.24"), 690_118_340),
        (21, Decimal("1768.12"), 783_548_119),
    ]
    assert (bars[1].open, bars[1].high, bars[1].low) == tuple(
        map(Decimal, ("1733.52", "1768.31", "1725.4"))
    )


def test_dchart_is_asked_once_for_each_index_in_its_own_spelling(vendors: Vendors) -> None:
    vendors.bars("vndirect_chart").fetch_bars(["HNXINDEX", "UPCOMINDEX"], 10, CLOSED)
    first, second = vendors.upstreams.calls
    assert first.path == second.path == "/dchart/history"
    assert (first.query["symbol"], second.query["symbol"]) == ("HNX", "UPCOM")
    assert first.query["resolution"] == "D"
    asked = int(first.query["to"]) - int(first.query["from"])
    assert timedelta(days=20) < timedelta(seconds=asked) < timedelta(days=40)


@pytest.mark.parametrize("name", BARS)
def test_bars_that_came_before_a_source_went_down_are_kept(vendors: Vendors, name: str) -> None:
    vendors.upstreams.script(BARS[name], Reply(), Reply(status=403))
    reply = vendors.bars(name).fetch_bars(CODES, 5, CLOSED)
    assert list(reply.bars) == ["VNINDEX"]
    assert reply.problems == dict.fromkeys(CODES[1:], "refused with status 403")
    assert isinstance(reply.stopped, SourceRefused)
    assert len(vendors.upstreams.calls) == 2


@pytest.mark.parametrize("name", BARS)
def test_more_bars_than_there_are_is_no_trouble(vendors: Vendors, name: str) -> None:
    bars = vendors.bars(name).fetch_bars(["VN30"], 10**9, CLOSED).bars["VN30"]
    assert len(bars) == 3


@pytest.mark.parametrize("name", BARS)
def test_a_window_without_a_session_has_no_bars(vendors: Vendors, name: str) -> None:
    vendors.upstreams.scenario = "empty"
    reply = vendors.bars(name).fetch_bars(["VN30"], 5, CLOSED)
    assert (reply.bars, reply.problems) == ({"VN30": ()}, {})


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("column", ["t", "o", "h", "l", "c", "v"])
def test_lists_of_different_length_name_the_field(vendors: Vendors, name: str, column: str) -> None:
    chart = fixture(DAY_BARS[name])
    chart[column].pop()
    vendors.upstreams.script(BARS[name], Reply(body=chart))
    with pytest.raises(SourceInvalid, match="differs in length") as caught:
        vendors.bars(name).fetch_bars(["VNINDEX"], 5, CLOSED)
    assert caught.value.field == ("o" if column == "t" else column)


@pytest.mark.parametrize("name", BARS)
def test_a_chart_out_of_order_names_the_place(vendors: Vendors, name: str) -> None:
    rows = fixture("kbs/index_data_day_ok.json")["data_day"]
    stamps = {"2026-08-19": 1787097600, "2026-08-20": 1787184000, "2026-08-21": 1787270400}
    if name != "kbs":
        rows = [row | {"t": stamps[row["t"][:10]]} for row in rows]
    vendors.upstreams.script(BARS[name], Reply(body=reshaped(name, rows)))  # newest first
    with pytest.raises(SourceInvalid, match="t is out of order") as caught:
        vendors.bars(name).fetch_bars(["VNINDEX"], 5, CLOSED)
    assert caught.value.field == ("data_day[1]" if name == "kbs" else "[1]")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("t", "21-08-2026 07:00", "t is not a time"),
        ("t", "2026-08-21T07:00:00Z", "t has an offset"),
        ("t", 1787270400, "t is not a time"),
        ("t", "0001-01-01 00:00", "t is not a time"),
        ("t", "0001-01-01 12:00", "t is out of range"),
        ("t", "1999-12-31 07:00", "t is out of range"),
        ("t", None, "t is missing"),
        ("c", "1.768,12", "c is not a number"),
        ("v", "-1", "v is out of range"),
        ("va", {}, "va is not a number"),
    ],
)
def test_a_bad_field_of_kbs_names_its_place(
    vendors: Vendors, column: str, value: Any, reason: str
) -> None:
    answer = fixture(DAY_BARS["kbs"])
    answer["data_day"][2][column] = value
    vendors.upstreams.script("kbs.days", Reply(body=answer))
    with pytest.raises(SourceInvalid, match=reason) as caught:
        vendors.bars("kbs").fetch_bars(["VNINDEX"], 5, CLOSED)
    assert caught.value.field == "data_day[2]"


@pytest.mark.parametrize(
    ("answer", "spot"),
    [
        ([], "data_day"),
        ({"data_day": None}, "data_day"),
        ({"data_1P": []}, "data_day"),
        ({"data_day": [[]]}, "data_day[0]"),
    ],
)
def test_kbs_wrong_shape_is_named(vendors: Vendors, answer: Any, spot: str) -> None:
    vendors.upstreams.script("kbs.days", Reply(body=answer))
    with pytest.raises(SourceInvalid) as caught:
        vendors.bars("kbs").fetch_bars(["VNINDEX"], 5, CLOSED)
    assert caught.value.field == spot
