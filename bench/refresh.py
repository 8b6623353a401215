"""What one refresh of five indices costs beside its upstream's own latency.

    .venv/bin/python -m bench.refresh            (about a minute)

Writes `bench/results/refresh.json` and `refresh.txt`. The upstream is a process of its own that
answers after 0, 50 and 500 ms; `latency_ms` is what a bare request for the same five indices takes,
`wall_ms` the median refresh in a warm process, in a session and with new numbers, the two taken in
turns; `cpu_ms` is this process's own part. The bound is 1.3 × latency + 15 ms, for the confirming
refreshes too, which ask a second source beside the first one every `MARKET_CONFIRM_SECONDS`. The
exit code is 1 when a refresh is over the bound or needs more than one request of each source; the
machine should have nothing else to do.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from bench.site import RESULTS, site, upstreams

LATENCIES_MS = (0, 50, 500)
REPEATS = 21
SOURCES = {"usual": 1, "confirming": 2}  # asked in each kind of refresh, once each
OLD_SYSTEM = {"latency_ms": 50, "wall_ms": 286, "ratio": 5.7}
OPENING = datetime(2026, 8, 3, 2, 20, tzinfo=UTC)  # a Monday, 09:20 in Vietnam
STEP = timedelta(minutes=5)
BARE = {"symbols": ["VNINDEX", "VN30", "HNXIndex", "HNX30", "HNXUpcomIndex"]}


@dataclass(frozen=True)
class Cost:
    """The median refresh: times in milliseconds, and what it asked of whom."""

    kind: str
    delay_ms: int
    latency_ms: float
    wall_ms: float
    ratio: float
    bound_ms: float
    cpu_ms: float
    requests: int
    statements: int
    transactions: int
    redis_commands: int
    redis_round_trips: int

    @property
    def within(self) -> bool:
        return self.wall_ms <= self.bound_ms and self.requests == SOURCES[self.kind]


class Clock:
    """The clock of both processes: a file that each refresh moves on."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clock"
        self._day = OPENING
        self.restart()

    def restart(self) -> None:
        """The opening of the next trading day."""
        self._day += timedelta(days=3 if self._day.weekday() == 4 else 1)
        self._now = self._day
        self._write()

    def move(self) -> None:
        self._now += STEP
        self._write()

    def _write(self) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(f"={self._now:%Y-%m-%dT%H:%M:%SZ}")
        new.replace(self.path)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="marketsite-bench-") as name:
        clock = Clock(Path(name))
        with upstreams(f"@{clock.path}") as environment, site(f"@{clock.path}", environment):
            url = environment["VIETCAP_BASE_URL"]
            costs = [_cost(kind, delay, url, clock) for kind in SOURCES for delay in LATENCIES_MS]
    load = round(os.getloadavg()[0], 1)
    text = _text(costs, load)
    report = {
        "old_system": OLD_SYSTEM,
        "load": load,
        "processors": os.cpu_count(),
        "repeats": REPEATS,
        "costs": [asdict(c) for c in costs],
    }
    RESULTS.joinpath("refresh.json").write_text(json.dumps(report, indent=1) + "\n")
    RESULTS.joinpath("refresh.txt").write_text(text)
    sys.stdout.write(text)
    return int(not all(cost.within for cost in costs))


def _cost(kind: str, delay_ms: int, url: str, clock: Clock) -> Cost:
    from django.conf import settings

    from market.refresh import refresh_indices

    settings.MARKET_CONFIRM_SECONDS = 1 if kind == "confirming" else 86_400
    _control(url, "_reset", {})
    for name in ("vietcap.quotes", "vndirect.quotes", "cafef.prices"):
        replies = [{"delay": delay_ms / 1000}]
        _control(url, "_script", {"name": name, "replies": replies, "always": True})
    clock.restart()
    for _ in range(3):  # the first of the day confirms, and warms up
        clock.move()
        refresh_indices()
    latency, wall, cpu = _medians(lambda: _bare(url), refresh_indices, clock)
    clock.move()
    counted = _counted(refresh_indices, url)
    return Cost(
        kind,
        delay_ms,
        round(latency, 1),
        round(wall, 1),
        round(wall / latency, 2),
        round(1.3 * latency + 15, 1),
        round(cpu, 1),
        **counted,
    )


def _medians(
    bare: Callable[[], Any], refresh: Callable[[], Any], clock: Clock
) -> tuple[float, float, float]:
    """A bare request, a refresh, and this process's own part of it, in milliseconds.

    Taken in turns: what else the machine does meanwhile slows both.
    """
    times: list[tuple[float, float, float]] = []
    for _ in range(REPEATS):
        clock.move()
        began = time.perf_counter()
        bare()
        between, cpu = time.perf_counter(), time.process_time()
        refresh()
        ended = time.perf_counter()
        times.append((between - began, ended - between, time.process_time() - cpu))
    latency, wall, own = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    return latency, wall, own


def _bare(url: str) -> None:
    requests.post(f"{url}/api/price/marketIndex/getList", json=BARE, timeout=10).json()


def _counted(call: Callable[[], Any], url: str) -> dict[str, int]:
    """What one refresh asks of the upstreams, of PostgreSQL and of Redis."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from redis.connection import AbstractConnection

    trips: Counter[str] = Counter()
    send = AbstractConnection.send_packed_command

    def counting(self: Any, command: Any, *args: Any, **options: Any) -> Any:
        trips["redis"] += 1
        return send(self, command, *args, **options)

    before_calls, before_commands = _calls(url), _redis_commands()
    AbstractConnection.send_packed_command = counting
    try:
        with CaptureQueriesContext(connection) as captured:
            call()
    finally:
        AbstractConnection.send_packed_command = send
    statements = [query["sql"].split(maxsplit=1)[0] for query in captured.captured_queries]
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return {
        "requests": _calls(url) - before_calls,
        "statements": sum(word not in control for word in statements),
        "transactions": statements.count("BEGIN"),
        "redis_commands": _redis_commands() - before_commands - 1,  # the look itself
        "redis_round_trips": trips["redis"],
    }


def _calls(url: str) -> int:
    return len(requests.get(f"{url}/_calls", timeout=10).json())


def _redis_commands() -> int:
    from marketsite.redis import client

    return int(client().info("stats")["total_commands_processed"])


def _control(url: str, path: str, body: dict[str, Any]) -> None:
    requests.post(f"{url}/{path}", json=body, timeout=10).raise_for_status()


def _text(costs: list[Cost], load: float) -> str:
    head = (
        f"{'refresh':<12}{'delay':>6}{'latency':>9}{'wall':>8}{'ratio':>7}{'bound':>8}{'cpu':>7}"
        f"{'requests':>10}{'SQL':>5}{'BEGIN':>7}{'Redis':>7}{'trips':>7}"
    )
    lines = [
        f"median of {REPEATS} refreshes of five indices, milliseconds; load {load} on"
        f" {os.cpu_count()} processors",
        "",
        head,
    ]
    lines += [
        f"{cost.kind:<12}{cost.delay_ms:>6}{cost.latency_ms:>9}{cost.wall_ms:>8}{cost.ratio:>7}"
        f"{cost.bound_ms:>8}{cost.cpu_ms:>7}{cost.requests:>10}{cost.statements:>5}{cost.transactions:>7}"
        f"{cost.redis_commands:>7}{cost.redis_round_trips:>7}"
        for cost in costs
    ]
    old = OLD_SYSTEM
    lines += [
        f"{'old system':<12}{old['latency_ms']:>6}{old['latency_ms']:>9}{old['wall_ms']:>8}"
        f"{old['ratio']:>7}",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
