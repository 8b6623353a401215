"""Outside trading hours: the sources are left alone, the snapshot is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from pytest_django import Settings

from market import snapshot
from market.models import Index, Quote
from market.refresh import refresh_indices
from market.sessions import Calendar, is_idle
from tests.market.refreshed import CLOSES, KEYS, closes, errors
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 8, 21, 15, 0, tzinfo=UTC)  # Friday, 22:00 in Vietnam


@pytest.fixture(autouse=True)
def pace(settings: Settings) -> None:
    settings.MARKET_REFRESH_SECONDS, settings.MARKET_IDLE_SECONDS = 180, 900


@pytest.fixture
def night(upstreams: Upstreams, at: Callable[[str], None]) -> Callable[[float], None]:
    """Move the clock to so many minutes into the night."""

    def move(minutes: float) -> None:
        at(snapshot.iso(NIGHT + timedelta(minutes=minutes)))

    move(0)
    return move


@pytest.mark.parametrize(
    ("local", "idle"),
    [
        ("2026-08-21T08:59:59", True),
        ("2026-08-21T09:00:00", False),
        ("2026-08-21T12:00:00", False),  # midday is part of the session
        ("2026-08-21T15:29:59", False),
        ("2026-08-21T15:30:00", True),
        ("2026-08-22T10:00:00", True),  # Saturday
        ("2026-08-31T10:00:00", True),  # a holiday
        ("2026-11-24T10:00:00", False),  # called closed by some, confirmed by none: it is polled
    ],
)
def test_nothing_new_can_come_from_half_an_hour_after_upcoms_close_to_the_opening(
    local: str, idle: bool
) -> None:
    assert is_idle(datetime.fromisoformat(f"{local}+07:00"), Calendar()) is idle


def test_the_sources_are_asked_every_quarter_of_an_hour_and_the_snapshot_renewed_each_time(
    upstreams: Upstreams, night: Callable[[float], None], redis_client: redis.Redis
) -> None:
    asked = []
    for minute in range(0, 36, 3):
        night(minute)
        result = refresh_indices()
        asked.append(len(upstreams.calls))
        assert (result.success, closes(result), errors(result)) == (
            True, CLOSES, dict.fromkeys(KEYS),
        )  # fmt: skip
        stored = json.loads(redis_client.get("market_indices") or "")
        assert stored == result.snapshot
        assert stored["generated_at"] == snapshot.iso(NIGHT + timedelta(minutes=minute))
        assert redis_client.ttl("market_indices") > 180
    assert asked == [2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4]  # UPCoM's close from VNDirect, once
    assert Quote.objects.count() == 5


def test_a_renewed_snapshot_is_the_polled_one_but_for_its_times(
    upstreams: Upstreams, night: Callable[[float], None]
) -> None:
    first = refresh_indices()
    night(3)
    second = refresh_indices()
    assert (first.polled, second.polled, second.fetched) == (True, False, {})
    times = {"generated_at", "next_refresh_at"}
    assert {**first.snapshot, **dict.fromkeys(times)} == {
        **second.snapshot, **dict.fromkeys(times),
    }  # fmt: skip


def test_sources_that_fail_are_asked_no_more_often_than_those_that_answer(
    upstreams: Upstreams, night: Callable[[float], None]
) -> None:
    refresh_indices()
    upstreams.scenario = "down"
    night(15)
    failed = refresh_indices()
    assert (failed.polled, failed.success) == (True, False)
    upstreams.reset()
    upstreams.scenario = "eod"
    night(18)
    result = refresh_indices()
    assert (result.polled, result.success, len(upstreams.calls)) == (False, False, 0)
    assert errors(result) == errors(failed)
    night(30)
    result = refresh_indices()
    assert (result.polled, result.success, len(upstreams.calls)) == (True, True, 1)


def test_a_site_that_knows_nothing_yet_asks_at_the_normal_pace(
    upstreams: Upstreams, night: Callable[[float], None]
) -> None:
    upstreams.scenario = "down"
    refresh_indices()
    upstreams.scenario = "eod"
    night(3)
    result = refresh_indices()
    assert (result.polled, closes(result)) == (True, CLOSES)


def test_what_the_last_poll_could_not_get_is_told_until_the_next(
    upstreams: Upstreams, night: Callable[[float], None]
) -> None:
    upstreams.scenario = "partial"
    upstreams.always("vndirect.quotes", Reply(body={"data": []}))
    told = errors(refresh_indices())
    assert told["hnx30"]
    night(3)
    result = refresh_indices()
    assert (result.polled, errors(result)) == (False, told)
    assert closes(result)["hnx30"] is None


def test_a_new_index_does_not_wait_for_the_next_poll(
    upstreams: Upstreams, night: Callable[[float], None]
) -> None:
    refresh_indices()
    Index.objects.create(
        code="VNMID", key="vnmid", name="VNMID", exchange="HOSE", position=9,
        vendor_codes={"vietcap": "VNMID"},
    )  # fmt: skip
    night(3)
    assert refresh_indices().polled
    night(6)
    result = refresh_indices()
    assert not result.polled
    assert "not in the answer" in (errors(result)["vnmid"] or "")


@pytest.mark.parametrize("minutes", [-60, 24 * 60])
def test_a_clock_that_was_moved_knows_of_no_poll(
    upstreams: Upstreams, night: Callable[[float], None], minutes: float
) -> None:
    refresh_indices()
    night(minutes)
    assert refresh_indices().polled


def test_without_redis_every_refresh_asks(
    upstreams: Upstreams, night: Callable[[float], None], dead_redis: None
) -> None:
    refresh_indices()
    night(3)
    assert refresh_indices().polled


@pytest.mark.parametrize("text", ["5", "{}", '{"polled_at": 7}', "no json"])
def test_what_is_not_ours_under_the_key_is_no_memory(
    upstreams: Upstreams, night: Callable[[float], None], redis_client: redis.Redis, text: str
) -> None:
    refresh_indices()
    redis_client.set("market_refresh", text)
    night(3)
    assert refresh_indices().polled


def test_at_the_opening_the_normal_pace_is_back(
    upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    upstreams.scenario = "demo"
    asked = []
    for moment in ("01:50", "01:56", "01:59", "02:00", "02:03", "02:06"):
        at(f"2026-08-24T{moment}:00Z")
        before = len(upstreams.calls_to("vietcap.quotes"))
        refresh_indices()
        asked.append(len(upstreams.calls_to("vietcap.quotes")) - before)
    assert asked == [1, 0, 0, 1, 1, 1]
