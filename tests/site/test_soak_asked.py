"""How often a soak's plan says that the first source is asked is how often the site asks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_django import Settings

from bench.soak.asked import ENDPOINT, expected, rest
from bench.soak.plan import Plan
from market.breaker import Breaker
from market.refresh import refresh_indices
from market.sources.base import SourceInvalid, SourceRefused
from tests.upstreams import Reply, Upstreams

Faults = dict[int, tuple[str, dict[str, Any]]]
REFUSED, SLOW_DOWN = {"status": 403}, {"status": 429, "headers": {"Retry-After": "1"}}
DOWN, CUT, PAGE = {"status": 503}, {"cut": True}, {"status": 200, "body": "<html>"}


@dataclass(frozen=True, slots=True)
class Planned(Plan):
    """A plan whose faults are told: the replies of the first source, by refresh."""

    told: dict[int, dict[str, Any]] = field(default_factory=dict)

    def faults(self, day: int) -> Faults:
        return {number: (ENDPOINT, reply) for number, reply in self.told.items()} if not day else {}


def planned(told: dict[int, dict[str, Any]]) -> Planned:
    return Planned(days=1, refreshes=24, told=told)


@pytest.mark.parametrize(
    ("told", "calls"),
    [
        ({}, 24),
        ({3: REFUSED}, 20),  # at 15 minutes, the fifth refresh after it, the site asks again
        ({3: REFUSED, 5: REFUSED}, 16),  # the second waits for the end of the first's rest
        ({3: REFUSED, 8: REFUSED}, 16),
        ({22: REFUSED}, 23),
        ({3: SLOW_DOWN}, 24),  # a minute is over before the next refresh
        ({3: DOWN, 9: CUT}, 26),  # asked again at once
        ({3: REFUSED, 4: DOWN, 6: REFUSED}, 17),  # both meet the refresh that follows the rest
        (dict.fromkeys(range(3, 8), PAGE), 23),  # after five failures in a row four minutes
    ],
)
@pytest.mark.django_db
def test_the_site_asks_as_often_as_the_plan_says(
    told: dict[int, dict[str, Any]],
    calls: int,
    upstreams: Upstreams,
    at: Callable[[str], None],
    settings: Settings,
) -> None:
    settings.MARKET_SOURCES = ["vietcap", "vndirect"]
    settings.MARKET_CONFIRM_SOURCES = []
    settings.MARKET_IDLE_SECONDS = 180
    upstreams.scenario = "demo"
    plan = planned(told)
    for number, moment in enumerate(plan.moments(0)):
        if reply := told.get(number):
            upstreams.script(ENDPOINT, Reply.from_json(reply))
        at(f"{moment:%Y-%m-%dT%H:%M:%SZ}")
        refresh_indices()
    assert len(upstreams.calls_to(ENDPOINT)) == expected(plan) == calls


def test_what_a_day_leaves_over_is_forgotten_and_its_rest_is_not() -> None:
    told = {478: REFUSED, 479: REFUSED}
    assert expected(Planned(days=2, told=told)) == 2 * 480 - 4


@pytest.mark.parametrize("failures", range(1, 12))
def test_a_source_rests_as_long_as_the_sites_breaker_lets_it(failures: int) -> None:
    now = next(Plan(1).moments(0))
    before = Breaker("vietcap", failures - 1)
    for reply, error in (
        (REFUSED, SourceRefused("vietcap", "")),
        (SLOW_DOWN, SourceRefused("vietcap", "", 1)),
        (PAGE, SourceInvalid("vietcap", "")),
    ):
        assert (before.after_failure(error, now).until or now) - now == rest(failures, reply)
