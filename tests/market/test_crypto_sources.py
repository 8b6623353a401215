"""The crypto sources: prices, daily closes for the RSI, the whole market, fear and greed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.http import HttpClient
from market.indicators import rsi
from market.sources import COIN_SOURCES, DEFAULT_BASE_URLS, GLOBAL_SOURCES, Kind, Means, source
from market.sources.base import SourceError, SourceInvalid
from market.sources.crypto import COINS, Coin, GlobalMarket, Sentiment
from tests.market.vendors import CLOSED, MORNING, Vendors, fixture
from tests.upstreams import Reply
from tests.upstreams.scenarios import SCENARIOS

PRICES = {
    "btc": ("98450.12", "1.842"),
    "eth": ("3621.77", "-0.935"),
    "sol": ("201.34", "2.411"),
    "xrp": ("2.4415", "0.318"),
    "ada": ("0.8123", "-1.207"),
    "link": ("19.42", "0.774"),
    "bnb": ("884.6", "0.122"),
}
CALLS = {"binance": "binance.tickers", "coingecko": "coingecko.prices"}


@pytest.fixture
def morning(vendors: Vendors) -> Vendors:
    """The vendors at 10:21 in Vietnam, when the samples were taken."""
    vendors.upstreams.scenario = "intraday"
    return vendors


# Coin prices


@pytest.mark.parametrize("name", COIN_SOURCES)
def test_one_call_gives_all_seven_coins_in_dollars(morning: Vendors, name: str) -> None:
    reply = morning.coins(name).fetch_coins(COINS, MORNING)
    assert reply.problems == {}
    assert {coin.coin: (coin.price, coin.change_24h) for coin in reply.coins} == {
        coin: (Decimal(price), Decimal(change)) for coin, (price, change) in PRICES.items()
    }
    assert {coin.source for coin in reply.coins} == {name}
    assert len(morning.upstreams.calls) == 1


@pytest.mark.parametrize(
    ("name", "as_of"),
    [
        ("binance", datetime(2026, 8, 21, 3, 21, 5, tzinfo=UTC)),
        ("coingecko", datetime(2026, 8, 21, 3, 20, 30, tzinfo=UTC)),
    ],
)
def test_a_coin_carries_the_vendors_time_to_the_second(
    morning: Vendors, name: str, as_of: datetime
) -> None:
    (coin,) = morning.coins(name).fetch_coins(["btc"], MORNING).coins
    assert coin == Coin("btc", Decimal("98450.12"), Decimal("1.842"), as_of, name)


def test_binance_is_asked_for_its_symbols_without_blanks(morning: Vendors) -> None:
    morning.coins("binance").fetch_coins(["btc", "bnb"], MORNING)
    (call,) = morning.upstreams.calls
    assert call.path == "/api/v3/ticker/24hr"
    assert call.query == {"symbols": '["BTCUSDT","BNBUSDT"]'}


def test_coingecko_is_asked_for_price_change_and_time_in_dollars(morning: Vendors) -> None:
    morning.coins("coingecko").fetch_coins(["xrp", "link"], MORNING)
    (call,) = morning.upstreams.calls
    assert call.path.endswith("/simple/price")
    assert call.query == {
        "ids": "ripple,chainlink",
        "vs_currencies": "usd",
        "include_24hr_change": "true",
        "include_last_updated_at": "true",
    }


@pytest.mark.parametrize("name", COIN_SOURCES)
def test_a_coin_that_nobody_knows_is_a_problem_and_is_not_asked_for(
    morning: Vendors, name: str
) -> None:
    reply = morning.coins(name).fetch_coins(["doge"], MORNING)
    assert reply.problems == {"doge": "not one of its coins"}
    assert morning.upstreams.calls == []


BAD_COINS: list[tuple[str, str, Any, str]] = [
    ("binance", "lastPrice", "0.00", "lastPrice is not positive"),
    ("binance", "lastPrice", None, "lastPrice is missing"),
    ("binance", "lastPrice", "1e999999999", "lastPrice is out of range"),
    ("binance", "priceChangePercent", "-100.1", "priceChangePercent is out of range"),
    ("binance", "closeTime", 1787282465, "closeTime is out of range"),  # seconds
    ("binance", "closeTime", None, "closeTime is missing"),
    ("coingecko", "usd", 0, "usd is not positive"),
    ("coingecko", "usd", "high", "usd is not a number"),
    ("coingecko", "usd_24h_change", [], "usd_24h_change is not a number"),
    ("coingecko", "last_updated_at", 1787282430000, "last_updated_at is out of range"),
    ("coingecko", "last_updated_at", 17, "last_updated_at is out of range"),
]


@pytest.mark.parametrize(("name", "field", "value", "reason"), BAD_COINS)
def test_a_bad_field_costs_one_coin_and_is_named(
    morning: Vendors, name: str, field: str, value: Any, reason: str
) -> None:
    if name == "binance":
        answer = fixture("binance/ticker_24hr_ok.json")
        answer[1][field] = value
    else:
        answer = fixture("coingecko/simple_price_ok.json")
        answer["ethereum"][field] = value
    morning.upstreams.script(CALLS[name], Reply(body=answer))
    reply = morning.coins(name).fetch_coins(COINS, MORNING)
    assert reply.problems == {"eth": reason}
    assert len(reply.coins) == 6


def test_a_change_that_coingecko_does_not_know_is_unknown(morning: Vendors) -> None:
    answer = fixture("coingecko/simple_price_ok.json")
    answer["bitcoin"]["usd_24h_change"] = None
    morning.upstreams.script("coingecko.prices", Reply(body=answer))
    (coin,) = morning.coins("coingecko").fetch_coins(["btc"], MORNING).coins
    assert coin.change_24h is None


@pytest.mark.parametrize(
    ("name", "answer", "reason"),
    [
        ("binance", {}, "expected a list of tickers"),
        ("binance", [{"lastPrice": "1"}], "a row has no symbol"),
        ("coingecko", [], "expected an object"),
    ],
)
def test_a_wrong_shape_of_prices_is_named(
    morning: Vendors, name: str, answer: Any, reason: str
) -> None:
    morning.upstreams.script(CALLS[name], Reply(body=answer))
    with pytest.raises(SourceInvalid, match=reason):
        morning.coins(name).fetch_coins(COINS, MORNING)


# Daily closes and the RSI


def test_the_rsi_of_the_closed_days_is_the_samples(morning: Vendors) -> None:
    expected = fixture("binance/rsi14_expected.json")["klines_btcusdt_1d_ok.json"]
    closes = morning.closes("binance").fetch_daily_closes("btc", 200, MORNING)
    assert len(closes) == expected["bars_used_closed"] == 69
    found = rsi(closes)
    assert found is not None
    assert float(found) == pytest.approx(expected["closed_bars_only"], abs=5e-5)
    (call,) = morning.upstreams.calls
    assert call.query == {"symbol": "BTCUSDT", "interval": "1d", "limit": "201"}


def test_the_rsi_with_the_open_day_would_differ(morning: Vendors) -> None:
    expected = fixture("binance/rsi14_expected.json")["klines_btcusdt_1d_ok.json"]
    midnight = datetime(2026, 8, 22, tzinfo=UTC)  # the sample's last day is over, just
    closes = morning.closes("binance").fetch_daily_closes("btc", 200, midnight)
    found = rsi(closes)
    assert found is not None
    assert float(found) == pytest.approx(expected["including_open_bar"], abs=5e-5)


@pytest.mark.parametrize("name", ["textbook_vector", "all_up", "all_down", "flat"])
def test_the_rsi_of_the_vectors(name: str) -> None:
    vector = fixture("binance/rsi14_expected.json")[name]
    closes = [Decimal(str(close)) for close in vector["closes"]]
    expected = vector.get("rsi14") or [vector["rsi14_last"]]
    found = [rsi(closes[: len(closes) - back]) for back in reversed(range(len(expected)))]
    assert [None if value is None else round(float(value), 2) for value in found] == expected


def test_a_day_counts_from_the_moment_it_is_over(morning: Vendors) -> None:
    source = morning.closes("binance")
    last = datetime(2026, 8, 21, 23, 59, 59, 999_000, tzinfo=UTC)
    assert len(source.fetch_daily_closes("btc", 200, last)) == 69
    assert len(source.fetch_daily_closes("btc", 200, last + timedelta(milliseconds=1))) == 70


def test_no_more_closes_than_asked_for_the_newest_of_them(morning: Vendors) -> None:
    rows = fixture("binance/klines_btcusdt_1d_ok.json")
    closes = morning.closes("binance").fetch_daily_closes("btc", 15, MORNING)
    assert closes == tuple(Decimal(row[4]) for row in rows[-16:-1])


def test_a_history_that_stops_short_of_yesterday_is_refused(morning: Vendors) -> None:
    source = morning.closes("binance")
    with pytest.raises(SourceInvalid, match="the last finished day is missing"):
        source.fetch_daily_closes("btc", 15, datetime(2026, 8, 23, 1, 0, tzinfo=UTC))


def test_no_candles_are_no_closes_and_no_rsi(morning: Vendors) -> None:
    morning.upstreams.script("binance.candles", Reply(fixture="binance/klines_empty.json"))
    closes = morning.closes("binance").fetch_daily_closes("btc", 15, MORNING)
    assert closes == ()
    assert rsi(closes) is None


@pytest.mark.parametrize(
    ("position", "value", "reason"),
    [
        (4, "0", "close is not positive"),
        (4, None, "close is missing"),
        (4, "x", "close is not a number"),
        (6, 1787184000, "close time is out of range"),
        (6, 1787097599999, "does not follow the day before"),
        (6, None, "close time is missing"),
    ],
)
def test_a_bad_candle_names_its_place(
    morning: Vendors, position: int, value: Any, reason: str
) -> None:
    rows = fixture("binance/klines_btcusdt_1d_ok.json")
    rows[40][position] = value
    morning.upstreams.script("binance.candles", Reply(body=rows))
    with pytest.raises(SourceInvalid, match=reason) as caught:
        morning.closes("binance").fetch_daily_closes("btc", 15, MORNING)
    assert caught.value.field == "[40]"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [({}, "expected a list"), ([[1, 2]], "not a candle"), ([{}], "not a candle")],
)
def test_a_wrong_shape_of_candles_is_named(morning: Vendors, answer: Any, reason: str) -> None:
    morning.upstreams.script("binance.candles", Reply(body=answer))
    with pytest.raises(SourceInvalid, match=reason):
        morning.closes("binance").fetch_daily_closes("btc", 15, MORNING)


@pytest.mark.parametrize("change", ["missing", "doubled", "swapped"])
def test_days_that_do_not_follow_each_other_are_refused(morning: Vendors, change: str) -> None:
    rows = fixture("binance/klines_btcusdt_1d_ok.json")
    if change == "missing":
        del rows[40]
    elif change == "doubled":
        rows.insert(40, rows[39])
    else:
        rows[40], rows[41] = rows[41], rows[40]
    morning.upstreams.script("binance.candles", Reply(body=rows))
    with pytest.raises(SourceInvalid, match="does not follow the day before") as caught:
        morning.closes("binance").fetch_daily_closes("btc", 15, MORNING)
    assert caught.value.field == "[40]"


# The whole market

WHOLE = GlobalMarket(
    market_cap=Decimal("3446960000000"),
    volume_24h=Decimal("138061000000"),
    market_cap_change_24h=Decimal("1.2034"),
    btc_share=Decimal("56.98"),
    eth_share=Decimal("12.68"),
    as_of=datetime(2026, 8, 21, 3, 16, 11, tzinfo=UTC),
    source="coingecko",
    problems={},
)


def test_coingecko_gives_the_whole_market(morning: Vendors) -> None:
    assert morning.market("coingecko").fetch_global(MORNING) == WHOLE


def test_coinpaprika_gives_the_same_and_works_ethers_share_out(morning: Vendors) -> None:
    found = morning.market("coinpaprika").fetch_global(MORNING)
    assert found.eth_share is not None
    assert round(found.eth_share, 2) == WHOLE.eth_share
    assert replace(found, eth_share=WHOLE.eth_share) == replace(
        WHOLE,
        market_cap_change_24h=Decimal("1.2"),
        as_of=datetime(2026, 8, 21, 3, 20, tzinfo=UTC),
        source="coinpaprika",
    )


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(fixture="coinpaprika/error_404.json"), "answered with status 404"),
        (Reply(fixture="coinpaprika/error_402.json"), "refused with status 402"),
        (Reply(body={}), "quotes is missing"),
        (Reply(body={"quotes": {"USD": {}}}), "market_cap is missing"),
        (Reply(body={"quotes": {"USD": {"market_cap": 10**13}}}), "is larger than the market's"),
        (Reply(body=[]), "ticker is not an object"),
    ],
)
def test_without_ether_the_rest_stands_and_the_reason_is_told(
    morning: Vendors, reply: Reply, reason: str
) -> None:
    morning.upstreams.always("coinpaprika.ether", reply)
    found = morning.market("coinpaprika").fetch_global(MORNING)
    assert (found.market_cap, found.btc_share) == (WHOLE.market_cap, WHOLE.btc_share)
    assert found.eth_share is None
    assert reason in found.problems["eth_share"]


MISSING: list[tuple[str, str, str]] = [
    ("total_volume", "volume_24h", "total_volume is missing"),
    ("market_cap_change_percentage_24h_usd", "market_cap_change_24h", "is missing"),
    ("market_cap_percentage", "btc_share", "market_cap_percentage is missing"),
    ("market_cap_percentage", "eth_share", "market_cap_percentage is missing"),
]


@pytest.mark.parametrize(("field", "figure", "reason"), MISSING)
def test_a_figure_that_coingecko_lacks_is_none_with_a_reason(
    morning: Vendors, field: str, figure: str, reason: str
) -> None:
    answer = fixture("coingecko/global_ok.json")
    del answer["data"][field]
    morning.upstreams.script("coingecko.global", Reply(body=answer))
    found = morning.market("coingecko").fetch_global(MORNING)
    assert getattr(found, figure) is None
    assert reason in found.problems[figure]
    assert found.market_cap == WHOLE.market_cap


@pytest.mark.parametrize(
    ("name", "fault", "reason"),
    [
        ("coingecko", {"total_market_cap": {"usd": 0}}, "usd is not positive"),
        ("coingecko", {"total_market_cap": {"vnd": 5}}, "usd is missing"),
        ("coingecko", {"total_market_cap": 5}, "total_market_cap is not an object"),
        ("coingecko", {"updated_at": None}, "updated_at is missing"),
        ("coinpaprika", {"market_cap_usd": -1}, "market_cap_usd is not positive"),
        ("coinpaprika", {"last_updated": "2026"}, "last_updated is out of range"),
    ],
)
def test_a_market_without_its_size_or_its_time_is_refused(
    morning: Vendors, name: str, fault: dict[str, Any], reason: str
) -> None:
    answer = fixture(f"{name}/global_ok.json")
    (answer["data"] if name == "coingecko" else answer).update(fault)
    morning.upstreams.script(f"{name}.global", Reply(body=answer))
    with pytest.raises(SourceInvalid, match=reason):
        morning.market(name).fetch_global(MORNING)


@pytest.mark.parametrize("value", [-0.1, 100.1])
def test_a_share_outside_of_0_to_100_percent_is_unknown(morning: Vendors, value: float) -> None:
    answer = fixture("coinpaprika/global_ok.json") | {"bitcoin_dominance_percentage": value}
    morning.upstreams.script("coinpaprika.global", Reply(body=answer))
    found = morning.market("coinpaprika").fetch_global(MORNING)
    assert found.btc_share is None
    assert found.problems == {"btc_share": "bitcoin_dominance_percentage is out of range"}


# Fear and greed


def test_fear_and_greed_carries_its_day(morning: Vendors) -> None:
    found = morning.sentiment("alternative_me").fetch_sentiment(MORNING)
    assert found == Sentiment(62, datetime(2026, 8, 21, tzinfo=UTC), "alternative_me")
    (call,) = morning.upstreams.calls
    assert (call.path, call.query) == ("/fng/", {"limit": "1"})


def test_an_old_fear_and_greed_tells_its_age(morning: Vendors) -> None:
    morning.upstreams.script("alternative_me.index", Reply(fixture="alternative_me/fng_stale.json"))
    found = morning.sentiment("alternative_me").fetch_sentiment(MORNING)
    assert found.as_of == datetime(2026, 8, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "expected a list of values"),
        (None, "expected a list of values"),
        ([[]], "expected a list of values"),
        ([{"value": "101", "timestamp": "1787270400"}], "value is out of range"),
        ([{"value": "-1", "timestamp": "1787270400"}], "value is out of range"),
        ([{"value": "50.5", "timestamp": "1787270400"}], "value is not whole"),
        ([{"value": None, "timestamp": "1787270400"}], "value is missing"),
        ([{"value": "50"}], "timestamp is missing"),
        ([{"value": "50", "timestamp": "today"}], "timestamp is not a number"),
    ],
)
def test_a_bad_fear_and_greed_is_refused(morning: Vendors, rows: Any, reason: str) -> None:
    morning.upstreams.script("alternative_me.index", Reply(body={"data": rows}))
    with pytest.raises(SourceInvalid, match=reason):
        morning.sentiment("alternative_me").fetch_sentiment(MORNING)


# The registry and the scenarios


@pytest.mark.parametrize("name", ["vietcap", "binance", "nobody"])
def test_a_source_that_gives_no_whole_market_is_refused(name: str) -> None:
    with HttpClient() as client, pytest.raises(KeyError):
        source(Kind.GLOBAL, name, Means(client, DEFAULT_BASE_URLS, {}))


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if SCENARIOS[name].clock])
def test_the_upstreams_follow_the_scenarios_clock(vendors: Vendors, scenario: str) -> None:
    vendors.upstreams.scenario = scenario
    now = datetime.fromisoformat(SCENARIOS[scenario].clock)
    if scenario in {"blocked", "down", "empty"}:
        for name in GLOBAL_SOURCES:
            with pytest.raises(SourceError):
                vendors.market(name).fetch_global(now)
        return
    (coin,) = vendors.coins("binance").fetch_coins(["ada"], now).coins
    whole = vendors.market("coinpaprika").fetch_global(now)
    assert now - coin.as_of == timedelta(seconds=25)
    assert now - whole.as_of == timedelta(seconds=90)
    assert vendors.sentiment("alternative_me").fetch_sentiment(now).as_of.date() == now.date()
    assert len(vendors.closes("binance").fetch_daily_closes("eth", 60, now)) == 60


def test_after_the_close_in_vietnam_crypto_goes_on(vendors: Vendors) -> None:
    reply = vendors.coins("coingecko").fetch_coins(COINS, CLOSED)
    assert {coin.as_of for coin in reply.coins} == {CLOSED - timedelta(seconds=60)}
