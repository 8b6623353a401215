"""What Redis holds for other programs, and what the site reads when Redis or the feed is down."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import redis
from pytest_django import Settings

from market import snapshot
from market.models import Closure, Index, Quote
from market.refresh import refresh_indices
from marketsite import clock
from tests.market.conftest import FrozenServer, MakeQuote
from tests.upstreams import Upstreams

pytestmark = pytest.mark.django_db

CURRENT, LAST = "market_indices", "market_indices:last"
WEEK = 7 * 24 * 3600
NOW = "2026-08-21T08:10:00Z"


def value(code: str, close: float, previous: float, *rest: Any, **other: Any) -> dict[str, Any]:
    """An entry of the replayed close, in the order of the contract."""
    change, percent, volume, traded, stale = rest
    return {
        "value": {
            "code": code,
            "date": "2026-08-21",
            "open": None,
            "high": None,
            "low": None,
            "close": close,
            "volume": volume,
            "previous_close": previous,
            "change": change,
            "change_percent": percent,
            "value": traded,
            "source": "vietcap",
            "as_of": "2026-08-21T07:45:59.999Z",
            "stale": stale,
            "agreement": "single",
            "second": None,
        }
        | other,
        "error": None,
    }


EOD: dict[str, Any] = {
    "success": True,
    "indices": {
        "vnindex": value(
            "VNINDEX", 1768.12, 1734.24, 33.88, 1.9536, 783548119, 23412880517310, False
        ),
        "vn30": value("VN30", 1927.79, 1887.06, 40.73, 2.1584, 332596886, 13120455204910, False),
        "hnxindex": value("HNXINDEX", 284.07, 278.55, 5.52, 1.9817, 71754061, 1402118335200, False),
        "hnx30": value("HNX30", 612.35, 598.8, 13.55, 2.2629, 50210400, 1150420117000, False),
        # UPCoM trades until 15:00: Vietcap's reading of 14:45 is not its close, VNDirect's is
        "upcomindex": value(
            "UPCOMINDEX",
            128.18,
            127.55,
            0.63,
            0.4939,
            36786410,
            612050904300,
            False,
            open=127.6,
            high=128.44,
            low=127.31,
            source="vndirect",
            as_of="2026-08-21T08:06:06Z",
        ),
    },
    "generated_at": "2026-08-21T08:10:00Z",
    "next_refresh_at": "2026-08-21T08:13:00Z",
    "session": "closed",
    "simulated": False,
}


def stored(client: redis.Redis, key: str = CURRENT) -> Any:
    return json.loads(client.get(key) or "null")


def stale(found: Any) -> dict[str, bool | None]:
    entries = found["indices"].items()
    return {key: entry["value"] and entry["value"]["stale"] for key, entry in entries}


def close_of(found: snapshot.Snapshot, key: str = "vnindex") -> float | None:
    entry = found["indices"][key]["value"]
    return entry and entry["close"]


# The contract with other programs


def test_a_plain_client_reads_exactly_the_contract_under_both_keys(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    refresh_indices()
    ours = {"market_refresh", "market_source:vietcap", "market_source:vndirect"}
    assert set(redis_client.keys("*")) == {CURRENT, LAST} | ours
    for key in (CURRENT, LAST):
        text = redis_client.get(key) or ""
        # compared as text: 278.0 is no 278 here, and the order counts
        assert text == json.dumps(EOD)


@pytest.mark.parametrize(
    ("refresh", "fresh", "expires"), [(180, 300, 300), (180, 900, 900), (600, 300, 720)]
)
def test_the_snapshot_outlives_the_next_refresh_and_the_last_good_one_a_week(
    upstreams: Upstreams,
    settings: Settings,
    redis_client: redis.Redis,
    refresh: int,
    fresh: int,
    expires: int,
) -> None:
    settings.MARKET_REFRESH_SECONDS, settings.MARKET_SNAPSHOT_SECONDS = refresh, fresh
    refresh_indices()
    assert expires - 60 < redis_client.ttl(CURRENT) <= expires
    assert WEEK - 60 < redis_client.ttl(LAST) <= WEEK
    minutes = refresh // 60
    assert stored(redis_client)["next_refresh_at"] == f"2026-08-21T08:{10 + minutes}:00Z"


@pytest.mark.parametrize(
    ("scenario", "now", "session", "as_of"),
    [
        ("intraday", "2026-08-21T03:21:30Z", "morning", "2026-08-21T03:21:04Z"),
        ("lunch", "2026-08-21T05:12:30Z", "lunch", "2026-08-21T04:30:00Z"),
    ],
)
def test_in_session_and_at_lunch_a_live_reading_is_fresh(
    upstreams: Upstreams,
    at: Callable[[str], None],
    redis_client: redis.Redis,
    scenario: str,
    now: str,
    session: str,
    as_of: str,
) -> None:
    upstreams.scenario = scenario
    at(now)
    refresh_indices()
    found = stored(redis_client)
    assert found["session"] == session
    assert stale(found) == dict.fromkeys(found["indices"], False)
    assert {entry["value"]["as_of"] for entry in found["indices"].values()} == {as_of}
    assert {entry["value"]["date"] for entry in found["indices"].values()} == {"2026-08-21"}


def test_a_failed_refresh_keeps_values_with_the_reason_beside_them(
    upstreams: Upstreams, at: Callable[[str], None], redis_client: redis.Redis
) -> None:
    refresh_indices()
    upstreams.scenario = "blocked"
    at("2026-08-24T03:00:00Z")
    refresh_indices()
    refused = "refused with status 403"
    expected = EOD | {
        "success": False,
        "generated_at": "2026-08-24T03:00:00Z",
        "next_refresh_at": "2026-08-24T03:03:00Z",
        "session": "morning",
        "indices": {
            key: {
                "value": {**entry["value"], "stale": True},
                "error": f"vietcap: {refused}; vndirect: {refused}",
            }
            for key, entry in EOD["indices"].items()
        },
    }
    assert stored(redis_client, CURRENT) == expected
    assert stored(redis_client, LAST) == expected


def test_an_index_never_fetched_is_null_with_its_reason(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    upstreams.scenario = "down"
    refresh_indices()
    down = "answered with status 503"
    entry = {"value": None, "error": f"vietcap: {down}; vndirect: {down}"}
    found = stored(redis_client)
    assert found["indices"] == dict.fromkeys(EOD["indices"], entry)
    assert found["success"] is False
    assert not redis_client.exists(LAST)
    assert snapshot.read() == found  # the reasons reach the readers


def test_a_holiday_that_an_editor_adds_counts_at_the_next_refresh(
    upstreams: Upstreams, at: Callable[[str], None], redis_client: redis.Redis
) -> None:
    Closure.objects.create(day=date(2026, 8, 24))
    refresh_indices()
    upstreams.scenario = "down"
    at("2026-08-24T03:00:00Z")
    refresh_indices()
    found = stored(redis_client)
    assert found["session"] == "holiday"
    assert stale(found)["vnindex"] is False  # Friday's close is the last that there is


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-08-21T07:45:59.999000+00:00", "2026-08-21T07:45:59.999Z"),
        ("2026-08-21T14:45:00+07:00", "2026-08-21T07:45:00Z"),
    ],
)
def test_times_are_utc_with_z(moment: str, text: str) -> None:
    assert snapshot.iso(clock.parse(moment)) == text


# What the site reads


def test_the_current_snapshot_is_read_as_it_was_written_without_the_database(
    upstreams: Upstreams, django_assert_num_queries: Any
) -> None:
    refresh_indices()
    with django_assert_num_queries(0):
        found = snapshot.read()
    assert found == EOD


def test_when_the_refresh_is_late_the_flags_are_told_anew(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.scenario = "intraday"
    at("2026-08-21T03:21:30Z")
    refresh_indices()
    at("2026-08-21T03:24:30Z")
    assert not any(stale(snapshot.read()).values())
    at("2026-08-21T04:31:00Z")
    found = snapshot.read()
    assert stale(found) == dict.fromkeys(found["indices"], True)
    assert found["session"] == "lunch"
    assert found["generated_at"] == "2026-08-21T03:21:30Z"


def test_without_a_current_snapshot_the_last_good_one_is_shown_with_its_age(
    upstreams: Upstreams, at: Callable[[str], None], redis_client: redis.Redis
) -> None:
    refresh_indices()
    redis_client.delete(CURRENT)
    Quote.objects.all().delete()  # so that only the kept snapshot can answer
    at("2026-08-24T03:00:00Z")
    found = snapshot.read()
    assert (found["success"], found["session"]) == (False, "morning")
    assert found["generated_at"] == EOD["generated_at"]
    assert close_of(found) == 1768.12
    assert stale(found) == dict.fromkeys(found["indices"], True)
    assert {entry["error"] for entry in found["indices"].values()} == {"no current snapshot"}


def test_an_empty_redis_is_answered_by_the_stored_quotes(
    upstreams: Upstreams, at: Callable[[str], None], redis_client: redis.Redis
) -> None:
    refresh_indices()
    upstreams.reset()
    redis_client.flushdb()
    at("2026-08-24T03:00:00Z")
    found = snapshot.read()
    assert list(found["indices"]) == list(EOD["indices"])
    assert close_of(found) == 1768.12
    assert stale(found) == dict.fromkeys(found["indices"], True)
    assert found["generated_at"] == NOW  # when the numbers were fetched, not when they were read
    assert upstreams.calls == []


def test_quotes_that_came_in_while_redis_was_away_win_over_its_last_snapshot(
    upstreams: Upstreams, redis_client: redis.Redis, make_quote: MakeQuote
) -> None:
    refresh_indices()
    redis_client.delete(CURRENT)
    make_quote(
        as_of="2026-08-21T08:09:00Z", price=Decimal(1770), fetched_at=clock.parse(NOW[:-1] + ".5Z")
    )
    assert close_of(snapshot.read()) == 1770


def test_with_nothing_known_every_index_is_null_and_none_is_zero(at: Callable[[str], None]) -> None:
    at(NOW)
    found = snapshot.read()
    entry = {"value": None, "error": "not fetched yet"}
    assert found["indices"] == dict.fromkeys(EOD["indices"], entry)
    assert (found["success"], found["simulated"]) == (False, False)


# Redis away, or not ours


def test_without_redis_the_stored_quotes_answer(
    at: Callable[[str], None], make_quote: MakeQuote, dead_redis: None
) -> None:
    at(NOW)
    make_quote()
    found = snapshot.read()
    assert (close_of(found), close_of(found, "vn30")) == (1768.12, None)


def test_a_frozen_redis_is_waited_for_once_and_then_left_alone(
    at: Callable[[str], None], make_quote: MakeQuote, frozen_redis: FrozenServer
) -> None:
    at(NOW)
    make_quote()
    for _ in range(5):
        assert close_of(snapshot.read()) == 1768.12
    assert frozen_redis.connections == 1


def test_redis_is_asked_again_when_its_rest_is_over(
    upstreams: Upstreams,
    frozen_redis: FrozenServer,
    make_quote: MakeQuote,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snapshot.read()
    monkeypatch.setattr("marketsite.redis._rests_until", 0.0)
    snapshot.read()
    assert frozen_redis.connections == 2


GOOD = json.dumps(EOD)


def changed(**fields: Any) -> str:
    return json.dumps(EOD | fields)


def changed_value(**fields: Any) -> str:
    document = json.loads(GOOD)
    document["indices"]["vnindex"]["value"] |= fields
    return json.dumps(document)


FOREIGN: dict[str, str | bytes] = {
    "cut": GOOD[:200],
    "empty": "",
    "not UTF-8": b"\xff\xfe\x00{",
    "deep": "[" * 100_000,
    "null": "null",
    "number": "5",
    "list": "[]",
    "old system's": json.dumps({"vnindex": {"code": "VNINDEX", "close": 1768.12}}),
    "indices a list": changed(indices=[]),
    "index a number": changed(indices={"vnindex": 1768.12}),
    "entry without error": changed(indices={"vnindex": {"value": None}}),
    "success a text": changed(success="yes"),
    "time without offset": changed(generated_at="2026-08-21T08:10:00"),
    "time a number": changed(next_refresh_at=1787299800),
    "close a text": changed_value(close="1768.12"),
    "close null": changed_value(close=None),
    "close not a number": changed_value(close=float("nan")),
    "close endless": changed_value(close=1.0).replace('"close": 1.0', '"close": 1e999'),
    "close true": changed_value(close=True),
    "volume a fraction": changed_value(volume=0.5),
    "as-of a word": changed_value(as_of="yesterday"),
    "agreement a number": changed_value(agreement=1),
    "second a price": changed_value(second=1768.12),
    "second without its source": changed_value(second={"close": 1768.12}),
}


@pytest.mark.parametrize("key", [CURRENT, LAST])
def test_an_older_releases_document_is_read_as_one_of_single_sources(
    at: Callable[[str], None], redis_client: redis.Redis, key: str
) -> None:
    at(NOW)
    document = json.loads(GOOD)
    for entry in document["indices"].values():
        del entry["value"]["agreement"], entry["value"]["second"]
    redis_client.set(key, json.dumps(document))
    found = snapshot.read()["indices"]["vnindex"]["value"]
    assert found == EOD["indices"]["vnindex"]["value"]


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("key", [CURRENT, LAST])
def test_what_is_not_ours_under_a_key_is_passed_over(
    at: Callable[[str], None],
    make_quote: MakeQuote,
    redis_client: redis.Redis,
    key: str,
    text: str | bytes,
) -> None:
    at(NOW)
    make_quote(price=Decimal("1700.5"))
    redis_client.set(key, text)
    assert close_of(snapshot.read()) == 1700.5


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_current_snapshot_does_not_hide_the_last_good_one(
    at: Callable[[str], None], redis_client: redis.Redis, text: str | bytes
) -> None:
    at(NOW)
    redis_client.set(CURRENT, text)
    redis_client.set(LAST, GOOD)
    assert close_of(snapshot.read()) == 1768.12


def test_a_key_of_another_kind_is_passed_over_and_the_refresh_replaces_it(
    upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    redis_client.rpush(CURRENT, "a list")
    assert close_of(snapshot.read()) is None
    assert refresh_indices().success
    assert close_of(snapshot.read()) == 1768.12


# Simulated numbers


@pytest.fixture
def simulated(
    at: Callable[[str], None], settings: Settings, redis_client: redis.Redis
) -> dict[str, Any]:
    """A site that shows the demo feed."""
    at(NOW)
    settings.MARKET_DEMO = "auto"
    refresh_indices()
    found = stored(redis_client)
    assert found["simulated"] is True
    return found


def test_simulated_numbers_are_marked_wherever_they_are_read_from(
    simulated: dict[str, Any], redis_client: redis.Redis
) -> None:
    assert snapshot.read() == simulated
    for key in (CURRENT, LAST):
        redis_client.delete(key)
        found = snapshot.read()
        assert found["simulated"] is True
        assert close_of(found) == simulated["indices"]["vnindex"]["value"]["close"]


@pytest.mark.parametrize("keys", [[], [CURRENT], [CURRENT, LAST]])
def test_once_a_real_quote_is_stored_no_simulated_one_is_read_whatever_redis_holds(
    simulated: dict[str, Any], make_quote: MakeQuote, redis_client: redis.Redis, keys: list[str]
) -> None:
    make_quote(as_of="2026-08-20T07:45:59Z")
    for key in keys:
        redis_client.delete(key)
    found = snapshot.read()
    assert found["simulated"] is False
    assert (close_of(found), close_of(found, "vn30")) == (1768.12, None)


@pytest.mark.parametrize("keys", [[], [CURRENT], [CURRENT, LAST]])
def test_a_site_that_may_not_simulate_any_more_shows_nothing_simulated(
    simulated: dict[str, Any], settings: Settings, redis_client: redis.Redis, keys: list[str]
) -> None:
    settings.MARKET_DEMO = "never"
    for key in keys:
        redis_client.delete(key)
    found = snapshot.read()
    assert found["simulated"] is False
    assert all(entry["value"] is None for entry in found["indices"].values())


def test_the_refresh_of_a_site_that_may_not_simulate_leaves_nothing_simulated(
    simulated: dict[str, Any], settings: Settings, redis_client: redis.Redis
) -> None:
    settings.MARKET_DEMO = "never"
    refresh_indices()
    assert stored(redis_client)["simulated"] is False
    assert close_of(snapshot.read()) is None
    assert Index.objects.count() == 5
