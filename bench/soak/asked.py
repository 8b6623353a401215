"""How often the site asks its first source in a soak: worked out from the plan, and exact.

A reply that went wrong on its way is asked for once more; a refusal is left alone for a while; and
what was planned for a refresh in that rest meets the next one that asks. The site's own client and
breaker are Django's: the tests hold both to what stands here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.soak.plan import Plan

ENDPOINT = "vietcap.quotes"
ATTEMPTS = 2  # of one refresh, where the first finds nobody
REFUSALS = {403, 429}  # among those of the plan
SHORTEST_REST, REFUSAL_REST, LONGEST_REST = (timedelta(minutes=n) for n in (1, 15, 60))
FAILURES_TO_REST = 3

Replies = deque[Mapping[str, Any]]


def expected(plan: Plan) -> int:
    """The calls of `ENDPOINT` during the plan's refreshes."""
    failures, until, asked = 0, datetime.min.replace(tzinfo=UTC), 0
    for day in range(plan.days):
        faults = plan.faults(day)
        waiting: Replies = deque()  # what a day leaves over, the drive forgets
        for number, moment in enumerate(plan.moments(day)):
            name, reply = faults.get(number, ("", {}))
            if name == ENDPOINT:
                waiting.append(reply)
            if moment < until:
                continue
            calls, wrong = _one_refresh(waiting)
            asked += calls
            failures = failures + 1 if wrong else 0
            if wrong:
                until = moment + rest(failures, wrong)
    return asked


def rest(failures: int, reply: Mapping[str, Any]) -> timedelta:
    """How long the site leaves the source alone after this reply, the last of so many failures."""
    if reply.get("status") in REFUSALS:
        wait = reply.get("headers", {}).get("Retry-After")
        return max(timedelta(seconds=int(wait)), SHORTEST_REST) if wait else REFUSAL_REST
    if failures < FAILURES_TO_REST:
        return timedelta(0)
    return min(SHORTEST_REST * (1 << failures - FAILURES_TO_REST), LONGEST_REST)


def finds_nobody(reply: Mapping[str, Any]) -> bool:
    """Whether it is a failure of the network or of the server, which is asked again at once."""
    return bool(reply.get("cut")) or reply.get("status", 200) >= 500


def _one_refresh(waiting: Replies) -> tuple[int, Mapping[str, Any] | None]:
    """How often one refresh asks, and what is wrong with its last reply."""
    wrong = None
    for calls in range(1, ATTEMPTS + 1):
        wrong = waiting.popleft() if waiting else None
        if wrong is None or not finds_nobody(wrong):
            return calls, wrong
    return ATTEMPTS, wrong
