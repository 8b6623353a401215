"""What the overview keeps between refreshes: how often it asks, and how long it shows an answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import redis

from market.overview import refresh_overview
from tests.market.overviews import MARKET_NAMES, PRICE_NAMES, RSI_NAMES
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

DOWN = Reply(status=503)


class Refresh:
    """Refreshes at a moment of 21 August 2026 or of another day; `asked` counts its calls."""

    def __init__(self, crypto: Upstreams, at: Callable[[str], None]) -> None:
        self._crypto = crypto
        self._at = at
        self._before = 0

    def __call__(self, moment: str) -> dict[str, Any]:
        self._before = len(self._crypto.calls)
        self._at(moment if "T" in moment else f"2026-08-21T{moment}Z")
        return refresh_overview().data

    @property
    def asked(self) -> dict[str, int]:
        return dict(Counter(call.name for call in self._crypto.calls[self._before :]))


@pytest.fixture
def refresh(crypto: Upstreams, at: Callable[[str], None]) -> Refresh:
    return Refresh(crypto, at)


def test_between_two_paces_only_prices_are_asked_for(crypto: Upstreams, refresh: Refresh) -> None:
    first = refresh("03:21:30")
    second = refresh("03:31:29")
    assert refresh.asked == {"binance.tickers": 1}
    same = [*MARKET_NAMES, *RSI_NAMES, "fng_value", "data_sources", "partial_failure"]
    assert {name: second[name] for name in same} == {name: first[name] for name in same}


def test_the_whole_market_is_asked_for_every_ten_minutes(
    crypto: Upstreams, refresh: Refresh
) -> None:
    refresh("03:21:30")
    refresh("03:31:30")
    assert refresh.asked == {"binance.tickers": 1, "coingecko.global": 1}


def test_sentiment_is_asked_for_every_hour(crypto: Upstreams, refresh: Refresh) -> None:
    refresh("03:21:30")
    refresh("04:21:29")
    assert "alternative_me.index" not in refresh.asked
    refresh("04:21:30")
    assert refresh.asked["alternative_me.index"] == 1


def test_candles_are_asked_for_once_a_day_of_utc_and_coin(
    crypto: Upstreams, refresh: Refresh
) -> None:
    refresh("2026-08-21T00:00:10Z")
    assert refresh.asked["binance.candles"] == 7
    refresh("23:59:59")
    assert "binance.candles" not in refresh.asked
    refresh("2026-08-22T00:00:10Z")
    assert refresh.asked["binance.candles"] == 7


def test_a_failing_market_costs_coingecko_one_asking_in_ten_minutes(
    crypto: Upstreams, refresh: Refresh
) -> None:
    crypto.always("coingecko.global", Reply(body={"data": {}}))
    crypto.always("coinpaprika.global", Reply(body={}))
    for minute in range(20, 50):
        refresh(f"03:{minute}:30")
    assert len(crypto.calls_to("coingecko.global")) == 3


def test_a_day_of_refreshes_keeps_each_vendors_budget(crypto: Upstreams, refresh: Refresh) -> None:
    total: Counter[str] = Counter()
    for minutes in range(0, 24 * 60, 15):
        refresh(f"{minutes // 60:02}:{minutes % 60:02}:00")
        total.update(refresh.asked)
    assert total == {
        "binance.tickers": 96,
        "coingecko.global": 96,
        "alternative_me.index": 24,
        "binance.candles": 7,
    }


def test_the_whole_market_of_half_an_hour_ago_is_shown_no_longer(
    crypto: Upstreams, refresh: Refresh
) -> None:
    first = refresh("03:21:30")  # the vendor's time is 03:16:11
    crypto.always("coingecko.global", DOWN)
    crypto.always("coinpaprika.global", DOWN)
    data = refresh("03:46:10")
    assert data["market_cap_usd"] == first["market_cap_usd"]
    assert data["partial_failure"] == {}
    data = refresh("03:46:11")
    assert set(data["partial_failure"]) == set(MARKET_NAMES)
    assert {data[name] for name in MARKET_NAMES} == {None}
    assert "coingecko: " in data["partial_failure"]["market_cap_usd"]


def test_prices_are_never_kept(crypto: Upstreams, refresh: Refresh) -> None:
    refresh("03:21:30")
    crypto.scenario = "down"
    data = refresh("03:24:30")
    assert {data[name] for name in PRICE_NAMES} == {None}
    assert data["btc_rsi_14"] == 69.2085
    assert data["fng_value"] == 62


def test_an_rsi_of_yesterday_is_not_shown_today(crypto: Upstreams, refresh: Refresh) -> None:
    refresh("23:59:00")
    crypto.scenario = "down"
    data = refresh("2026-08-22T00:02:00Z")
    assert {data[name] for name in RSI_NAMES} == {None}
    assert data["fng_value"] == 62  # of the day before, made once a day


def test_sentiment_is_shown_for_two_days(crypto: Upstreams, refresh: Refresh) -> None:
    refresh("03:21:30")  # the value is of midnight
    crypto.scenario = "down"
    assert refresh("2026-08-22T23:59:59Z")["fng_value"] == 62
    data = refresh("2026-08-23T00:00:00Z")
    assert data["fng_value"] is None
    assert data["partial_failure"]["fng_value"]


def test_a_coin_whose_candles_failed_is_tried_again_before_the_day_ends(
    crypto: Upstreams, refresh: Refresh
) -> None:
    crypto.script("binance.candles", Reply(body=[["ragged"]]))
    assert refresh("03:21:30")["btc_rsi_14"] is None
    data = refresh("03:24:30")
    assert refresh.asked["binance.candles"] == 6  # the others; this one rests for ten minutes
    assert data["btc_rsi_14"] is None
    assert "not a candle" in data["partial_failure"]["btc_rsi_14"]
    assert refresh("03:31:30")["btc_rsi_14"] == 69.2085


def test_a_clock_set_back_asks_again(crypto: Upstreams, refresh: Refresh) -> None:
    refresh("2026-08-22T03:21:30Z")
    data = refresh("2026-08-21T03:21:30Z")
    assert refresh.asked["coingecko.global"] == 1
    assert refresh.asked["binance.candles"] == 7
    assert data["partial_failure"] == {}


@pytest.mark.parametrize(
    "foreign",
    [
        "no json",
        "[]",
        json.dumps({"global": 7, "sentiment": {"figures": []}}),
        json.dumps({"global": {"asked_at": "soon", "failed": "", "figures": {}}}),
        json.dumps(
            {"sentiment": {"asked_at": "2026-08-21T03:20:00Z", "failed": "", "figures": {}}}
        ),
        json.dumps(
            {
                "sentiment": {
                    "asked_at": "2026-08-21T03:20:00Z",
                    "failed": "",
                    "figures": {"fng_value": ["62", "x", "2026-08-21T00:00:00Z", ""]},
                }
            }
        ),
    ],
)
def test_what_another_program_left_under_our_key_is_asked_for_anew(
    crypto: Upstreams, refresh: Refresh, redis_client: redis.Redis, foreign: str
) -> None:
    redis_client.set("latest_market_data:parts", foreign)
    data = refresh("03:21:30")
    assert (data["partial_failure"], data["fng_value"]) == ({}, 62)
    assert refresh.asked["alternative_me.index"] == 1
