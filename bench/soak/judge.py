"""What the samples say: slopes, growth since the warm-up, peaks, and which bound is broken."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from bench.soak.samples import Sample

WARM_UP_DAYS = 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that may be; sizes are MB."""

    pss_total: float = 220
    worker_tree: float = 135
    slope_per_day: float = 0.25
    last_minus_day2: float = 2
    redis_clients: int = 2
    sessions: int = 2
    descriptors: int = 4
    peak_worst: float = 60
    peak_usual: float = 30


@dataclass(frozen=True, slots=True)
class Trend:
    """One process over the days after the warm-up; MB of PSS."""

    role: str
    first: float
    last: float
    slope: float
    peak: float
    descriptors: tuple[int, int]
    threads: tuple[int, int]

    @property
    def grown(self) -> float:
        return self.last - self.first


@dataclass(slots=True)
class Verdict:
    trends: list[Trend]
    pss_total: float
    worker_tree: float
    with_servers: float
    redis_clients: tuple[int, int]
    sessions: tuple[int, int]
    peak_worst: float
    peak_usual: float
    broken: list[str] = field(default_factory=list)

    @property
    def slope(self) -> float:
        return max((trend.slope for trend in self.trends), default=0.0)

    @property
    def grown(self) -> float:
        return max((trend.grown for trend in self.trends), default=0.0)

    @property
    def peak(self) -> float:
        return max((trend.peak for trend in self.trends), default=0.0)


def judge(
    samples: Sequence[Sample], peaks: Sequence[tuple[bool, float]], days: int, bounds: Bounds
) -> Verdict:
    """The verdict on a soak of so many days; `peaks` holds (worst case?, MB above idle) by report.

    Day 1 is warm-up, unless it is all there is.
    """
    warm = [sample for sample in samples if sample.day > min(WARM_UP_DAYS, days - 1)]
    last_day = [sample for sample in warm if sample.day > days - 1]
    verdict = Verdict(
        trends=[_trend(role, warm) for role in warm[-1].processes],
        pss_total=statistics.median(sample.pss for sample in last_day),
        worker_tree=statistics.median(sample.tree_pss("worker") for sample in last_day),
        with_servers=statistics.median(
            sample.pss + sum(sample.servers_mb.values()) for sample in last_day
        ),
        redis_clients=_range(sample.redis_clients for sample in warm),
        sessions=_range(sample.sessions for sample in warm),
        peak_worst=max((mb for worst, mb in peaks if worst), default=0.0),
        peak_usual=max((mb for worst, mb in peaks if not worst), default=0.0),
    )
    verdict.broken = list(_broken(verdict, bounds))
    return verdict


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """The median slope over all pairs of points (Theil 1950, Sen 1968): outliers do not move it."""
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2]
    return statistics.median(slopes) if slopes else 0.0


def _trend(role: str, warm: Sequence[Sample]) -> Trend:
    seen = [(sample.day, sample.processes[role]) for sample in warm if role in sample.processes]
    size = max(1, min(len(seen) // 2, 8))
    return Trend(
        role=role,
        first=statistics.median(process.pss for _, process in seen[:size]),
        last=statistics.median(process.pss for _, process in seen[-size:]),
        slope=theil_sen([(day, process.pss) for day, process in seen]),
        peak=max(process.peak for _, process in seen),
        descriptors=_range(process.descriptors for _, process in seen),
        threads=_range(process.threads for _, process in seen),
    )


def _range(numbers: Iterable[int]) -> tuple[int, int]:
    found = list(numbers)
    return min(found), max(found)


def _broken(verdict: Verdict, bounds: Bounds) -> list[str]:
    found = []

    def hold(what: str, value: float, bound: float) -> None:
        if value > bound:
            found.append(f"{what}: {value:.2f}, bound {bound:g}")

    hold("the site's PSS in MB", verdict.pss_total, bounds.pss_total)
    hold("the worker tree's PSS in MB", verdict.worker_tree, bounds.worker_tree)
    for trend in verdict.trends:
        hold(f"{trend.role}: MB a day", trend.slope, bounds.slope_per_day)
        hold(f"{trend.role}: MB since day 2", trend.grown, bounds.last_minus_day2)
        hold(f"{trend.role}: descriptors", _spread(trend.descriptors), bounds.descriptors)
    hold("Redis clients, most less fewest", _spread(verdict.redis_clients), bounds.redis_clients)
    hold("PostgreSQL sessions, most less fewest", _spread(verdict.sessions), bounds.sessions)
    hold("a report's peak in MB, 4 MB answers", verdict.peak_worst, bounds.peak_worst)
    hold("a report's peak in MB, usual answers", verdict.peak_usual, bounds.peak_usual)
    return found


def _spread(numbers: tuple[int, int]) -> int:
    return numbers[1] - numbers[0]
