"""The crypto overview: whole, and with each part failing in each way."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from market import overview_parts
from market.models import Overview
from market.overview import refresh_overview
from market.sources.crypto import COINS
from tests.market.overviews import (
    ABOUT,
    CHANGE_NAMES,
    EVERY_SOURCE,
    FIGURES,
    MARKET_NAMES,
    PRICE_NAMES,
    PRICES,
    RSI_NAMES,
)
from tests.market.vendors import fixture
from tests.upstreams import Reply, Upstreams
from tests.upstreams.replies import load

pytestmark = pytest.mark.django_db

DOWN = Reply(status=503)
REPLIES = [
    Reply(status=503),
    Reply(status=403, body="<html>"),
    Reply(status=429, headers={"Retry-After": "120"}),
    Reply(body="<!DOCTYPE html><html>"),
    Reply(body=b"null"),
    Reply(cut=True),
    Reply(fixture="binance/error_200_truncated.json"),
]


def missing(data: dict[str, object]) -> set[str]:
    """The figures that are null; each must have its reason, and no other one."""
    names = {name for name in FIGURES if data[name] is None}
    reasons = data["partial_failure"]
    assert isinstance(reasons, dict)
    assert set(reasons) == names
    assert all(isinstance(reason, str) and reason for reason in reasons.values())
    return names


def test_a_whole_overview_has_every_flat_name_as_a_json_number(
    crypto: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_overview()
    data = json.loads(redis_client.get("latest_market_data") or "")
    assert set(data) == {*FIGURES, *ABOUT}
    assert {type(data[name]) for name in FIGURES} <= {int, float}
    assert {coin: data[f"{coin}_price_usd"] for coin in COINS} == PRICES
    assert (data["btc_change_24h"], data["eth_change_24h"]) == (1.842, -0.935)
    assert data["btc_rsi_14"] == 69.2085
    market = [3446960000000, 138061000000, 1.2034, 56.98, 12.68]
    assert [data[name] for name in MARKET_NAMES] == market
    assert data["fng_value"] == 62
    assert data["data_sources"] == EVERY_SOURCE
    assert (data["partial_failure"], data["simulated"]) == ({}, False)
    assert isinstance(data["fetch_duration_ms"], int)
    assert data["timestamp"] == "2026-08-21T03:21:30Z"


def test_the_overview_expires_as_the_index_snapshot_does(
    crypto: Upstreams, redis_client: redis.Redis, settings: Settings
) -> None:
    settings.MARKET_REFRESH_SECONDS, settings.MARKET_SNAPSHOT_SECONDS = 180, 10
    refresh_overview()
    assert 290 < redis_client.ttl("latest_market_data") <= 300
    settings.MARKET_SNAPSHOT_SECONDS = 400
    refresh_overview()
    assert 390 < redis_client.ttl("latest_market_data") <= 400


def test_one_refresh_is_ten_calls_one_row_and_one_document(crypto: Upstreams) -> None:
    with CaptureQueriesContext(connection) as queries:
        result = refresh_overview()
    names = [call.name for call in crypto.calls]
    assert names == [
        "binance.tickers",
        "coingecko.global",
        "alternative_me.index",
        *["binance.candles"] * 7,
    ]
    assert [query["sql"].split()[0] for query in queries] == ["INSERT"]
    row = Overview.objects.get()
    assert (row.data, row.simulated) == (result.data, False)
    assert row.fetched_at == datetime(2026, 8, 21, 3, 21, 30, tzinfo=UTC)


def test_each_figure_keeps_its_vendors_name_and_time(crypto: Upstreams) -> None:
    figures = refresh_overview().figures
    assert {(name, item.source) for name, item in figures.items() if "btc_" in name} == {
        ("btc_price_usd", "binance"),
        ("btc_change_24h", "binance"),
        ("btc_rsi_14", "binance"),
        ("btc_market_cap_percentage", "coingecko"),
    }
    assert figures["btc_price_usd"].as_of == datetime(2026, 8, 21, 3, 21, 5, tzinfo=UTC)
    assert figures["fng_value"].as_of == datetime(2026, 8, 21, tzinfo=UTC)


# Each part away


@pytest.mark.parametrize("reply", REPLIES)
def test_prices_come_from_coingecko_when_binance_has_none(crypto: Upstreams, reply: Reply) -> None:
    crypto.always("binance.tickers", reply)
    data = refresh_overview().data
    assert {coin: data[f"{coin}_price_usd"] for coin in COINS} == PRICES
    assert not missing(data) & {*PRICE_NAMES, *CHANGE_NAMES}
    assert data["data_sources"][0] == "coingecko"


@pytest.mark.parametrize("reply", REPLIES)
def test_without_any_price_each_is_null_with_both_reasons(crypto: Upstreams, reply: Reply) -> None:
    crypto.always("binance.tickers", reply)
    crypto.always("coingecko.prices", reply)
    result = refresh_overview()
    assert missing(result.data) >= {*PRICE_NAMES, *CHANGE_NAMES}
    reason = result.data["partial_failure"]["btc_price_usd"]
    assert re.fullmatch("binance: .+; coingecko: .+", reason)
    assert not result.success
    assert result.data["fng_value"] == 62  # the others' parts stand


def test_a_gap_is_filled_for_its_coin_alone(crypto: Upstreams) -> None:
    rows = load("binance/ticker_24hr_ok.json")
    broken = [row | ({"lastPrice": "0"} if row["symbol"] == "ADAUSDT" else {}) for row in rows]
    crypto.always("binance.tickers", Reply(body=broken))
    result = refresh_overview()
    (call,) = crypto.calls_to("coingecko.prices")
    assert call.query["ids"] == "cardano"
    assert result.figures["ada_price_usd"].source == "coingecko"
    assert result.figures["btc_price_usd"].source == "binance"
    assert missing(result.data) == set()
    assert ("binance", "lastPrice is not positive (ada)") in result.failures


def test_a_change_that_is_missing_is_null_beside_its_price(crypto: Upstreams) -> None:
    rows = load("binance/ticker_24hr_ok.json")
    crypto.always(
        "binance.tickers", Reply(body=[row | {"priceChangePercent": None} for row in rows])
    )
    data = refresh_overview().data
    assert missing(data) == set(CHANGE_NAMES)
    assert data["btc_price_usd"] == PRICES["btc"]
    assert crypto.calls_to("coingecko.prices") == []


@pytest.mark.parametrize("moment", ["2026-08-21T03:32:00Z", "2026-08-21T03:19:00Z"])
def test_a_price_of_another_time_is_no_price_of_now(
    crypto: Upstreams, at: Callable[[str], None], moment: str
) -> None:
    crypto.scenario = "intraday"  # the vendors' clocks stand at 03:21
    at(moment)
    result = refresh_overview()
    assert missing(result.data) >= set(PRICE_NAMES)
    assert "as-of time 2026-08-21T03:21:0" in result.data["partial_failure"]["btc_price_usd"]


@pytest.mark.parametrize("reply", REPLIES)
def test_the_whole_market_comes_from_coinpaprika_when_coingecko_fails(
    crypto: Upstreams, reply: Reply
) -> None:
    crypto.always("coingecko.global", reply)
    data = refresh_overview().data
    assert missing(data) == set()
    assert data["market_cap_change_percentage_24h_usd"] == 1.2
    assert data["data_sources"] == ["binance", "coinpaprika", "alternative_me"]


@pytest.mark.parametrize("reply", REPLIES)
def test_without_the_whole_market_its_figures_are_null(crypto: Upstreams, reply: Reply) -> None:
    crypto.always("coingecko.global", reply)
    crypto.always("coinpaprika.global", reply)
    result = refresh_overview()
    assert missing(result.data) == set(MARKET_NAMES)
    assert "coinpaprika: " in result.data["partial_failure"]["market_cap_usd"]
    assert result.success


def test_a_share_that_coinpaprika_cannot_tell_is_null_alone(crypto: Upstreams) -> None:
    crypto.always("coingecko.global", DOWN)
    crypto.always("coinpaprika.ether", DOWN)
    assert missing(refresh_overview().data) == {"eth_market_cap_percentage"}


@pytest.mark.parametrize("reply", REPLIES)
def test_without_sentiment_it_is_null_and_never_fifty(crypto: Upstreams, reply: Reply) -> None:
    crypto.always("alternative_me.index", reply)
    assert missing(refresh_overview().data) == {"fng_value"}


def test_sentiment_of_three_days_ago_is_null_with_its_time(crypto: Upstreams) -> None:
    row = {"value": "62", "timestamp": str(1787270400 - 3 * 86_400)}
    crypto.always("alternative_me.index", Reply(body={"data": [row]}))
    data = refresh_overview().data
    assert missing(data) == {"fng_value"}
    assert data["partial_failure"]["fng_value"] == (
        "alternative_me: as-of time 2026-08-18T00:00:00Z is too old"
    )


@pytest.mark.parametrize("reply", REPLIES)
def test_without_candles_the_rsi_is_null_and_prices_stay(crypto: Upstreams, reply: Reply) -> None:
    crypto.always("binance.candles", reply)
    data = refresh_overview().data
    assert missing(data) == set(RSI_NAMES)
    assert data["btc_price_usd"] == PRICES["btc"]


def test_fourteen_closes_give_no_rsi_and_fifteen_do(crypto: Upstreams) -> None:
    candles = fixture("binance/klines_btcusdt_1d_ok.json")
    crypto.script("binance.candles", Reply(body=candles[-15:]), Reply(body=candles[-16:]))
    data = refresh_overview().data
    assert missing(data) == {"btc_rsi_14"}
    assert data["partial_failure"]["btc_rsi_14"] == "binance: 14 daily closes, 15 are needed"
    assert 0 <= data["eth_rsi_14"] <= 100


def test_a_source_that_is_not_configured_is_not_asked(
    crypto: Upstreams, settings: Settings
) -> None:
    settings.CRYPTO_SOURCES = ["binance"]
    data = refresh_overview().data
    assert missing(data) == {*MARKET_NAMES, "fng_value"}
    assert data["partial_failure"]["fng_value"] == "no source is configured"
    assert {call.name.split(".")[0] for call in crypto.calls} == {"binance"}


# Breakers and time


def test_a_refusing_source_rests_and_others_stand_in(
    crypto: Upstreams, at: Callable[[str], None]
) -> None:
    crypto.always("binance.tickers", Reply(status=403))
    refresh_overview()
    crypto.reset()
    at("2026-08-21T03:24:30Z")
    data = refresh_overview().data
    assert [call.name for call in crypto.calls] == ["coingecko.prices"]
    assert data["btc_price_usd"] == PRICES["btc"]
    assert "binance: rests until 2026-08-21T03:36:30Z" in data["partial_failure"]["btc_rsi_14"]
    at("2026-08-21T03:36:30Z")
    assert refresh_overview().data["data_sources"][0] == "binance"


def test_useless_candles_do_not_cost_the_prices(
    crypto: Upstreams, at: Callable[[str], None]
) -> None:
    crypto.always("binance.candles", Reply(body=[["ragged"]]))
    for minute in range(21, 60, 3):
        at(f"2026-08-21T03:{minute}:30Z")
        assert refresh_overview().figures["btc_price_usd"].source == "binance"


def test_a_silent_source_is_asked_once_a_refresh(crypto: Upstreams, settings: Settings) -> None:
    settings.MARKET_TOTAL_SECONDS = settings.MARKET_CONNECT_SECONDS = 0.2
    for name in (
        "binance.tickers",
        "coingecko.prices",
        "coinpaprika.global",
        "alternative_me.index",
    ):
        crypto.always(name, Reply(delay=0.5))
    data = refresh_overview().data
    assert missing(data) == set(FIGURES)
    assert sorted(call.name for call in crypto.calls) == [
        "alternative_me.index",
        "binance.tickers",
        "coingecko.prices",
        "coinpaprika.global",
    ]


def test_no_source_is_asked_after_the_time_for_a_refresh(
    crypto: Upstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview_parts, "LAST_CALL_SECONDS", 0.0)
    data = refresh_overview().data
    assert crypto.calls == []
    assert missing(data) == set(FIGURES)
    assert "this refresh took too long" in data["partial_failure"]["fng_value"]


def test_no_key_is_told_in_log_document_or_failure(
    crypto: Upstreams, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    key = "CG-a-very-secret-key"
    settings.MARKET_API_KEYS = {"coingecko": key}
    crypto.always("coingecko.global", Reply(fixture="coingecko/error_401_10002.json"))
    with caplog.at_level(logging.DEBUG):
        result = refresh_overview()
    (call,) = crypto.calls_to("coingecko.global")
    assert call.headers["x-cg-demo-api-key"] == key
    assert key not in caplog.text + json.dumps(result.data) + repr(result.failures)
