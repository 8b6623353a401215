"""The breakers: when a source is left alone, for how long, and how it comes back."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import redis

from market.breaker import Breaker, Breakers, State, read
from market.sources.base import (
    QuoteReply,
    SourceError,
    SourceInvalid,
    SourceRefused,
    SourceUnavailable,
)

NOW = datetime(2026, 8, 21, 3, 0, tzinfo=UTC)
DOWN = SourceUnavailable("kbs", "answered with status 503")
KEY = "market_source:kbs"


def ask(error: SourceError | None = None, now: datetime = NOW) -> bool:
    """One job that asks KBS; whether the source was really called."""
    called = []

    def call() -> None:
        called.append(1)
        if error:
            raise error

    breakers = Breakers(["kbs"], now)
    with suppress(SourceError):
        breakers.call("kbs", call)
    breakers.save()
    return bool(called)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def known() -> Breaker:
    return read(["kbs"])["kbs"]


def test_three_failures_in_a_row_open_it_and_a_success_between_starts_over() -> None:
    for error in (DOWN, DOWN, None, DOWN, DOWN):
        assert ask(error)
    assert known().state(NOW) == State.CLOSED
    assert ask(SourceInvalid("kbs", "expected a list"))
    assert known().state(NOW) == State.OPEN
    assert not ask()


def test_one_refusal_opens_it_for_a_quarter_of_an_hour() -> None:
    ask(SourceRefused("kbs", "refused with status 403"))
    assert known().until == minutes(15)
    assert not ask(now=minutes(14.9))
    assert ask(now=minutes(15))


@pytest.mark.parametrize(
    ("seconds", "rest"), [(600.0, 10), (5.0, 1), (7 * 86_400.0, 24 * 60), (0.0, 15)]
)
def test_retry_after_is_honoured_within_a_minute_and_a_day(seconds: float, rest: int) -> None:
    ask(SourceRefused("kbs", "refused with status 429", seconds))
    assert known().until == minutes(rest)


def test_a_resting_source_tells_until_when_and_why() -> None:
    ask(SourceRefused("kbs", "refused with status 403"))
    with pytest.raises(SourceUnavailable) as caught:
        Breakers(["kbs"], minutes(1)).call("kbs", lambda: None)
    assert caught.value.reason == "rests until 2026-08-21T03:15:00Z (refused with status 403)"


def test_after_the_rest_one_process_probes_and_the_others_wait() -> None:
    for _ in range(3):
        ask(DOWN)
    first, second = Breakers(["kbs"], minutes(2)), Breakers(["kbs"], minutes(2))
    assert known().state(minutes(2)) == State.HALF_OPEN
    with pytest.raises(SourceUnavailable, match="rests until"):
        first.call("kbs", lambda: second.call("kbs", lambda: None))


def test_failed_probes_double_the_rest_up_to_an_hour() -> None:
    now, rests = NOW, []
    for _ in range(11):
        assert ask(DOWN, now)
        until = known().until
        if until:
            rests.append((until - now) // timedelta(minutes=1))
            now = until
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_successful_probe_closes_it() -> None:
    for _ in range(3):
        ask(DOWN)
    assert ask(now=minutes(1))
    found = known()
    assert (found.state(minutes(1)), found.failures) == (State.CLOSED, 0)
    assert (found.failed_at, found.succeeded_at) == (NOW, minutes(1))


def test_a_reply_that_stopped_midway_is_returned_and_counts_as_its_failure() -> None:
    refused = SourceRefused("kbs", "refused with status 429", 300)
    reply = QuoteReply((), {"VN30": refused.reason}, stopped=refused)
    breakers = Breakers(["kbs"], NOW)
    assert breakers.call("kbs", lambda: reply) is reply
    breakers.save()
    assert (known().until, known().reason) == (minutes(5), "refused with status 429")


def test_without_redis_every_source_may_be_asked(dead_redis: None) -> None:
    for _ in range(5):
        assert ask(DOWN)


@pytest.mark.parametrize("text", ["{}", "5", "[]", '{"failures": "x"}', "no json", "\xff"])
def test_what_is_not_ours_under_the_key_is_a_closed_breaker(
    redis_client: redis.Redis, text: str
) -> None:
    redis_client.set(KEY, text)
    assert known() == Breaker("kbs")


def test_another_program_reads_the_state_as_plain_json(redis_client: redis.Redis) -> None:
    ask(SourceRefused("kbs", "refused with status 403"))
    assert json.loads(redis_client.get(KEY) or "") == {
        "failures": 1,
        "until": "2026-08-21T03:15:00Z",
        "reason": "refused with status 403",
        "failed_at": "2026-08-21T03:00:00Z",
        "succeeded_at": None,
    }


def test_a_job_writes_what_changed_and_nothing_else(redis_client: redis.Redis) -> None:
    breakers = Breakers(["kbs", "dnse"], NOW)
    breakers.call("dnse", lambda: None)
    assert list(breakers.changes()) == ["market_source:dnse"]
