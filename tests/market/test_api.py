"""`GET /api/v1/market/indices`: the snapshot, from Redis, in the old system's shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import Settings

from market.overview import refresh_overview
from market.refresh import refresh_indices
from marketsite.sessions import SessionStore
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


def test_anyone_may_keep_the_answer_until_the_next_refresh(
    client: Client, upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    refresh_indices()
    for moment, seconds in (
        ("2026-08-21T08:10:00Z", 180),
        ("2026-08-21T08:11:00.400Z", 120),
        ("2026-08-21T08:12:59.900Z", 1),
        ("2026-08-21T08:20:00Z", 1),
        ("2026-08-21T07:50:00Z", 180),  # a clock set back
    ):
        at(moment)
        response = client.get(ADDRESS)
        assert response["Cache-Control"] == f"public, max-age={seconds}", moment
    assert not response.cookies
    assert "Vary" not in response


def test_who_has_the_answer_already_is_told_so_until_it_changes(
    client: Client, upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    refresh_indices()
    first = client.get(ADDRESS)
    assert re.fullmatch(r'"[0-9a-f]{32}"', first["ETag"])
    known = {"if-none-match": f'"other", {first["ETag"]}'}
    again = client.get(ADDRESS, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert (again["ETag"], again["Cache-Control"]) == (first["ETag"], first["Cache-Control"])
    at("2026-08-21T08:13:00Z")
    refresh_indices()
    renewed = client.get(ADDRESS, headers=known)
    assert (renewed.status_code, renewed["ETag"] == first["ETag"]) == (200, False)


def test_an_answer_costs_redis_one_round_trip_and_touches_no_session(
    upstreams: Upstreams, redis_client: redis.Redis, django_assert_num_queries: Any
) -> None:
    refresh_indices()
    client = Client()
    session = SessionStore()
    session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    client.get(ADDRESS)

    def calls() -> dict[str, int]:
        found: dict[str, dict[str, int]] = redis_client.info("commandstats")
        return {name: stats["calls"] for name, stats in found.items() if "info" not in name}

    before = calls()
    with django_assert_num_queries(0):
        response = client.get(ADDRESS)
    made = {name: count - before.get(name, 0) for name, count in calls().items()}
    assert {name: count for name, count in made.items() if count} == {"cmdstat_mget": 1}
    assert not response.cookies


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


def test_the_overview_is_the_document_that_redis_holds(
    client: Client, upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    overview = "/api/v1/market/overview"
    response = client.get(overview)
    assert response.status_code == 404
    assert response.json() == {"detail": "No overview has been fetched yet"}
    refresh_overview()
    upstreams.reset()
    response = client.get(overview)
    assert response.json() == json.loads(redis_client.get("latest_market_data") or "")
    assert response["Cache-Control"].startswith("public, max-age=")
    known = {"if-none-match": response["ETag"]}
    assert client.get(overview, headers=known).status_code == 304
    assert upstreams.calls == []


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


def test_head_is_answered_as_get(client: Client, upstreams: Upstreams) -> None:
    refresh_indices()
    got, head = client.get(ADDRESS), client.head(ADDRESS)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(got.content))
