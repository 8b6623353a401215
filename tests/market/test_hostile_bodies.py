"""Whatever a vendor sends, a source gives believable values or a SourceError: nothing else.

Bodies are samples with something wrong in them, JSON of no sense, and bytes of none.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from market import http
from market.sources import Kind, Means, Source, source
from market.sources.base import (
    BarReply,
    PriceReply,
    QuoteReply,
    SourceError,
    SourcePrice,
    SourceQuote,
)
from market.sources.codes import names_of
from market.sources.crypto import COINS, CoinReply, GlobalMarket, Sentiment
from tests.market.vendors import CLOSED, CODES, FIXTURES, MORNING

pytestmark = pytest.mark.slow


class Canned(http.HttpClient):
    """The bounded client with a body at hand in place of a network, parsed as ever."""

    def __init__(self, bodies: Mapping[str, bytes]) -> None:
        self._bodies = bodies  # and no session: nothing is asked

    def json(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        wanted = f"{url}?{dict(params or {})}"
        content = next(content for part, content in self._bodies.items() if part in wanted)
        return http._parse(content)


@dataclass(frozen=True)
class Parser:
    """A question to a source: the sample that is spoilt, and the sound ones beside it."""

    sample: str
    ask: Callable[[Canned], object]
    part: str = ""  # of the address that gets the spoilt answer; all do by default
    sound: Mapping[str, str] = field(default_factory=dict)


def asked(kind: Kind[Source], name: str, client: Canned) -> Source:
    return source(kind, name, Means(client, {name: "http://upstream"}, {}, names_of(name) or None))


def quotes(name: str) -> Callable[[Canned], object]:
    return lambda client: asked(Kind.QUOTES, name, client).fetch_quotes(CODES, CLOSED)


def bars(name: str) -> Callable[[Canned], object]:
    return lambda client: asked(Kind.BARS, name, client).fetch_bars(CODES, 260, CLOSED)


def prices(client: Canned) -> object:
    return asked(Kind.PRICES, "cafef", client).fetch_prices(CODES, CLOSED)


def coins(name: str) -> Callable[[Canned], object]:
    return lambda client: asked(Kind.COINS, name, client).fetch_coins(COINS, MORNING)


def market(name: str) -> Callable[[Canned], object]:
    return lambda client: asked(Kind.GLOBAL, name, client).fetch_global(MORNING)


def daily_closes(client: Canned) -> object:
    return asked(Kind.CLOSES, "binance", client).fetch_daily_closes("btc", 60, MORNING)


def sentiment(client: Canned) -> object:
    return asked(Kind.SENTIMENT, "alternative_me", client).fetch_sentiment(MORNING)


KBS_DAYS, KBS_MINUTES = "kbs/index_data_day_ok.json", "kbs/index_data_1P_ok.json"
DNSE_DAYS, DNSE_MINUTES = "dnse/ohlcs_index_1d_duplicate_day.json", "dnse/ohlcs_index_1m_ok.json"
PAPRIKA, ETHER = "coinpaprika/global_ok.json", "coinpaprika/ticker_eth_ok.json"
PARSERS = {
    "vietcap quotes": Parser("vietcap/marketindex_getlist_ok_eod.json", quotes("vietcap")),
    "vietcap bars": Parser("vietcap/gap_chart_ok_1d.json", bars("vietcap")),
    "vndirect quotes": Parser("vndirect/vnmarket_prices_ok.json", quotes("vndirect")),
    "vndirect_chart bars": Parser("vndirect/dchart_history_ok_D.json", bars("vndirect_chart")),
    "kbs minutes": Parser(KBS_MINUTES, quotes("kbs"), "data_1P", {"data_day": KBS_DAYS}),
    "kbs days": Parser(KBS_DAYS, quotes("kbs"), "data_day", {"data_1P": KBS_MINUTES}),
    "kbs bars": Parser(KBS_DAYS, bars("kbs")),
    "dnse minutes": Parser(DNSE_MINUTES, quotes("dnse"), "'1'", {"'1D'": DNSE_DAYS}),
    "dnse days": Parser(DNSE_DAYS, quotes("dnse"), "'1D'", {"'1'": DNSE_MINUTES}),
    "dnse bars": Parser(DNSE_DAYS, bars("dnse")),
    "cafef prices": Parser("cafef/stockhandler_index_true_ok.json", prices),
    "binance tickers": Parser("binance/ticker_24hr_ok.json", coins("binance")),
    "binance candles": Parser("binance/klines_btcusdt_1d_ok.json", daily_closes),
    "coingecko global": Parser("coingecko/global_ok.json", market("coingecko")),
    "coingecko prices": Parser("coingecko/simple_price_ok.json", coins("coingecko")),
    "coinpaprika global": Parser(PAPRIKA, market("coinpaprika"), "global", {"tickers": ETHER}),
    "coinpaprika ether": Parser(ETHER, market("coinpaprika"), "tickers", {"global": PAPRIKA}),
    "alternative_me index": Parser("alternative_me/fng_ok.json", sentiment),
}


# What may stand where something else should

numbers = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, -1, 1e308, 5e-324, 10**30, -(10**30), 1787270400, 1787270400000, 10**11]),
)
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "NaN",
            "-Infinity",
            "sNaN",
            "1e999999999",
            "-1e-999999999",
            "1_000",
            "1.768,12",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "0001-01-01 00:00",
            "0001-01-01 12:00",
            "9999-12-31 23:59",
            "2026-08-21",
            "24:00:00",
            "VNINDEX",
            "\ud800",
            "\x00",
        ]
    ),
)
leaves = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def spoilt(draw: st.DrawFn, sample: str) -> bytes:
    """A sample with one to four changes anywhere in it."""
    document = json.loads((FIXTURES / sample).read_text(encoding="utf-8"))
    for _ in range(draw(st.integers(1, 4))):
        document = _changed(draw, document)
    return json.dumps(document).encode()


def _changed(draw: st.DrawFn, document: Any) -> Any:
    """The document with one place replaced, dropped, doubled, or put in another order."""
    places = list(_places(document))
    if not places:
        return draw(values)
    parent, key = draw(st.sampled_from(places))
    match draw(st.sampled_from(["replace", "replace", "drop", "double", "reorder", "scale"])):
        case "replace":
            parent[key] = draw(st.one_of(texts, numbers, values))
        case "drop":
            del parent[key]
        case "double" if isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[key]))
        case "reorder" if isinstance(parent, list):
            parent[:] = draw(st.permutations(parent))
        case "scale" if isinstance(parent[key], int | float):
            parent[key] *= draw(st.sampled_from([10, 1000, 0.1, -1, 10**6]))
        case _:
            parent[key] = draw(leaves)
    return document


def _places(document: Any) -> Any:
    items: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        items = list(document.items())
    elif isinstance(document, list):
        items = list(enumerate(document))
    for key, value in items:
        yield document, key
        yield from _places(value)


@st.composite
def torn(draw: st.DrawFn, sample: str) -> bytes:
    """A sample's bytes, cut short or with others in between."""
    body = (FIXTURES / sample).read_bytes()
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(start + 40, len(body))))
    rest = body[end:] if draw(st.booleans()) else b""
    return body[:start] + draw(st.binary(max_size=20)) + rest


# What may come out


def believable(found: object) -> bool:
    """Whether every value is of its kind and in its range."""
    match found:
        case QuoteReply(quotes=items) | PriceReply(prices=items):
            return all(_sound_price(item) for item in items)
        case BarReply(bars=by_code):
            return all(_sound_bars(rows) for rows in by_code.values())
        case CoinReply(coins=items):
            return all(_positive(item.price) and item.as_of.tzinfo for item in items)
        case GlobalMarket():
            return _positive(found.market_cap) and all(
                share is None or 0 <= share <= 100 for share in (found.btc_share, found.eth_share)
            )
        case Sentiment():
            return 0 <= found.value <= 100
        case tuple():
            return all(_positive(close) for close in found)
    return False


def _sound_price(item: SourceQuote | SourcePrice) -> bool:
    counts = [item.volume, item.value]
    traded = bool(item.volume and item.value is not None)
    return (
        item.code in CODES
        and _positive(item.price)
        and _positive(item.previous_close)
        and (item.as_of is None or item.as_of.utcoffset() is not None)
        and all(count is None or 0 <= count <= 10**18 for count in counts)
        and (not traded or 500 <= Decimal(item.value or 0) / Decimal(item.volume or 1) <= 2_000_000)
    )


def _sound_bars(rows: tuple[Any, ...]) -> bool:
    days = [bar.day for bar in rows]
    return days == sorted(set(days)) and all(
        _positive(bar.low) and bar.low <= bar.high and (bar.volume is None or bar.volume >= 0)
        for bar in rows
    )


def _positive(number: Decimal) -> bool:
    return number.is_finite() and number > 0


def outcome(parser: Parser, body: bytes) -> bool:
    """Whether the parser gave believable values or one of our errors; others come through."""
    bodies = {part: (FIXTURES / path).read_bytes() for part, path in parser.sound.items()}
    client = Canned({parser.part: body, **bodies})
    try:
        return believable(parser.ask(client))
    except SourceError as error:
        return 0 < len(error.reason) < 200


every_parser = pytest.mark.parametrize("name", PARSERS)
repeatable = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
thorough = settings(repeatable, max_examples=120)


@every_parser
def test_a_sound_sample_is_read(name: str) -> None:
    parser = PARSERS[name]
    bodies = {parser.part: parser.sample, **parser.sound}
    client = Canned({part: (FIXTURES / path).read_bytes() for part, path in bodies.items()})
    assert believable(parser.ask(client))


@every_parser
@thorough
@given(data=st.data())
def test_a_sample_with_something_wrong_gives_values_or_our_error(
    name: str, data: st.DataObject
) -> None:
    parser = PARSERS[name]
    assert outcome(parser, data.draw(spoilt(parser.sample)))


@every_parser
@repeatable
@given(value=values)
@example(value=[])
@example(value={})
@example(value=[[]])
@example(value=[{}])
@example(value={"data": [{}]})
@example(value={"data": {}})
@example(value={"t": [], "o": [], "h": [], "l": [], "c": [], "v": []})
def test_json_of_no_sense_gives_our_error(name: str, value: Any) -> None:
    assert outcome(PARSERS[name], json.dumps(value).encode())


@every_parser
@repeatable
@given(data=st.data())
def test_bytes_of_no_sense_give_our_error(name: str, data: st.DataObject) -> None:
    parser = PARSERS[name]
    assert outcome(parser, data.draw(st.one_of(st.binary(max_size=60), torn(parser.sample))))
