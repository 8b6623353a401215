"""`GET /api/v1/market/indices`: the snapshot, from Redis, in the old system's shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.db import connection
from django.test import Client
from pytest_django import Settings

from market.refresh import refresh_indices
from tests.market.conftest import FrozenServer, MakeQuote
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/market/indices"


def test_it_is_the_snapshot_that_redis_holds_and_no_upstream_is_called(
    client: Client,
    upstreams: Upstreams,
    redis_client: redis.Redis,
    django_assert_num_queries: Any,
) -> None:
    refresh_indices()
    upstreams.reset()
    with django_assert_num_queries(0):
        response = client.get(ADDRESS)
    assert (response.status_code, response["Content-Type"].partition(";")[0]) == (
        200,
        "application/json",
    )
    assert response.json() == json.loads(redis_client.get("market_indices") or "")
    assert response.json()["indices"]["vnindex"]["value"]["close"] == 1768.12
    assert upstreams.calls == []


def test_with_redis_empty_the_database_answers_and_still_no_upstream_is_called(
    client: Client, upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_indices()
    upstreams.reset()
    redis_client.flushdb()
    body = client.get(ADDRESS).json()
    assert (body["success"], body["indices"]["vnindex"]["value"]["close"]) == (False, 1768.12)
    assert body["indices"]["vnindex"]["error"] == "no current snapshot"
    assert upstreams.calls == []


def test_with_redis_frozen_the_database_answers(
    client: Client, at: Callable[[str], None], make_quote: MakeQuote, frozen_redis: FrozenServer
) -> None:
    at("2026-08-21T08:10:00Z")
    make_quote()
    for _ in range(3):
        assert client.get(ADDRESS).json()["indices"]["vnindex"]["value"]["close"] == 1768.12
    assert frozen_redis.connections == 1


def test_with_nothing_known_values_are_null_with_reasons(
    client: Client, upstreams: Upstreams
) -> None:
    upstreams.scenario = "down"
    refresh_indices()
    response = client.get(ADDRESS)
    assert response.status_code == 200
    for entry in response.json()["indices"].values():
        assert entry["value"] is None
        assert entry["error"].startswith("vietcap: ")


def test_simulated_numbers_are_marked(
    client: Client, at: Callable[[str], None], settings: Settings
) -> None:
    at("2026-08-21T08:10:00Z")
    settings.MARKET_DEMO = "auto"
    refresh_indices()
    body = client.get(ADDRESS).json()
    assert body["simulated"] is True
    assert body["indices"]["vnindex"]["value"]["source"] == "demo"


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/api/v1/market/nothing", 404, "Not Found"),
        ("GET", "/api/v2/", 404, "Not Found"),
        ("POST", ADDRESS, 405, "Method Not Allowed"),
        ("DELETE", ADDRESS, 405, "Method Not Allowed"),
    ],
)
def test_errors_are_json_with_a_detail(
    client: Client, method: str, path: str, status: int, detail: str
) -> None:
    response = client.generic(method, path)
    assert (response.status_code, response.json()) == (status, {"detail": detail})


def test_a_fault_inside_shows_nothing_of_the_inside(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE market_quote RENAME TO elsewhere")
    response = client.get(ADDRESS)
    assert (response.status_code, response.json()) == (500, {"detail": "Internal error"})
