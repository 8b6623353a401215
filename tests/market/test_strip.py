"""What pages show of the market: figures, sparklines, breadth, and a Redis that does not answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from pytest_django import Settings

from market.models import Bar, Index
from market.refresh import refresh_indices
from market.strip import breadth, market_strip
from tests.html import Page
from tests.market.conftest import FrozenServer, MakeBar, MakeQuote
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

NOW = "2026-08-21T08:10:00Z"
SPARKS = "market_sparklines:real"


def points(code: str = "VNINDEX") -> int:
    """How many points the sparkline of an index has."""
    (item,) = (item for item in market_strip().items if item.code == code)
    return item.spark.count(",")


def test_each_followed_index_is_an_item_with_its_figures(upstreams: Upstreams) -> None:
    refresh_indices()
    strip = market_strip()
    assert [item.name for item in strip.items] == [
        "VN-Index",
        "VN30",
        "HNX-Index",
        "HNX30",
        "UPCoM-Index",
    ]
    item = strip.items[0]
    assert (item.price, item.change, item.change_percent) == (
        Decimal("1768.12"),
        Decimal("33.88"),
        Decimal("1.9536"),
    )
    assert (item.source, item.stale, item.error) == ("vietcap", False, "")
    assert item.age == timedelta(minutes=24, milliseconds=1)
    assert (strip.session, strip.simulated, strip.available) == ("closed", False, True)
    assert strip.next_refresh_at - strip.generated_at == timedelta(seconds=180)


def test_the_strip_says_whether_the_last_refresh_brought_numbers(
    client: Client, upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    def told() -> tuple[str | None, str | None]:
        strip = Page(client.get("/en/indices/").content).one("div", class_="strip")
        return strip.get("data-renewed"), strip.get("data-made")

    refresh_indices()
    assert told() == ("true", "2026-08-21T08:10:00+00:00")
    upstreams.scenario = "down"
    at("2026-08-24T04:20:00Z")
    refresh_indices()
    assert told() == ("false", "2026-08-24T04:20:00+00:00")


def test_the_strip_is_written_once_for_a_language_and_anew_with_its_numbers(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    refresh_indices()
    first = market_strip().html
    assert "1.768,12" in first
    at("2026-08-21T08:11:00Z")
    assert market_strip().html is first  # what a later moment changes, the reader's script writes
    with override("en"):
        assert "1,768.12" in market_strip().html
    Index.objects.filter(code="VNINDEX").update(name="VN <Index>")
    assert "VN &lt;Index&gt;" in market_strip().html
    at("2026-08-21T08:13:00Z")
    refresh_indices()
    assert 'data-made="2026-08-21T08:13:00+00:00"' in market_strip().html


@pytest.mark.parametrize(
    ("price", "direction"), [("1734.25", "up"), ("1734.24", "flat"), ("1734.23", "down")]
)
def test_direction_is_that_of_the_change(
    at: Callable[[str], None], make_quote: MakeQuote, price: str, direction: str
) -> None:
    at(NOW)
    make_quote(price=Decimal(price))
    assert market_strip().items[0].direction == direction


def test_an_unknown_index_has_no_figure_and_a_reason(
    at: Callable[[str], None], make_quote: MakeQuote
) -> None:
    at(NOW)
    make_quote()
    item = market_strip().items[1]
    assert (item.price, item.change, item.age, item.direction) == (None, None, None, "unknown")
    assert item.error == "not fetched yet"


def test_a_site_without_any_number_says_so(at: Callable[[str], None]) -> None:
    at(NOW)
    strip = market_strip()
    assert (strip.available, strip.as_of, len(strip.items)) == (False, None, 5)


def test_an_index_made_inactive_leaves_the_strip_at_once(upstreams: Upstreams) -> None:
    refresh_indices()
    Index.objects.filter(code="HNX30").update(active=False)
    assert [item.key for item in market_strip().items] == [
        "vnindex",
        "vn30",
        "hnxindex",
        "upcomindex",
    ]


def test_an_index_made_active_is_shown_before_its_first_refresh(upstreams: Upstreams) -> None:
    Index.objects.filter(code="HNX30").update(active=False)
    refresh_indices()
    Index.objects.filter(code="HNX30").update(active=True)
    items = {item.key: item for item in market_strip().items}
    assert (items["hnx30"].price, items["hnx30"].error) == (None, "not fetched yet")


# Sparklines


def test_the_sparkline_draws_the_last_thirty_closes_and_the_price(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    refresh_indices()
    for back in range(40):
        make_bar(str(date(2026, 8, 20) - timedelta(days=back)))
    assert points() == 31
    assert points("VN30") == 0


def test_bars_that_end_long_ago_are_not_joined_to_todays_price(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    refresh_indices()
    for day in range(1, 20):
        make_bar(f"2023-08-{day:02}")
    assert points() == 0


def test_simulated_bars_are_not_drawn_beside_a_real_price(
    upstreams: Upstreams, make_bar: MakeBar
) -> None:
    refresh_indices()
    make_bar("2026-08-19", "9999", simulated=True)
    make_bar("2026-08-20", "1734.24")
    assert points() == 2


def test_closes_are_kept_in_redis_for_a_while(
    upstreams: Upstreams, make_bar: MakeBar, redis_client: redis.Redis
) -> None:
    refresh_indices()
    make_bar("2026-08-20", "1734.24")
    assert points() == 2
    assert json.loads(redis_client.get(SPARKS) or "") == {"VNINDEX": [1734.24]}
    assert 0 < redis_client.ttl(SPARKS) <= 600
    Bar.objects.all().delete()
    assert points() == 2


@pytest.mark.parametrize("text", ["{", "[1]", '{"VNINDEX": 5}', '{"VNINDEX": ["a", null]}'])
def test_what_is_not_ours_under_the_sparklines_key_is_replaced(
    upstreams: Upstreams, make_bar: MakeBar, redis_client: redis.Redis, text: str
) -> None:
    refresh_indices()
    make_bar("2026-08-20", "1734.24")
    redis_client.set(SPARKS, text)
    assert points() == 2
    assert json.loads(redis_client.get(SPARKS) or "") == {"VNINDEX": [1734.24]}


# Breadth


def test_breadth_is_of_the_newest_quote_of_the_kind_that_is_shown(
    at: Callable[[str], None], make_quote: MakeQuote, settings: Settings
) -> None:
    at(NOW)
    settings.MARKET_DEMO = "auto"
    make_quote(as_of="2026-08-21T08:00:00Z", advances=1, simulated=True, source="demo")
    assert breadth()["vnindex"].advances == 1
    make_quote(as_of="2026-08-21T07:00:00Z", advances=240)
    make_quote(as_of="2026-08-21T07:45:59Z", advances=241)
    assert breadth()["vnindex"].advances == 241


# Pages


@pytest.mark.parametrize("failure", ["frozen_redis", "dead_redis"])
def test_pages_answer_from_the_database_when_redis_does_not(
    client: Client,
    at: Callable[[str], None],
    make_quote: MakeQuote,
    make_bar: MakeBar,
    request: pytest.FixtureRequest,
    failure: str,
) -> None:
    at(NOW)
    make_quote()
    make_bar("2026-08-20", "1734.24")
    server: Any = request.getfixturevalue(failure)
    for _ in range(3):
        response = client.get(reverse("indices"))
        assert response.status_code == 200
        assert "1.768,12" in response.content.decode()
        assert "<polyline" in response.content.decode()
    if isinstance(server, FrozenServer):
        assert server.connections == 1  # one reader waited once


def test_a_page_view_calls_no_upstream(client: Client, upstreams: Upstreams) -> None:
    refresh_indices()
    upstreams.reset()
    assert "1.768,12" in client.get(reverse("indices")).content.decode()
    assert upstreams.calls == []
