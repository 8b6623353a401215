"""When simulated numbers may stand in, and that they never mix with real ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
import redis
from pytest_django import Settings

from market import snapshot
from market.models import Quote
from market.refresh import refresh_indices, store
from market.sessions import Calendar
from market.sources.demo import demo_quotes
from marketsite import clock
from tests.market.conftest import MakeQuote
from tests.market.refreshed import (
    CLOSES,
    KEYS,
    closes,
    errors,
    sources,
)
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def unreachable(settings: Settings, at: Callable[[str], None]) -> None:
    settings.MARKET_BASE_URLS = dict.fromkeys(settings.MARKET_BASE_URLS, NOWHERE)
    at("2026-08-21T03:21:00Z")


def test_with_nothing_reachable_the_demo_feed_shows_marked_as_simulated(
    unreachable: None, settings: Settings, redis_client: redis.Redis
) -> None:
    settings.MARKET_DEMO = "auto"
    result = refresh_indices()
    assert (result.fetched, result.success) == ({}, False)
    assert sources(result) == dict.fromkeys(KEYS, "demo")
    assert errors(result) == dict.fromkeys(KEYS)
    stored = json.loads(redis_client.get("market_indices") or "")
    assert (stored["simulated"], stored["success"]) == (True, False)
    assert Quote.objects.filter(simulated=True, source="demo").count() == 5
    assert not Quote.objects.real().exists()


def test_without_leave_nothing_is_simulated(unreachable: None, settings: Settings) -> None:
    assert settings.MARKET_DEMO == "never"
    result = refresh_indices()
    assert closes(result) == dict.fromkeys(KEYS)
    assert result.snapshot["simulated"] is False
    assert not Quote.objects.exists()


def test_the_first_real_quote_ends_the_demo_for_good(
    upstreams: Upstreams, settings: Settings, at: Callable[[str], None]
) -> None:
    settings.MARKET_DEMO = "auto"
    upstreams.scenario = "down"
    assert refresh_indices().snapshot["simulated"]
    upstreams.scenario = "partial"
    upstreams.always("vndirect.quotes", Reply(body={"data": []}))
    result = refresh_indices()
    assert result.snapshot["simulated"] is False
    assert closes(result) == CLOSES | {"hnx30": None}  # no simulated one fills the gap
    upstreams.scenario = "down"
    at("2026-08-24T03:00:00Z")
    result = refresh_indices()
    assert result.snapshot["simulated"] is False
    assert closes(result) == CLOSES | {"hnx30": None}
    assert snapshot.read()["simulated"] is False


def test_a_real_quote_replaces_a_simulated_one_of_its_moment(
    upstreams: Upstreams, make_quote: MakeQuote
) -> None:
    made_up = make_quote(
        as_of="2026-08-21T07:45:59.999Z", price=Decimal(1), simulated=True, source="demo"
    )
    refresh_indices()
    made_up.refresh_from_db()
    assert (made_up.price, made_up.simulated, made_up.source) == (
        Decimal("1768.12"),
        False,
        "vietcap",
    )


def test_a_simulated_quote_never_replaces_a_real_one(
    at: Callable[[str], None], make_quote: MakeQuote
) -> None:
    at("2026-08-21T03:21:00Z")
    real = make_quote(as_of="2026-08-21T03:21:00Z")
    made_up = {quote.code: quote for quote in demo_quotes(["VNINDEX"], clock.now(), Calendar())}
    store([real.index], made_up, clock.now(), simulated=True)
    stored = Quote.objects.get()
    assert (stored.price, stored.simulated, stored.source) == (Decimal("1768.12"), False, "vietcap")


def test_a_later_simulated_quote_does_not_make_a_real_one_old(
    upstreams: Upstreams, make_quote: MakeQuote
) -> None:
    make_quote(as_of="2026-08-21T08:09:00Z", simulated=True, source="demo")
    assert refresh_indices().failures == ()
