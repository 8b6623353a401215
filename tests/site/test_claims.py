"""A moment's job is done by the first who claims it, whatever the clocks and Redis do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import redis
from pytest_django import Settings

from market.tasks import APART
from marketsite.claims import claimed
from marketsite.redis import cache_settings

SECONDS = 135.0


@pytest.mark.parametrize(
    ("moment", "ours"),
    [
        ("2026-08-21T08:00:00Z", False),
        ("2026-08-21T08:02:14Z", False),
        ("2026-08-21T08:02:15Z", True),
        ("2026-08-21T07:59:59Z", False),  # another machine's clock is behind
        ("2026-08-20T08:00:00Z", True),  # the clock was set back: the job does not wait for a day
    ],
)
def test_a_claim_holds_for_its_seconds(at: Callable[[str], None], moment: str, ours: bool) -> None:
    at("2026-08-21T08:00:00Z")
    assert claimed("refresh", SECONDS)
    at(moment)
    assert claimed("refresh", SECONDS) is ours
    assert claimed("another", SECONDS)


def test_of_many_at_the_same_moment_one_gets_it(at: Callable[[str], None]) -> None:
    at("2026-08-21T08:00:00Z")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: claimed("refresh", SECONDS), range(64)))
    assert won.count(True) == 1


def test_two_beats_that_ring_at_any_distance_lead_to_one_job_an_interval(
    at: Callable[[str], None], redis_client: redis.Redis
) -> None:
    for distance in range(0, 180, 15):
        redis_client.delete("claim:refresh")
        done = []
        for bell in sorted([*range(0, 1800, 180), *range(distance, 1800 + distance, 180)]):
            at(f"2026-08-21T08:{bell // 60:02}:{bell % 60:02}Z")
            if claimed("refresh", APART * 180):
                done.append(bell)
        gaps = {after - before for before, after in pairwise(done[1:])}
        assert gaps == {180}, distance


def test_without_redis_everybody_does_it(settings: Settings) -> None:
    settings.CACHES = {"default": cache_settings("redis://127.0.0.1:9/0", 8, 0.2)}
    assert claimed("refresh", SECONDS)
    assert claimed("refresh", SECONDS)


def test_what_is_no_moment_does_not_stop_the_job(
    at: Callable[[str], None], redis_client: redis.Redis
) -> None:
    at("2026-08-21T08:00:00Z")
    redis_client.set("claim:refresh", "a while ago")
    assert claimed("refresh", SECONDS)
    assert not claimed("refresh", SECONDS)
