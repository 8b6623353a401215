"""What the samples say: slopes, growth since the warm-up, peaks, and which bound is broken.

Growth is that of what a process keeps (see `probe`). That moves by up to 4 MB without any leak,
since free pages are kept for a while, and only upwards from what is really held: so the slope is
that of the floors, the least of half a day's samples. The bound of 0.25 MB a day is for six days
after the warm-up; a slope's error grows as those get fewer, to the power of 1.5, and so does the
bound. Day 2 and the last day are compared by their medians. In a soak of two days they are the same
one, and halves of a day do not stand for days (those of a sound process have differed by 2.15 MB):
there nothing is compared. In a short soak the worker's own books (`heap`) decide: they move by a
tenth of a megabyte, and must not grow by 0.25 MB a day, however short the day. With 24 refreshes in
it that is 10 kB each.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from bench.soak.plan import BLOCKS
from bench.soak.probe import MEGABYTE
from bench.soak.samples import Sample

WARM_UP_DAYS = 1
FULL_DAYS = 6  # after the warm-up
FLOOR = 4  # samples: half a day


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that may be; sizes are MB."""

    pss_total: float = 220
    worker_tree: float = 135
    slope_per_day: float = 0.25
    last_minus_day2: float = 2
    heap_per_day: float = 0.25
    blocks_per_day: float = 5000
    redis_clients: int = 2
    sessions: int = 2
    descriptors: int = 4
    peak_worst: float = 60
    peak_usual: float = 30

    def after(self, days: float) -> Bounds:
        """The same for a soak of so many days after its warm-up: noise must not break a bound."""
        fewer = max(1.0, FULL_DAYS / days)
        return replace(self, slope_per_day=self.slope_per_day * fewer**1.5)


@dataclass(frozen=True, slots=True)
class Trend:
    """One process over the days after the warm-up: the medians of MB that it kept on the first and
    on the last, the slope of the floors between, and its peak RSS.

    No `last` where the first day is the last one too, or where the process was not there for two.
    """

    role: str
    first: float
    last: float | None
    slope: float
    peak: float
    descriptors: tuple[int, int]
    threads: tuple[int, int]

    @property
    def grown(self) -> float | None:
        return None if self.last is None else self.last - self.first


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
    heap_slope: float = 0.0  # the worker's, MB a day by its own books
    blocks_slope: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def slope(self) -> float:
        return max((trend.slope for trend in self.trends), default=0.0)

    @property
    def grown(self) -> float | None:
        """That of the process that grew most; None where there are no two days to compare."""
        return max((trend.grown for trend in self.trends if trend.grown is not None), default=None)

    @property
    def peak(self) -> float:
        return max((trend.peak for trend in self.trends), default=0.0)


def judge(
    samples: Sequence[Sample], peaks: Sequence[tuple[bool, float]], days: int, bounds: Bounds
) -> Verdict:
    """The verdict on a soak of so many days; `peaks` holds (worst case?, MB above idle) by report.

    Day 1 is warm-up, unless it is all there is.
    """
    begins = min(WARM_UP_DAYS, days - 1)
    warm = [sample for sample in samples if sample.day > begins]
    last_day = [sample for sample in warm if sample.day > days - 1]
    verdict = Verdict(
        trends=[_trend(role, warm, days - begins > 1) for role in warm[-1].processes],
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
    books = [(sample.day, sample.heap) for sample in warm if sample.heap]
    verdict.heap_slope = theil_sen([(day, heap.allocated / MEGABYTE) for day, heap in books])
    verdict.blocks_slope = theil_sen([(day, heap.blocks) for day, heap in books])
    verdict.broken = list(_broken(verdict, bounds.after(warm[-1].day - begins)))
    return verdict


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """The median slope over all pairs of points (Theil 1950, Sen 1968): outliers do not move it."""
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2]
    return statistics.median(slopes) if slopes else 0.0


def _trend(role: str, warm: Sequence[Sample], compared: bool) -> Trend:
    seen = [(sample.day, sample.processes[role]) for sample in warm if role in sample.processes]
    kept = [process.kept for _, process in seen]
    return Trend(
        role=role,
        first=statistics.median(kept[:BLOCKS]),
        last=statistics.median(kept[-BLOCKS:]) if compared and len(kept) >= 2 * BLOCKS else None,
        slope=theil_sen(_floors([(day, process.kept) for day, process in seen])),
        peak=max(process.peak for _, process in seen),
        descriptors=_range(process.descriptors for _, process in seen),
        threads=_range(process.threads for _, process in seen),
    )


def _floors(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The least of each half day, at its middle."""
    parts = [points[start : start + FLOOR] for start in range(0, len(points), FLOOR)]
    return [(statistics.mean(x for x, _ in part), min(y for _, y in part)) for part in parts]


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
        if trend.grown is not None:
            hold(f"{trend.role}: MB since day 2", trend.grown, bounds.last_minus_day2)
        hold(f"{trend.role}: descriptors", _spread(trend.descriptors), bounds.descriptors)
    hold("worker: MB a day by its own books", verdict.heap_slope, bounds.heap_per_day)
    hold("worker: Python's blocks a day", verdict.blocks_slope, bounds.blocks_per_day)
    hold("Redis clients, most less fewest", _spread(verdict.redis_clients), bounds.redis_clients)
    hold("PostgreSQL sessions, most less fewest", _spread(verdict.sessions), bounds.sessions)
    hold("a report's peak in MB, 4 MB answers", verdict.peak_worst, bounds.peak_worst)
    hold("a report's peak in MB, usual answers", verdict.peak_usual, bounds.peak_usual)
    return found


def _spread(numbers: tuple[int, int]) -> int:
    return numbers[1] - numbers[0]
