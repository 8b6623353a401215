"""Reading the overview: from Redis, from the database, with Redis away, and simulated."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from market import snapshot
from market.models import Overview
from market.overview import read_overview, refresh_overview
from market.sources.demo_crypto import demo_overview
from marketsite import clock
from tests.market.conftest import FrozenServer
from tests.market.overviews import ABOUT, FIGURES, PRICE_NAMES
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

KEY = "latest_market_data"


@pytest.fixture
def demo(crypto: Upstreams, settings: Settings) -> Upstreams:
    """Nothing reachable, and simulated figures allowed."""
    settings.MARKET_DEMO = "auto"
    crypto.scenario = "down"
    return crypto


def test_before_the_first_refresh_there_is_none(db: None) -> None:
    assert read_overview() is None


def test_it_is_read_from_redis_without_the_database(crypto: Upstreams) -> None:
    made = refresh_overview().data
    with CaptureQueriesContext(connection) as queries:
        assert read_overview() == made
    assert len(queries) == 0


def test_any_client_reads_it_as_plain_json(crypto: Upstreams) -> None:
    made = refresh_overview().data
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as plain:
        assert json.loads(plain.get(KEY) or b"") == made


def test_when_the_key_is_gone_the_newest_row_answers_with_its_time(
    crypto: Upstreams, redis_client: redis.Redis, at: Callable[[str], None]
) -> None:
    refresh_overview()
    at("2026-08-21T03:24:30Z")
    newest = refresh_overview().data
    redis_client.delete(KEY)
    assert read_overview() == newest
    assert newest["timestamp"] == "2026-08-21T03:24:30Z"


@pytest.mark.parametrize(
    "foreign",
    [
        "no json",
        "[]",
        "{}",
        {"timestamp": "yesterday"},
        {"btc_price_usd": "98450"},
        {"eth_price_usd": True},
        {"fng_value": float("nan")},
        {"partial_failure": False},
        {"partial_failure": {"btc_price_usd": None}},
        {"data_sources": [["binance"]]},
        {"simulated": "no"},
    ],
)
def test_what_is_not_of_our_shape_is_not_read(
    crypto: Upstreams, redis_client: redis.Redis, foreign: str | dict[str, object]
) -> None:
    made = refresh_overview().data
    redis_client.set(KEY, foreign if isinstance(foreign, str) else json.dumps(made | foreign))
    assert read_overview() == made


def test_an_overview_without_any_figure_is_no_row_and_tells_why(crypto: Upstreams) -> None:
    crypto.scenario = "down"
    data = refresh_overview().data
    assert not Overview.objects.exists()
    assert read_overview() == data
    assert set(data["partial_failure"]) == set(FIGURES)
    assert data["data_sources"] == []


# Redis away


def test_without_redis_the_row_is_stored_and_read(crypto: Upstreams, dead_redis: None) -> None:
    result = refresh_overview()
    assert (result.cached, result.success) == (False, False)
    assert ("redis", "overview not written") in result.failures
    assert result.data["partial_failure"] == {}
    assert read_overview() == result.data == Overview.objects.get().data


def test_a_frozen_redis_does_not_keep_the_row_from_being_stored(
    crypto: Upstreams, frozen_redis: FrozenServer
) -> None:
    assert not refresh_overview().cached
    assert Overview.objects.count() == 1
    assert frozen_redis.connections <= 2  # one for the read, one for the write


def test_connections_stay_constant_over_many_refreshes_and_reads(
    crypto: Upstreams, redis_client: redis.Redis, at: Callable[[str], None]
) -> None:
    refresh_overview()
    before = redis_client.info()
    start = datetime(2026, 8, 21, 3, 22, tzinfo=UTC)
    for minutes in range(30):
        at(snapshot.iso(start + timedelta(minutes=minutes)))
        assert refresh_overview().success
        assert read_overview()
    after = redis_client.info()
    for name in ("connected_clients", "total_connections_received"):
        assert after[name] == before[name]


# Simulated figures


def test_with_nothing_reachable_the_overview_is_simulated_and_says_so(
    demo: Upstreams, redis_client: redis.Redis
) -> None:
    result = refresh_overview()
    stored = json.loads(redis_client.get(KEY) or "")
    assert set(stored) == {*FIGURES, *ABOUT}
    assert (stored["simulated"], stored["data_sources"]) == (True, ["demo"])
    assert stored["partial_failure"] == {}
    assert Overview.objects.get().simulated is True
    assert read_overview() == stored
    assert not result.success


def test_without_leave_nothing_is_simulated(demo: Upstreams, settings: Settings) -> None:
    settings.MARKET_DEMO = "never"
    data = refresh_overview().data
    assert data["simulated"] is False
    assert {data[name] for name in FIGURES} == {None}


def test_one_real_figure_is_enough_to_simulate_none(demo: Upstreams) -> None:
    fng = {"data": [{"value": "62", "timestamp": "1787270400"}]}
    demo.always("alternative_me.index", Reply(body=fng))
    data = refresh_overview().data
    assert (data["simulated"], data["fng_value"]) == (False, 62)
    assert {data[name] for name in PRICE_NAMES} == {None}


def test_the_first_real_overview_ends_the_demo_for_good(
    demo: Upstreams, redis_client: redis.Redis, at: Callable[[str], None]
) -> None:
    assert refresh_overview().data["simulated"]
    demo.scenario = "demo"
    at("2026-08-21T03:40:00Z")
    real = refresh_overview().data
    assert (real["simulated"], real["partial_failure"]) == (False, {})
    demo.scenario = "down"
    at("2026-08-24T03:40:00Z")
    later = refresh_overview().data
    assert (later["simulated"], later["btc_price_usd"]) == (False, None)
    redis_client.delete(KEY)
    assert read_overview() == real


def test_a_simulated_overview_is_hidden_when_its_leave_ends(
    demo: Upstreams, settings: Settings, redis_client: redis.Redis
) -> None:
    refresh_overview()
    settings.MARKET_DEMO = "never"
    assert read_overview() is None
    redis_client.delete(KEY)
    assert read_overview() is None
    settings.MARKET_DEMO = "auto"
    stored = read_overview()
    assert stored
    assert stored["simulated"]


def test_the_simulation_is_a_pure_function_of_the_time_that_agrees_with_itself() -> None:
    now = clock.parse("2026-08-21T03:21:30Z")
    today, yesterday = demo_overview(now), demo_overview(now - timedelta(days=1))
    assert today == demo_overview(now)
    assert set(today) == set(FIGURES)
    for name in PRICE_NAMES:
        moved = (today[name] / yesterday[name] - 1) * 100
        assert today[name.replace("price_usd", "change_24h")] == round(moved, 3)


@pytest.mark.parametrize("days", range(0, 720, 60))
def test_the_simulation_stays_within_what_a_market_may_be(days: int) -> None:
    figures = demo_overview(clock.parse("2026-01-01T05:00:00Z") + timedelta(days=days))
    assert all(figures[name] > 0 for name in PRICE_NAMES)
    assert all(0 < value < 100 for name, value in figures.items() if name.endswith("rsi_14"))
    assert all(abs(value) < 15 for name, value in figures.items() if "change" in name)
    assert 0 <= figures["fng_value"] <= 100
    assert figures["btc_market_cap_percentage"] + figures["eth_market_cap_percentage"] < 100
