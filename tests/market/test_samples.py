"""Every recorded sample of every vendor, with what our source must make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.sources.base import SourceError, SourceInvalid, SourceRefused, SourceUnavailable
from market.sources.chart import read_lists
from market.sources.crypto import COINS
from tests.market.vendors import CLOSED, CLOSES, CODES, FIXTURES, MORNING, Vendors
from tests.upstreams import Reply

FOLDERS = (
    "vietcap",
    "vndirect",
    "kbs",
    "dnse",
    "cafef",
    "binance",
    "coingecko",
    "coinpaprika",
    "alternative_me",
)
NO_REPLIES = {"binance/rsi14_expected.json"}  # expected values of the RSI's own tests


@dataclass(frozen=True)
class Failure:
    """The error that the sample must end in."""

    kind: type[SourceError]
    reason: str


def plain(number: Decimal) -> str:
    """The number without the zeros that one vendor writes and another does not."""
    return f"{number.normalize():f}"


Ask = Callable[[Vendors], object]


def quotes(name: str, *codes: str, now: datetime = CLOSED) -> Ask:
    """Price, previous close and time of day by code; the problem of each other code."""

    def ask(vendors: Vendors) -> object:
        reply = vendors.quotes(name).fetch_quotes(codes or CODES, now)
        assert reply.notes == {}
        found: dict[str, Any] = {
            quote.code: (
                plain(quote.price),
                plain(quote.previous_close),
                f"{quote.as_of.astimezone(UTC):%d %H:%M:%S}",
            )
            for quote in reply.quotes
        }
        return found | reply.problems

    return ask


def prices(name: str) -> Ask:
    def ask(vendors: Vendors) -> object:
        reply = vendors.prices(name).fetch_prices(CODES, CLOSED)
        assert {price.as_of for price in reply.prices} <= {None}
        found: dict[str, Any] = {
            price.code: (plain(price.price), plain(price.previous_close), price.value)
            for price in reply.prices
        }
        return found | reply.problems

    return ask


def bars(name: str, *codes: str) -> Ask:
    """Day of the month and close by code; the problem of each other code."""

    def ask(vendors: Vendors) -> object:
        reply = vendors.bars(name).fetch_bars(codes, 260, CLOSED)
        found: dict[str, Any] = {
            code: [(bar.day.day, plain(bar.close)) for bar in rows]
            for code, rows in reply.bars.items()
        }
        return found | reply.problems

    return ask


def coins(name: str) -> Ask:
    def ask(vendors: Vendors) -> object:
        reply = vendors.coins(name).fetch_coins(COINS, MORNING)
        found: dict[str, Any] = {coin.coin: plain(coin.price) for coin in reply.coins}
        return found | reply.problems

    return ask


def daily_closes(vendors: Vendors) -> object:
    closes = vendors.closes("binance").fetch_daily_closes("btc", 200, MORNING)
    return len(closes), [plain(close) for close in closes[-1:]]


def market(name: str) -> Ask:
    def ask(vendors: Vendors) -> object:
        found = vendors.market(name).fetch_global(MORNING)
        share = None if found.eth_share is None else str(round(found.eth_share, 2))
        return plain(found.market_cap), str(found.btc_share), share, found.problems

    return ask


def sentiment(vendors: Vendors) -> object:
    found = vendors.sentiment("alternative_me").fetch_sentiment(MORNING)
    return found.value, MORNING - found.as_of < timedelta(days=2)


def minutes(vendors: Vendors) -> object:
    """The gap-chart by minute, which no source of ours asks for: its lists alone."""
    url = f"{vendors.base_urls['vietcap']}/api/chart/OHLCChart/gap-chart"
    (chart,) = vendors.client.json("POST", url, body={"timeFrame": "ONE_MINUTE"})
    rows = read_lists("vietcap", chart, chart["symbol"])
    return [(f"{row.start:%H:%M}", plain(row.close)) for row in rows[-2:]]


def at(moment: str) -> dict[str, tuple[str, str, str]]:
    """The replayed close, at one time for all."""
    return {
        code: (plain(Decimal(price)), plain(Decimal(before)), moment)
        for code, (price, before) in CLOSES.items()
    }


EOD = at("21 07:45:59")
VALUES = {
    "VNINDEX": 23_412_880_000_000,
    "VN30": 13_120_460_000_000,
    "HNXINDEX": 1_402_120_000_000,
    "HNX30": 1_150_420_000_000,
    "UPCOMINDEX": 612_050_000_000,
}
DAYS = [(19, "1737.6"), (20, "1734.24"), (21, "1768.12")]
COIN_PRICES = {
    "btc": "98450.12",
    "eth": "3621.77",
    "sol": "201.34",
    "xrp": "2.4415",
    "ada": "0.8123",
    "link": "19.42",
    "bnb": "884.6",
}
REFUSED_403 = Failure(SourceRefused, "refused with status 403")
REFUSED_429 = Failure(SourceRefused, "refused with status 429")
EMPTY_LIST = Failure(SourceInvalid, "answered with an empty list")

vietcap, vndirect = quotes("vietcap"), quotes("vndirect")
# The sample, the endpoint that answers with it, the question, and what must come out
CASES: list[tuple[str, str, Ask, object]] = [
    ("vietcap/marketindex_getlist_ok_eod.json", "vietcap.quotes", vietcap, EOD),
    (
        "vietcap/marketindex_getlist_ok_intraday.json",
        "vietcap.quotes",
        vietcap,
        {
            "VNINDEX": ("1766.01", "1734.24", "21 03:21:04"),
            "VN30": ("1925.68", "1887.06", "21 03:21:04"),
            "HNXINDEX": ("281.96", "278.55", "21 03:21:04"),
            "HNX30": ("610.24", "598.8", "21 03:21:04"),
            "UPCOMINDEX": ("126.07", "127.55", "21 03:21:04"),
        },
    ),
    ("vietcap/marketindex_getlist_lunch.json", "vietcap.quotes", vietcap, at("21 04:30:00")),
    (
        "vietcap/marketindex_getlist_partial_missing_hnx30.json",
        "vietcap.quotes",
        vietcap,
        EOD | {"HNX30": "not in the answer"},
    ),
    (
        "vietcap/marketindex_getlist_null_price.json",
        "vietcap.quotes",
        vietcap,
        EOD | {"HNXINDEX": "price is missing"},
    ),
    ("vietcap/marketindex_getlist_empty.json", "vietcap.quotes", vietcap, EMPTY_LIST),
    (
        "vietcap/gap_chart_ok_1d.json",
        "vietcap.bars",
        bars("vietcap", "VNINDEX", "VN30", "HNX30"),
        {
            "VNINDEX": DAYS,
            "VN30": [(19, "1890.44"), (20, "1887.06"), (21, "1927.79")],
            "HNX30": "not in the answer",
        },
    ),
    (
        "vietcap/gap_chart_ok_1m.json",
        "vietcap.bars",
        minutes,
        [("03:22", "1764.34"), ("03:23", "1763.7")],
    ),
    ("vietcap/gap_chart_empty.json", "vietcap.bars", bars("vietcap", "VNINDEX"), EMPTY_LIST),
    ("vietcap/error_403_waf_html.json", "vietcap.quotes", vietcap, REFUSED_403),
    (
        "vietcap/error_400.json",
        "vietcap.quotes",
        vietcap,
        Failure(SourceInvalid, "answered with status 400"),
    ),
    (
        "vietcap/error_503.json",
        "vietcap.quotes",
        vietcap,
        Failure(SourceUnavailable, "answered with status 503"),
    ),
    (
        "vietcap/error_200_empty_object.json",
        "vietcap.quotes",
        vietcap,
        Failure(SourceInvalid, "expected a list of indices (answer)"),
    ),
    ("vndirect/vnmarket_prices_ok.json", "vndirect.quotes", vndirect, at("21 08:06:06")),
    ("vndirect/vnmarket_prices_intraday.json", "vndirect.quotes", vndirect, at("21 03:21:05")),
    (
        "vndirect/vnmarket_prices_empty.json",
        "vndirect.quotes",
        vndirect,
        dict.fromkeys(CODES, "no row for 2026-08-21"),
    ),
    (
        "vndirect/change_prices_ok.json",  # another call's answer: rows of other fields
        "vndirect.quotes",
        vndirect,
        dict.fromkeys(CODES, "no row for 2026-08-21")
        | dict.fromkeys(["VNINDEX", "HNXINDEX"], "close is missing"),
    ),
    (
        "vndirect/dchart_history_ok_D.json",
        "vndirect_chart.bars",
        bars("vndirect_chart", "VNINDEX"),
        {"VNINDEX": DAYS},
    ),
    (
        "vndirect/dchart_history_empty.json",
        "vndirect_chart.bars",
        bars("vndirect_chart", "VNINDEX"),
        {"VNINDEX": []},
    ),
    ("vndirect/error_403_geo.json", "vndirect.quotes", vndirect, REFUSED_403),
    ("vndirect/error_429.json", "vndirect.quotes", vndirect, REFUSED_429),
    (
        "vndirect/error_timeout_note.json",
        "vndirect.quotes",
        vndirect,
        Failure(SourceUnavailable, "cut the connection"),
    ),
    ("kbs/index_data_day_ok.json", "kbs.days", bars("kbs", "VNINDEX"), {"VNINDEX": DAYS}),
    (
        "kbs/index_data_1P_ok.json",
        "kbs.minutes",
        quotes("kbs", "VNINDEX", now=MORNING + timedelta(minutes=3)),
        {"VNINDEX": ("1763.7", "1734.24", "21 03:24:00")},
    ),
    ("kbs/index_data_day_empty.json", "kbs.days", bars("kbs", "VNINDEX"), {"VNINDEX": []}),
    (
        "kbs/index_stale_bar.json",
        "kbs.days",
        bars("kbs", "VNINDEX"),
        {"VNINDEX": [(19, "1737.6"), (20, "1734.24")]},
    ),
    (
        "dnse/ohlcs_index_1m_ok.json",  # as day bars: one day, its minute of most volume
        "dnse.charts",
        bars("dnse", "VNINDEX"),
        {"VNINDEX": [(21, "1764.63")]},
    ),
    (
        "dnse/ohlcs_index_1d_duplicate_day.json",
        "dnse.charts",
        bars("dnse", "VNINDEX"),
        {"VNINDEX": DAYS[1:]},
    ),
    (
        "dnse/ohlcs_index_null_close.json",
        "dnse.charts",
        bars("dnse", "VNINDEX"),
        {"VNINDEX": [(21, "1765.6")]},
    ),
    (
        "dnse/ohlcs_index_empty.json",
        "dnse.charts",
        quotes("dnse", "VNINDEX"),
        {"VNINDEX": "no minute bar"},
    ),
    (
        "dnse/error_400_invalid_symbol.json",
        "dnse.charts",
        quotes("dnse", "VNINDEX"),
        Failure(SourceInvalid, "answered with status 400"),
    ),
    (
        "cafef/stockhandler_index_true_ok.json",
        "cafef.prices",
        prices("cafef"),
        {code: (*EOD[code][:2], VALUES[code]) for code in CODES},
    ),
    (
        "cafef/stockhandler_index_true_negative.json",
        "cafef.prices",
        prices("cafef"),
        dict.fromkeys(CODES, "not in the answer")
        | {"VNINDEX": ("1892.75", "1901.1", 10_325_380_000_000)},
    ),
    ("cafef/stockhandler_index_true_empty.json", "cafef.prices", prices("cafef"), EMPTY_LIST),
    ("binance/ticker_24hr_ok.json", "binance.tickers", coins("binance"), COIN_PRICES),
    (
        "binance/klines_btcusdt_1d_ok.json",
        "binance.candles",
        daily_closes,
        (69, ["106279.87"]),
    ),
    ("binance/klines_empty.json", "binance.candles", daily_closes, (0, [])),
    (
        "binance/error_451_restricted.json",
        "binance.tickers",
        coins("binance"),
        Failure(SourceRefused, "refused with status 451"),
    ),
    ("binance/error_429.json", "binance.tickers", coins("binance"), REFUSED_429),
    (
        "binance/error_400_bad_symbol.json",
        "binance.tickers",
        coins("binance"),
        Failure(SourceInvalid, "answered with status 400"),
    ),
    (
        "binance/error_200_truncated.json",
        "binance.tickers",
        coins("binance"),
        Failure(SourceInvalid, "answered with text that is not JSON"),
    ),
    (
        "coingecko/global_ok.json",
        "coingecko.global",
        market("coingecko"),
        ("3446960000000", "56.98", "12.68", {}),
    ),
    ("coingecko/simple_price_ok.json", "coingecko.prices", coins("coingecko"), COIN_PRICES),
    (
        "coingecko/coins_markets_ok.json",  # another call's answer
        "coingecko.prices",
        coins("coingecko"),
        Failure(SourceInvalid, "expected an object (answer)"),
    ),
    ("coingecko/error_429.json", "coingecko.global", market("coingecko"), REFUSED_429),
    (
        "coingecko/error_401_10002.json",
        "coingecko.prices",
        coins("coingecko"),
        Failure(SourceRefused, "refused with status 401"),
    ),
    (
        "coinpaprika/global_ok.json",
        "coinpaprika.global",
        market("coinpaprika"),
        ("3446960000000", "56.98", "12.68", {}),
    ),
    (
        "coinpaprika/ticker_eth_ok.json",
        "coinpaprika.ether",
        market("coinpaprika"),
        ("3446960000000", "56.98", "12.68", {}),
    ),
    (
        "coinpaprika/error_402.json",
        "coinpaprika.global",
        market("coinpaprika"),
        Failure(SourceRefused, "refused with status 402"),
    ),
    ("coinpaprika/error_429.json", "coinpaprika.global", market("coinpaprika"), REFUSED_429),
    (
        "coinpaprika/error_404.json",
        "coinpaprika.ether",
        market("coinpaprika"),
        ("3446960000000", "56.98", None, {"eth_share": "answered with status 404"}),
    ),
    ("alternative_me/fng_ok.json", "alternative_me.index", sentiment, (62, True)),
    ("alternative_me/fng_stale.json", "alternative_me.index", sentiment, (62, False)),
    (
        "alternative_me/error_502_html.json",
        "alternative_me.index",
        sentiment,
        Failure(SourceUnavailable, "answered with status 502"),
    ),
]


@pytest.mark.parametrize(
    ("sample", "endpoint", "ask", "expected"), CASES, ids=[case[0] for case in CASES]
)
def test_each_sample_comes_out_as_expected(
    vendors: Vendors, sample: str, endpoint: str, ask: Ask, expected: object
) -> None:
    vendors.upstreams.always(endpoint, Reply(fixture=sample))
    if not isinstance(expected, Failure):
        assert ask(vendors) == expected
        return
    with pytest.raises(SourceError) as caught:
        ask(vendors)
    assert (type(caught.value), caught.value.reason) == (expected.kind, expected.reason)


def test_no_sample_is_left_out() -> None:
    samples = {
        f"{folder}/{path.name}" for folder in FOLDERS for path in (FIXTURES / folder).iterdir()
    }
    assert {case[0] for case in CASES} == samples - NO_REPLIES
