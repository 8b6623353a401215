"""What Vietcap's chart gives as day bars, and what it may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from market.http import HttpClient
from market.sessions import Calendar
from market.sources.base import SourceInvalid
from market.sources.codes import names_of
from market.sources.vietcap import Vietcap
from tests.upstreams import Reply, Upstreams

CHART = Path(__file__).resolve().parent.parent / "fixtures/vietcap/gap_chart_ok_1d.json"
CODES = ("VNINDEX", "VN30", "HNXINDEX", "HNX30", "UPCOMINDEX")
NOW = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams() as running:
        yield running


@pytest.fixture
def vietcap(upstreams: Upstreams) -> Iterator[Vietcap]:
    with HttpClient(total_timeout=2.0) as client:
        yield Vietcap(client, upstreams.url, {}, names_of("vietcap"))


def test_vietcaps_bars_carry_the_trading_day_in_vietnam(
    vietcap: Vietcap, upstreams: Upstreams
) -> None:
    reply = vietcap.fetch_bars(CODES, 260, NOW)
    bars = reply.bars
    assert set(bars) == {"VNINDEX", "VN30"}
    assert reply.problems == dict.fromkeys(CODES[2:], "not in the answer")
    assert [bar.day for bar in bars["VNINDEX"]] == [
        date(2026, 8, 19),
        date(2026, 8, 20),
        date(2026, 8, 21),
    ]
    last = bars["VNINDEX"][-1]
    assert (last.open, last.high, last.low, last.close, last.volume, last.source) == (
        Decimal("1733.52"),
        Decimal("1768.31"),
        Decimal("1725.4"),
        Decimal("1768.12"),
        783_548_119,
        "vietcap",
    )
    (call,) = upstreams.calls
    assert call.path == "/api/chart/OHLCChart/gap-chart"
    assert call.json() == {
        "timeFrame": "ONE_DAY",
        "symbols": ["VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex"],
        "to": 1787299800,
        "countBack": 260,
    }


def test_a_year_of_bars_arrives_for_all_five_and_ends_at_the_quote(
    vietcap: Vietcap, upstreams: Upstreams
) -> None:
    upstreams.scenario = "long"
    bars = vietcap.fetch_bars(CODES, 260, NOW).bars
    quotes = {quote.code: quote for quote in vietcap.fetch_quotes(CODES, NOW).quotes}
    assert set(bars) == set(CODES)
    for code, rows in bars.items():
        assert len(rows) == 260
        assert [bar.day for bar in rows] == sorted({bar.day for bar in rows})
        assert all(Calendar().is_trading_day(bar.day) for bar in rows)
        assert (rows[-1].close, rows[-2].close) == (quotes[code].price, quotes[code].previous_close)


def charts() -> Any:
    return json.loads(CHART.read_text())


@pytest.mark.parametrize("name", ["o", "h", "l", "c"])
@pytest.mark.parametrize("value", [None, 0, -1.5])
def test_a_bar_without_a_price_is_dropped(
    vietcap: Vietcap, upstreams: Upstreams, name: str, value: Any
) -> None:
    answer = charts()
    answer[0][name][1] = value
    upstreams.script("vietcap.bars", Reply(body=answer))
    bars = vietcap.fetch_bars(["VNINDEX", "VN30"], 3, NOW).bars
    assert [bar.day.day for bar in bars["VNINDEX"]] == [19, 21]
    assert len(bars["VN30"]) == 3


def test_a_bar_whose_high_lies_below_its_low_is_dropped(
    vietcap: Vietcap, upstreams: Upstreams
) -> None:
    answer = charts()
    answer[0]["h"][0] = 1.0
    upstreams.script("vietcap.bars", Reply(body=answer))
    bars = vietcap.fetch_bars(["VNINDEX"], 3, NOW).bars["VNINDEX"]
    assert [bar.day.day for bar in bars] == [20, 21]


def test_bars_out_of_order_name_their_place(vietcap: Vietcap, upstreams: Upstreams) -> None:
    answer = charts()
    for name in ("t", "o", "h", "l", "c", "v"):
        answer[0][name].reverse()
    upstreams.script("vietcap.bars", Reply(body=answer))
    with pytest.raises(SourceInvalid, match="t is out of order") as caught:
        vietcap.fetch_bars(["VNINDEX"], 3, NOW)
    assert caught.value.field == "VNINDEX[1]"


@pytest.mark.parametrize(("volume", "kept"), [(0, "1768.12"), (10**9, "1700.5")])
def test_of_a_day_that_stands_twice_the_bar_with_more_volume_counts(
    vietcap: Vietcap, upstreams: Upstreams, volume: int, kept: str
) -> None:
    answer = charts()
    doubled = {"t": "1787277600", "o": 1700, "h": 1768, "l": 1700, "c": 1700.5, "v": volume}
    for name, value in doubled.items():
        answer[0][name].append(value)
    upstreams.script("vietcap.bars", Reply(body=answer))
    bars = vietcap.fetch_bars(["VNINDEX"], 4, NOW).bars["VNINDEX"]
    assert [bar.day.day for bar in bars] == [19, 20, 21]
    assert bars[-1].close == Decimal(kept)


def test_a_bar_may_lack_its_volume(vietcap: Vietcap, upstreams: Upstreams) -> None:
    answer = charts()
    answer[0]["v"][2] = None
    upstreams.script("vietcap.bars", Reply(body=answer))
    assert vietcap.fetch_bars(["VNINDEX"], 3, NOW).bars["VNINDEX"][-1].volume is None


@pytest.mark.parametrize("name", ["t", "o", "h", "l", "c", "v"])
def test_lists_of_different_length_name_the_field_and_cost_one_index(
    vietcap: Vietcap, upstreams: Upstreams, name: str
) -> None:
    answer = charts()
    answer[1][name].pop()
    upstreams.script("vietcap.bars", Reply(body=answer))
    reply = vietcap.fetch_bars(["VNINDEX", "VN30"], 3, NOW)
    # a short list of stamps shows in the first list beside it
    spot = "VN30.o" if name == "t" else f"VN30.{name}"
    assert reply.problems == {"VN30": f"list differs in length from t ({spot})"}
    assert len(reply.bars["VNINDEX"]) == 3


@pytest.mark.parametrize("value", [None, {}, "1768", 7])
@pytest.mark.parametrize("name", ["t", "c", "v"])
def test_a_list_that_is_none_names_the_field(
    vietcap: Vietcap, upstreams: Upstreams, name: str, value: Any
) -> None:
    answer = charts()
    answer[0][name] = value
    upstreams.script("vietcap.bars", Reply(body=answer))
    with pytest.raises(SourceInvalid, match="expected a list") as caught:
        vietcap.fetch_bars(["VNINDEX"], 3, NOW)
    assert caught.value.field == f"VNINDEX.{name}"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("c", "x", "c is not a number"),
        ("o", True, "o is not a number"),
        ("t", None, "t is missing"),
        ("t", "Friday", "t is not a number"),
        ("t", "1787270400000", "t is out of range"),
        ("t", "0", "t is out of range"),
        ("v", -1, "v is out of range"),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_place(
    vietcap: Vietcap, upstreams: Upstreams, name: str, value: Any, reason: str
) -> None:
    answer = charts()
    answer[0][name][2] = value
    upstreams.script("vietcap.bars", Reply(body=answer))
    with pytest.raises(SourceInvalid, match=reason) as caught:
        vietcap.fetch_bars(["VNINDEX"], 3, NOW)
    assert caught.value.field == "VNINDEX[2]"


def test_no_bars_at_all_says_so(vietcap: Vietcap, upstreams: Upstreams) -> None:
    upstreams.script("vietcap.bars", Reply(fixture="vietcap/gap_chart_empty.json"))
    with pytest.raises(SourceInvalid, match="empty list"):
        vietcap.fetch_bars(CODES, 3, NOW)
