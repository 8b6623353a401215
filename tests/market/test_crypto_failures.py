"""The crypto sources when they refuse or break, and our key, which no error may tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.sources.base import SourceError, SourceInvalid, SourceRefused, SourceUnavailable
from market.sources.crypto import COINS
from tests.market.vendors import MORNING, Vendors
from tests.upstreams import Reply

KEY = "CG-a-very-secret-key"

CALL_OF = {
    "binance.tickers": lambda vendors: vendors.coins("binance").fetch_coins(COINS, MORNING),
    "binance.candles": lambda vendors: vendors.closes("binance").fetch_daily_closes(
        "btc", 15, MORNING
    ),
    "coingecko.prices": lambda vendors: vendors.coins("coingecko").fetch_coins(COINS, MORNING),
    "coingecko.global": lambda vendors: vendors.market("coingecko").fetch_global(MORNING),
    "coinpaprika.global": lambda vendors: vendors.market("coinpaprika").fetch_global(MORNING),
    "alternative_me.index": lambda vendors: vendors.sentiment("alternative_me").fetch_sentiment(
        MORNING
    ),
}
USELESS = [
    (Reply(status=403, body="<html>"), SourceRefused, "refused with status 403"),
    (Reply(fixture="binance/error_429.json"), SourceRefused, "refused with status 429"),
    (Reply(fixture="binance/error_451_restricted.json"), SourceRefused, "refused with status 451"),
    (Reply(fixture="coinpaprika/error_402.json"), SourceRefused, "refused with status 402"),
    (Reply(fixture="coingecko/error_401_10002.json"), SourceRefused, "refused with status 401"),
    (Reply(status=418), SourceRefused, "refused with status 418"),
    (Reply(fixture="coinpaprika/error_404.json"), SourceInvalid, "answered with status 404"),
    (Reply(fixture="alternative_me/error_502_html.json"), SourceUnavailable, "with status 502"),
    (Reply(body="<!DOCTYPE html><html>"), SourceInvalid, "web page in place of data"),
    (Reply(fixture="binance/error_200_truncated.json"), SourceInvalid, "not JSON"),
    (Reply(cut=True), SourceUnavailable, "cut the connection"),
    (Reply(body=b"null"), SourceInvalid, "expected a"),
]


@pytest.mark.parametrize(("reply", "kind", "reason"), USELESS)
@pytest.mark.parametrize("endpoint", CALL_OF)
def test_each_useless_answer_has_its_kind_and_a_short_reason(
    vendors: Vendors, endpoint: str, reply: Reply, kind: type[SourceError], reason: str
) -> None:
    vendors.upstreams.always(endpoint, reply)
    with pytest.raises(SourceError, match=reason) as caught:
        CALL_OF[endpoint](vendors)
    assert type(caught.value) is kind
    assert caught.value.source == endpoint.split(".")[0]
    assert len(caught.value.reason) < 80


@pytest.mark.parametrize(
    ("endpoint", "fixture_path", "seconds"),
    [
        ("binance.tickers", "binance/error_429.json", 17.0),
        ("coingecko.global", "coingecko/error_429.json", 60.0),
        ("coinpaprika.global", "coinpaprika/error_429.json", None),
    ],
)
def test_a_limit_tells_how_long_to_stay_away(
    vendors: Vendors, endpoint: str, fixture_path: str, seconds: float | None
) -> None:
    vendors.upstreams.script(endpoint, Reply(fixture=fixture_path))
    with pytest.raises(SourceRefused) as caught:
        CALL_OF[endpoint](vendors)
    assert caught.value.retry_after == seconds


# Keys


def test_coingeckos_key_goes_into_its_header_and_to_nobody_else(vendors: Vendors) -> None:
    keyed = replace(vendors, keys={"coingecko": KEY, "binance": KEY})
    keyed.market("coingecko").fetch_global(MORNING)
    keyed.coins("binance").fetch_coins(COINS, MORNING)
    first, second = vendors.upstreams.calls
    assert {name.lower(): value for name, value in first.headers.items()}[
        "x-cg-demo-api-key"
    ] == KEY
    assert KEY not in first.path + str(first.query)
    assert KEY not in str(second)
    assert first.headers["User-Agent"] == "Marketsite/test"


@pytest.mark.parametrize("keys", [{}, {"coingecko": ""}])
def test_without_a_key_no_header_is_sent(vendors: Vendors, keys: dict[str, str]) -> None:
    replace(vendors, keys=keys).market("coingecko").fetch_global(MORNING)
    (call,) = vendors.upstreams.calls
    assert "x-cg-demo-api-key" not in {name.lower() for name in call.headers}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401, body={"error": f"bad key {KEY}"}),
        Reply(status=429, body=f"<html>{KEY}"),
        Reply(status=500, body=f"{KEY}"),
        Reply(body=f"<html>{KEY}"),
        Reply(body=f'{{"data": "{KEY}"'.encode()),
        Reply(body={"data": {"total_market_cap": {"usd": KEY}}}),
        Reply(cut=True),
    ],
)
def test_a_key_never_stands_in_an_error(vendors: Vendors, reply: Reply) -> None:
    vendors.upstreams.always("coingecko.global", reply)
    with pytest.raises(SourceError) as caught:
        replace(vendors, keys={"coingecko": KEY}).market("coingecko").fetch_global(MORNING)
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in repr(error)
        error = error.__cause__


def test_a_key_that_no_header_can_hold_is_an_error_without_it(vendors: Vendors) -> None:
    key = "khóa-ấy"
    with pytest.raises(SourceInvalid, match="a header is not Latin-1") as caught:
        replace(vendors, keys={"coingecko": key}).market("coingecko").fetch_global(MORNING)
    assert key not in repr(caught.value)
    assert vendors.upstreams.calls == []
