"""What the sources make of good quotes, and of every bad answer that was seen or feared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from market.http import HttpClient
from market.sources import (
    BAR_SOURCES,
    DEFAULT_BASE_URLS,
    PRICE_SOURCES,
    QUOTE_SOURCES,
    SOURCES,
    Kind,
    Means,
    source,
)
from market.sources.base import (
    SourceError,
    SourceInvalid,
    SourceQuote,
    SourceRefused,
    SourceUnavailable,
)
from market.sources.codes import CODES as VENDOR_NAMES
from market.sources.codes import names_of
from market.sources.vietcap import Vietcap
from market.sources.vndirect import VNDirect
from tests.servers import NOWHERE
from tests.upstreams import Reply, Upstreams

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CODES = ("VNINDEX", "VN30", "HNXINDEX", "HNX30", "UPCOMINDEX")
NOW = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
CLOSES = {
    "VNINDEX": ("1768.12", "1734.24"),
    "VN30": ("1927.79", "1887.06"),
    "HNXINDEX": ("284.07", "278.55"),
    "HNX30": ("612.35", "598.8"),
    "UPCOMINDEX": ("128.18", "127.55"),
}
FIRST_CALLS = {
    "vietcap": "vietcap.quotes",
    "vndirect": "vndirect.quotes",
    "kbs": "kbs.minutes",
    "dnse": "dnse.charts",
}
HTML = "<!DOCTYPE html><html><title>Just a moment...</title></html>"
WHOLE_REPLIES = [
    (Reply(fixture="vietcap/error_403_waf_html.json"), SourceRefused, "refused with status 403"),
    (Reply(fixture="vndirect/error_403_geo.json"), SourceRefused, "refused with status 403"),
    (Reply(fixture="vndirect/error_429.json"), SourceRefused, "refused with status 429"),
    (Reply(fixture="vietcap/error_400.json"), SourceInvalid, "answered with status 400"),
    (Reply(fixture="vietcap/error_503.json"), SourceUnavailable, "answered with status 503"),
    (Reply(fixture="vndirect/error_timeout_note.json"), SourceUnavailable, "cut the connection"),
    (Reply(fixture="vietcap/error_200_empty_object.json"), SourceInvalid, "expected a "),
    (Reply(body=HTML), SourceInvalid, "web page in place of data"),
    (Reply(body="null"), SourceInvalid, "expected a "),
    (Reply(body='"maintenance"'), SourceInvalid, "expected a "),
    (Reply(body=b'[{"symbol": "VNIN'), SourceInvalid, "not JSON"),
    (Reply(body=b'{"data": [{"close": NaN}]}'), SourceInvalid, "not JSON"),
    (Reply(body=b"[" + b"1," * 1_100_000 + b"1]"), SourceInvalid, "larger than"),
    (Reply(body=b"[" + b"1," * 5000, cut=True), SourceUnavailable, "cut the connection"),
    (Reply(delay=30), SourceUnavailable, "timed out"),
    (Reply(body=b"[" * 500, drip=0.1), SourceUnavailable, "timed out"),
]


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams() as running:
        yield running


@pytest.fixture
def vietcap(upstreams: Upstreams) -> Iterator[Vietcap]:
    with HttpClient(total_timeout=1.0) as client:
        headers = {"User-Agent": "Marketsite/test"}
        yield Vietcap(client, upstreams.url, headers, names_of("vietcap"))


@pytest.fixture
def vndirect(upstreams: Upstreams) -> Iterator[VNDirect]:
    with HttpClient(total_timeout=1.0) as client:
        headers = {"User-Agent": "Marketsite/test"}
        yield VNDirect(client, f"{upstreams.url}/", headers, names_of("vndirect"))


def fixture(path: str) -> Any:
    return json.loads((FIXTURES / path).read_text())


def quotes_by_code(quotes: tuple[SourceQuote, ...]) -> dict[str, SourceQuote]:
    return {quote.code: quote for quote in quotes}


# Vietcap's quotes


def test_vietcap_gives_the_five_indices_of_the_replayed_close(vietcap: Vietcap) -> None:
    reply = vietcap.fetch_quotes(CODES, NOW)
    assert reply.problems == {}
    found = {quote.code: (str(quote.price), str(quote.previous_close)) for quote in reply.quotes}
    assert found == CLOSES


def test_vietcap_gives_value_in_vnd_and_leaves_unknown_what_it_lacks(vietcap: Vietcap) -> None:
    quote = quotes_by_code(vietcap.fetch_quotes(CODES, NOW).quotes)["VNINDEX"]
    assert quote == SourceQuote(
        code="VNINDEX",
        as_of=datetime(2026, 8, 21, 7, 45, 59, 999_000, tzinfo=UTC),
        price=Decimal("1768.12"),
        previous_close=Decimal("1734.24"),
        open=None,
        high=None,
        low=None,
        volume=783_548_119,
        value=23_412_880_517_310,
        advances=241,
        declines=82,
        unchanged=47,
        ceilings=9,
        floors=2,
        source="vietcap",
    )


def test_vietcap_is_asked_once_in_its_own_spelling_with_our_headers(
    vietcap: Vietcap, upstreams: Upstreams
) -> None:
    vietcap.fetch_quotes(CODES, NOW)
    (call,) = upstreams.calls
    assert (call.method, call.path) == ("POST", "/api/price/marketIndex/getList")
    assert call.json() == {"symbols": ["VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex"]}
    assert call.headers["User-Agent"] == "Marketsite/test"


@pytest.mark.parametrize(
    ("scenario", "as_of"),
    [
        ("intraday", datetime(2026, 8, 21, 3, 21, 4, tzinfo=UTC)),
        ("lunch", datetime(2026, 8, 21, 4, 30, tzinfo=UTC)),
    ],
)
def test_vietcaps_as_of_is_the_markets_time_not_the_sending_time(
    vietcap: Vietcap, upstreams: Upstreams, scenario: str, as_of: datetime
) -> None:
    upstreams.scenario = scenario
    reply = vietcap.fetch_quotes(CODES, NOW)
    assert {quote.as_of for quote in reply.quotes} == {as_of}


def test_an_index_that_vietcap_leaves_out_is_a_problem_of_that_index_alone(
    vietcap: Vietcap, upstreams: Upstreams
) -> None:
    upstreams.scenario = "partial"
    reply = vietcap.fetch_quotes(CODES, NOW)
    assert reply.problems == {"HNX30": "not in the answer"}
    assert len(reply.quotes) == 4


def test_a_null_price_is_a_problem_of_that_index_alone(
    vietcap: Vietcap, upstreams: Upstreams
) -> None:
    upstreams.scenario = "null_price"
    reply = vietcap.fetch_quotes(CODES, NOW)
    assert reply.problems == {"HNXINDEX": "price is missing"}
    assert set(quotes_by_code(reply.quotes)) == set(CODES) - {"HNXINDEX"}


def test_a_code_that_vietcap_does_not_know_is_a_problem_and_is_not_asked_for(
    vietcap: Vietcap, upstreams: Upstreams
) -> None:
    reply = vietcap.fetch_quotes(["VN30", "VNMID"], NOW)
    assert reply.problems == {"VNMID": "not one of its indices"}
    assert upstreams.calls[0].json() == {"symbols": ["VN30"]}


@pytest.mark.parametrize("name", list(QUOTE_SOURCES))
def test_a_source_that_knows_none_of_the_codes_is_not_called(
    upstreams: Upstreams, name: str
) -> None:
    with HttpClient() as client:
        means = Means(client, {name: upstreams.url}, {}, names_of(name))
        reply = source(Kind.QUOTES, name, means).fetch_quotes(["VNMID"], NOW)
    assert reply.problems == {"VNMID": "not one of its indices"}
    assert upstreams.calls == []


VIETCAP_ROWS: list[tuple[str, Any, str]] = [
    ("price", 0, "price is not positive"),
    ("price", -5.1, "price is not positive"),
    ("price", "n/a", "price is not a number"),
    ("price", True, "price is not a number"),
    ("price", [1], "price is not a number"),
    ("price", "NaN", "price is out of range"),
    ("price", "Infinity", "price is out of range"),
    ("price", 1e12, "price is out of range"),
    ("price", "1e999999999", "price is out of range"),
    ("price", "1e-999999999", "price is not positive"),
    ("refPrice", None, "refPrice is missing"),
    ("refPrice", 0, "refPrice is not positive"),
    ("time", None, "time is missing"),
    ("time", "yesterday", "time is not a time"),
    ("time", 1787270400, "time is not a time"),
    ("time", "2026-08-21T14:45:59", "time lacks its offset"),
    ("time", "0001-01-01T00:00:00+07:00", "time is not a time"),
    ("totalShares", -1, "totalShares is out of range"),
    ("totalShares", {}, "totalShares is not a number"),
    ("totalValue", 1e15, "totalValue is out of range"),
    ("totalStockIncrease", 10**12, "totalStockIncrease is out of range"),
]


@pytest.mark.parametrize(("name", "value", "reason"), VIETCAP_ROWS)
def test_a_bad_field_of_vietcap_is_named_and_costs_one_index(
    vietcap: Vietcap, upstreams: Upstreams, name: str, value: Any, reason: str
) -> None:
    rows = fixture("vietcap/marketindex_getlist_ok_eod.json")
    rows[0][name] = value
    upstreams.script("vietcap.quotes", Reply(body=rows))
    reply = vietcap.fetch_quotes(CODES, NOW)
    assert reply.problems == {"VNINDEX": reason}
    assert len(reply.quotes) == 4


@pytest.mark.parametrize("name", ["price", "refPrice", "time"])
def test_a_field_that_vietcap_drops_is_named(
    vietcap: Vietcap, upstreams: Upstreams, name: str
) -> None:
    rows = fixture("vietcap/marketindex_getlist_ok_eod.json")
    del rows[4][name]
    upstreams.script("vietcap.quotes", Reply(body=rows))
    assert vietcap.fetch_quotes(CODES, NOW).problems == {"UPCOMINDEX": f"{name} is missing"}


def test_vietcaps_optional_fields_may_be_absent(vietcap: Vietcap, upstreams: Upstreams) -> None:
    row = {
        "symbol": "VN30",
        "price": 1927.79,
        "refPrice": 1887.06,
        "time": "2026-08-21T07:45:59.999Z",
    }
    upstreams.script("vietcap.quotes", Reply(body=[row]))
    (quote,) = vietcap.fetch_quotes(["VN30"], NOW).quotes
    assert (quote.volume, quote.value, quote.advances, quote.floors) == (None, None, None, None)


def test_numbers_as_text_are_read(vietcap: Vietcap, upstreams: Upstreams) -> None:
    rows = fixture("vietcap/marketindex_getlist_ok_eod.json")
    rows[0] |= {"price": "1768.12", "totalShares": "783548119"}
    upstreams.script("vietcap.quotes", Reply(body=rows))
    quote = quotes_by_code(vietcap.fetch_quotes(CODES, NOW).quotes)["VNINDEX"]
    assert (quote.price, quote.volume) == (Decimal("1768.12"), 783_548_119)


def test_an_empty_list_from_vietcap_says_so(vietcap: Vietcap, upstreams: Upstreams) -> None:
    upstreams.scenario = "empty"
    with pytest.raises(SourceInvalid, match="answered with an empty list"):
        vietcap.fetch_quotes(CODES, NOW)


@pytest.mark.parametrize("row", [None, 5, {}, {"symbol": None}, {"symbol": 7}])
def test_a_row_without_a_symbol_is_named(vietcap: Vietcap, upstreams: Upstreams, row: Any) -> None:
    rows = [*fixture("vietcap/marketindex_getlist_ok_eod.json"), row]
    upstreams.script("vietcap.quotes", Reply(body=rows))
    with pytest.raises(SourceInvalid) as caught:
        vietcap.fetch_quotes(CODES, NOW)
    assert caught.value.field == "[5].symbol"


# VNDirect's quotes


def test_vndirect_gives_the_five_indices_of_the_replayed_close(vndirect: VNDirect) -> None:
    reply = vndirect.fetch_quotes(CODES, NOW)
    assert reply.problems == {}
    found = {quote.code: (quote.price, quote.previous_close) for quote in reply.quotes}
    assert found == {
        code: (Decimal(price), Decimal(before)) for code, (price, before) in CLOSES.items()
    }


def test_vndirect_gives_vnd_and_times_of_vietnam(vndirect: VNDirect) -> None:
    quote = quotes_by_code(vndirect.fetch_quotes(CODES, NOW).quotes)["HNXINDEX"]
    assert quote == SourceQuote(
        code="HNXINDEX",
        as_of=datetime(2026, 8, 21, 8, 6, 6, tzinfo=UTC),
        price=Decimal("284.07"),
        previous_close=Decimal("278.55"),
        open=Decimal("279.02"),
        high=Decimal("284.6"),
        low=Decimal("278.11"),
        volume=71_754_061,
        value=1_402_118_335_200,
        advances=179,
        declines=109,
        unchanged=74,
        ceilings=8,
        floors=4,
        source="vndirect",
    )


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (NOW, "2026-08-21"),
        (datetime(2026, 8, 21, 1, 0, tzinfo=UTC), "2026-08-20"),
        (datetime(2026, 8, 21, 2, 0, tzinfo=UTC), "2026-08-21"),
        (datetime(2026, 8, 23, 5, 0, tzinfo=UTC), "2026-08-21"),
        (datetime(2026, 9, 2, 5, 0, tzinfo=UTC), "2026-08-28"),
    ],
)
def test_vndirect_is_asked_for_the_last_sessions_day(
    vndirect: VNDirect, upstreams: Upstreams, now: datetime, day: str
) -> None:
    vndirect.fetch_quotes(CODES, now)
    (call,) = upstreams.calls
    assert call.path == "/v4/vnmarket_prices"
    assert call.query == {"q": f"code:VNINDEX,VN30,HNX,HNX30,UPCOM~date:{day}", "size": "20"}


def test_a_day_that_vndirect_has_no_rows_for_is_a_problem_of_each_index(
    vndirect: VNDirect,
) -> None:
    reply = vndirect.fetch_quotes(CODES, datetime(2026, 8, 24, 8, 10, tzinfo=UTC))
    assert reply.quotes == ()
    assert reply.problems == dict.fromkeys(CODES, "no row for 2026-08-24")


VNDIRECT_ROWS: list[tuple[str, Any, str]] = [
    ("close", None, "close is missing"),
    ("close", 0, "close is not positive"),
    ("close", "1,768.12", "close is not a number"),
    ("change", None, "change is missing"),
    ("change", "x", "change is not a number"),
    ("change", 9999, "change does not fit the price"),
    ("close", "1" + "0" * 50, "close has too many digits"),
    ("open", "x", "open is not a number"),
    ("date", None, "date is missing"),
    ("time", None, "time is missing"),
    ("time", "15:06:61", "date and time is not a time"),
    ("time", {}, "date and time is not a time"),
    ("date", "21/08/2026", "date and time is not a time"),
    ("accumulatedVol", -1, "accumulatedVol is out of range"),
    ("advances", 1e9, "advances is out of range"),
]


@pytest.mark.parametrize(("name", "value", "reason"), VNDIRECT_ROWS)
def test_a_bad_field_of_vndirect_is_named_and_costs_one_index(
    vndirect: VNDirect, upstreams: Upstreams, name: str, value: Any, reason: str
) -> None:
    answer = fixture("vndirect/vnmarket_prices_ok.json")
    answer["data"][0][name] = value
    upstreams.script("vndirect.quotes", Reply(body=answer))
    reply = vndirect.fetch_quotes(CODES, NOW)
    assert reply.problems == {"HNXINDEX": reason}
    assert len(reply.quotes) == 4


def test_a_moment_before_all_calendars_is_a_problem_and_no_crash(
    vndirect: VNDirect, upstreams: Upstreams
) -> None:
    answer = fixture("vndirect/vnmarket_prices_ok.json")
    answer["data"][0] |= {"date": "0001-01-01", "time": "00:00:00"}
    upstreams.script("vndirect.quotes", Reply(body=answer))
    problems = vndirect.fetch_quotes(CODES, NOW).problems
    assert problems == {"HNXINDEX": "date and time is not a time"}


@pytest.mark.parametrize("name", ["open", "high", "low"])
@pytest.mark.parametrize("value", [None, 0])
def test_a_range_that_vndirect_does_not_know_is_unknown_and_never_zero(
    vndirect: VNDirect, upstreams: Upstreams, name: str, value: Any
) -> None:
    answer = fixture("vndirect/vnmarket_prices_ok.json")
    answer["data"][0][name] = value
    upstreams.script("vndirect.quotes", Reply(body=answer))
    quote = quotes_by_code(vndirect.fetch_quotes(CODES, NOW).quotes)["HNXINDEX"]
    assert getattr(quote, name) is None


@pytest.mark.parametrize(
    ("answer", "spot"),
    [
        ([], "data"),
        ({"data": None}, "data"),
        ({"data": {}}, "data"),
        ({"data": [None]}, "data[0].code"),
        ({"data": [{"code": 5}]}, "data[0].code"),
    ],
)
def test_vndirects_wrong_shape_is_named(
    vndirect: VNDirect, upstreams: Upstreams, answer: Any, spot: str
) -> None:
    upstreams.script("vndirect.quotes", Reply(body=answer))
    with pytest.raises(SourceInvalid) as caught:
        vndirect.fetch_quotes(CODES, NOW)
    assert caught.value.field == spot
    assert spot in caught.value.reason


# Whole answers that are no answer


@pytest.mark.parametrize(("reply", "kind", "reason"), WHOLE_REPLIES)
@pytest.mark.parametrize("name", list(QUOTE_SOURCES))
def test_each_useless_answer_has_its_kind_and_a_short_reason(
    upstreams: Upstreams, name: str, reply: Reply, kind: type[SourceError], reason: str
) -> None:
    upstreams.always(FIRST_CALLS[name], reply)
    with HttpClient(total_timeout=0.5) as client:
        means = Means(client, {name: upstreams.url}, {}, names_of(name))
        with pytest.raises(SourceError, match=reason) as caught:
            source(Kind.QUOTES, name, means).fetch_quotes(CODES, NOW)
    assert type(caught.value) is kind
    assert caught.value.source == name
    assert len(caught.value.reason) < 80
    assert upstreams.url not in str(caught.value)


def test_a_refusal_tells_how_long_to_stay_away(vndirect: VNDirect, upstreams: Upstreams) -> None:
    upstreams.script("vndirect.quotes", Reply(fixture="vndirect/error_429.json"))
    with pytest.raises(SourceRefused) as caught:
        vndirect.fetch_quotes(CODES, NOW)
    assert caught.value.retry_after == 30


# The registry


def test_each_registered_source_can_be_built_under_its_name() -> None:
    with HttpClient() as client:
        means = Means(client, DEFAULT_BASE_URLS, {}, {})
        for name in QUOTE_SOURCES:
            assert source(Kind.QUOTES, name, means).name == name
        for name in BAR_SOURCES:
            assert source(Kind.BARS, name, means).name == name


def test_each_index_has_its_name_at_each_source_of_indices() -> None:
    assert list(VENDOR_NAMES) == list(CODES)
    for names in VENDOR_NAMES.values():
        assert set(names) == {*QUOTE_SOURCES, *BAR_SOURCES, *PRICE_SOURCES}


def test_each_source_has_its_address_and_each_key_its_setting(settings: Settings) -> None:
    assert list(settings.MARKET_BASE_URLS) == list(SOURCES)
    assert set(settings.MARKET_BASE_URLS.values()) == {NOWHERE}
    assert settings.MARKET_API_KEYS == {"coingecko": ""}


def test_one_more_index_needs_its_names_and_no_code(upstreams: Upstreams) -> None:
    names = names_of("vietcap", {"VN100": {"vietcap": "VN100"}, "VN30": {"kbs": "VN30"}})
    assert names == {"VN100": "VN100"}
    row = fixture("vietcap/marketindex_getlist_ok_eod.json")[0] | {"symbol": "VN100"}
    upstreams.script("vietcap.quotes", Reply(body=[row]))
    with HttpClient() as client:
        means = Means(client, {"vietcap": upstreams.url}, {}, names)
        reply = source(Kind.QUOTES, "vietcap", means).fetch_quotes(["VN100", "VN30"], NOW)
    assert [quote.code for quote in reply.quotes] == ["VN100"]
    assert reply.problems == {"VN30": "not one of its indices"}


def test_two_sources_of_one_house_have_one_origin() -> None:
    with HttpClient() as client:
        means = Means(client, DEFAULT_BASE_URLS, {}, {})
        origins = {name: source(Kind.BARS, name, means).origin for name in BAR_SOURCES}
    assert origins == {name: name for name in BAR_SOURCES} | {"vndirect_chart": "vndirect"}


@pytest.mark.parametrize("name", ["nobody", "cafef", "binance"])
def test_a_source_that_gives_no_quotes_is_refused(name: str) -> None:
    with HttpClient() as client, pytest.raises(KeyError):
        source(Kind.QUOTES, name, Means(client, DEFAULT_BASE_URLS, {}, {}))
