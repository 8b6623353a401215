"""What a refresh remembers of sources that failed: whom the next one leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from market import breaker
from market.models import Index
from market.refresh import Failure, refresh_indices
from marketsite import clock
from tests.market.refreshed import CLOSES, KEYS, closes, errors, sources
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.django_db

IN_SESSION = "2026-08-21T03:00:00Z"


@pytest.fixture
def move(at: Callable[[str], None], upstreams: Upstreams) -> Callable[[str], None]:
    """Move the clock within a session of a market that follows it."""
    upstreams.scenario = "demo"
    at(IN_SESSION)
    return lambda time: at(f"2026-08-21T{time}Z")


def test_a_source_that_refused_rests_and_the_next_answers_for_it(
    upstreams: Upstreams, move: Callable[[str], None]
) -> None:
    upstreams.always("vietcap.quotes", Reply(status=403, body="no"))
    refresh_indices()
    upstreams.reset()
    move("03:03:00")
    result = refresh_indices()
    assert [call.name for call in upstreams.calls] == ["vndirect.quotes"]
    assert sources(result) == dict.fromkeys(KEYS, "vndirect")
    reason = "rests until 2026-08-21T03:15:00Z (refused with status 403)"
    assert result.failures == (Failure("vietcap", reason),)
    move("03:15:00")
    assert sources(refresh_indices()) == dict.fromkeys(KEYS, "vietcap")


@pytest.mark.parametrize(("wait", "back"), [("600", "03:10:00"), ("1800", "03:30:00")])
def test_retry_after_is_the_length_of_the_rest(
    upstreams: Upstreams, move: Callable[[str], None], wait: str, back: str
) -> None:
    upstreams.script(
        "vietcap.quotes", Reply(status=429, headers={"Retry-After": wait}, body="slow down")
    )
    refresh_indices()
    known = breaker.read(["vietcap"])["vietcap"]
    assert known.until == clock.parse(f"2026-08-21T{back}Z")
    move("03:09:59")
    refresh_indices()
    assert len(upstreams.calls_to("vietcap.quotes")) == 1
    move(back)
    refresh_indices()
    assert len(upstreams.calls_to("vietcap.quotes")) == 2


def test_when_all_sources_rest_the_values_stay_with_the_reason(
    upstreams: Upstreams, move: Callable[[str], None]
) -> None:
    before = closes(refresh_indices())
    upstreams.scenario = "blocked"
    move("03:03:00")
    refresh_indices()
    upstreams.reset()
    move("03:06:00")
    result = refresh_indices()
    assert (upstreams.calls, result.success, closes(result)) == ([], False, before)
    assert all(error and error.count("rests until") == 2 for error in errors(result).values())


def test_a_source_that_stops_midway_keeps_what_it_gave_and_rests(
    upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_SOURCES = ["kbs", "vietcap"]
    refused = Reply(status=429, headers={"Retry-After": "600"}, body="slow down")
    upstreams.script("kbs.minutes", Reply(), Reply(), refused)
    result = refresh_indices()
    assert closes(result) == CLOSES
    assert list(sources(result).values()) == ["kbs", "kbs", "vietcap", "vietcap", "vietcap"]
    known = breaker.read(["kbs"])["kbs"]
    assert known.until == clock.parse("2026-08-21T08:20:00Z")
    assert [failure.code for failure in result.failures] == ["HNXINDEX", "HNX30", "UPCOMINDEX"]


def test_a_source_that_offers_none_of_what_is_missing_is_neither_asked_nor_judged(
    upstreams: Upstreams,
) -> None:
    upstreams.scenario = "partial"
    for index in Index.objects.filter(code__in=["HNX30", "UPCOMINDEX"]):
        del index.vendor_codes["vndirect"]
        index.save()
    result = refresh_indices()
    assert closes(result) == CLOSES | {"hnx30": None}
    assert breaker.read(["vndirect"])["vndirect"].succeeded_at is None


def test_an_index_is_asked_for_by_the_name_in_its_row(upstreams: Upstreams) -> None:
    Index.objects.filter(code="VN30").update(vendor_codes={"vietcap": "HNX30"})
    assert closes(refresh_indices())["vn30"] == CLOSES["hnx30"]
