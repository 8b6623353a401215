"""A soak's result for eyes and for programs: table, terminal plot, SVG chart, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from bench.soak.judge import Verdict
from bench.soak.plan import Plan
from bench.soak.samples import Sample

NOT_COMPARED = "–"
BARS = "▁▂▃▄▅▆▇█"
PLOT_WIDTH = 48  # with its labels a terminal's 80 columns hold it
WIDTH, HEIGHT, LEFT, BOTTOM = 900, 420, 56, 40
COLOURS = ("#8a2b3c", "#1f6f5c", "#35558f", "#9a6a12", "#6a4a8f", "#4a4a4a")


def table(verdict: Verdict) -> str:
    """Each process: what it kept on day 2 and, if that is another, on the last; slope and peak.

    Of a site that is watched: what it kept at first.
    """
    width = max(len(trend.role) for trend in verdict.trends)
    head = f"{'process':<{width}}  first MB  last MB  MB a day  peak RSS  descriptors  threads"
    rows = [
        f"{trend.role:<{width}}  {trend.first:8.1f}  {_sized(trend.last):>7}  {trend.slope:+8.3f}  "
        f"{trend.peak:8.1f}  {_span(trend.descriptors):>11}  {_span(trend.threads):>7}"
        for trend in verdict.trends
    ]
    return "\n".join([head, *rows])


def summary(verdict: Verdict) -> str:
    """The site as a whole; a report's peaks and the worker's books where they were measured."""
    lines = [
        f"the site               {verdict.pss_total:6.1f} MB PSS",
        f"worker tree            {verdict.worker_tree:6.1f} MB PSS",
        f"with both servers      {verdict.with_servers:6.1f} MB PSS",
        f"Redis clients          {_span(verdict.redis_clients)}",
        f"PostgreSQL sessions    {_span(verdict.sessions)}",
    ]
    if verdict.heap_slope or verdict.blocks_slope:
        lines.append(
            f"worker's own books     {verdict.heap_slope:+6.3f} MB a day, "
            f"{verdict.blocks_slope:+.0f} small blocks a day"
        )
    for peak, answers in ((verdict.peak_usual, "usual"), (verdict.peak_worst, "4 MB")):
        if peak:
            lines.append(f"a report's peak        {peak:6.1f} MB above idle, {answers} answers")
    return "\n".join(lines)


def grown_objects(samples: Sequence[Sample], most: int = 12) -> str:
    """The types of which the worker has more at the end than half-way, where they were counted."""
    told = [Counter(sample.heap.objects) for sample in samples if sample.heap]
    if not told or not told[-1]:
        return ""
    grown = (told[-1] - told[len(told) // 2]).most_common(most)
    rows = [f"  {count:+7d}  {name}" for name, count in grown]
    return "\n".join(["objects since half-way", *(rows or ["  none more"])]) + "\n"


def now(sample: Sample) -> str:
    """One line of what a sample says."""
    return (
        f"PSS {sample.pss:6.1f} MB, worker {sample.tree_pss('worker'):5.1f}, "
        f"Redis {sample.redis_clients:2d}, SQL {sample.sessions:2d}"
    )


def plot(samples: Sequence[Sample]) -> str:
    """PSS of each tree over time, one line of blocks each, from its least to its most."""
    lines = []
    for root in ("web", "worker"):
        values = _thinned([sample.tree_pss(root) for sample in samples], PLOT_WIDTH)
        low, high = min(values), max(values)
        step = (high - low) / (len(BARS) - 1) or 1.0
        bars = "".join(BARS[round((value - low) / step)] for value in values)
        lines.append(f"{root:<7} {bars}  {low:.1f} to {high:.1f} MB")
    return "\n".join(lines)


def one_line(verdict: Verdict, plan: Plan) -> str:
    """What `--json` ends with; the bounds that are broken go to standard error."""
    return json.dumps(
        {
            "pss_total_mb": round(verdict.pss_total, 1),
            "slope_mb_per_day": round(verdict.slope, 3),
            "last_minus_day2_mb": None if verdict.grown is None else round(verdict.grown, 2),
            "redis_clients_min": verdict.redis_clients[0],
            "redis_clients_max": verdict.redis_clients[1],
            "peak_mb": round(verdict.peak, 1),
            "days": plan.days,
        }
    )


def document(samples: Sequence[Sample], verdict: Verdict, plan: Plan, **more: Any) -> str:
    """Everything that was measured, as JSON."""
    content = {
        "plan": asdict(plan),
        "verdict": asdict(verdict),
        **more,
        "samples": [sample.to_json() for sample in samples],
    }
    return json.dumps(content, indent=1, default=str) + "\n"


def chart(samples: Sequence[Sample]) -> str:
    """PSS by process over the simulated days, as an SVG of its own."""
    roles = list(samples[-1].processes)
    top = max(item.pss for sample in samples for item in sample.processes.values()) * 1.1
    days = samples[-1].day
    parts = [_axes(top, days)]
    for number, role in enumerate(roles):
        colour = COLOURS[number % len(COLOURS)]
        points = [
            (_x(sample.day, days), _y(sample.processes[role].pss, top))
            for sample in samples
            if role in sample.processes
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        x, y = points[-1]
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{x + 6:.1f}" y="{y + 4:.1f}" fill="{colour}">{escape(role)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 90} {HEIGHT}" '
        'font-family="sans-serif" font-size="13" role="img">'
        f"<title>PSS by process in MB over {days:g} simulated days</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _axes(top: float, days: float) -> str:
    step = next(size for size in (5, 10, 20, 50, 100, 200) if top / size <= 8)
    marks = []
    for value in range(0, int(top) + 1, step):
        y = _y(value, top)
        marks.append(
            f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>'
        )
    for day in range(int(days) + 1):
        x = _x(day, days)
        marks.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{day}</text>'
        )
    labels = (
        f'<text x="{LEFT}" y="16">MB PSS</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end">simulated days</text>'
    )
    return "".join(marks) + labels


def _x(day: float, days: float) -> float:
    return LEFT + (WIDTH - LEFT) * day / days


def _y(value: float, top: float) -> float:
    return 24 + (HEIGHT - BOTTOM - 24) * (1 - value / top)


def _thinned(values: Sequence[float], most: int) -> Sequence[float]:
    if len(values) <= most:
        return values
    return [values[number * len(values) // most] for number in range(most)]


def _sized(size: float | None) -> str:
    return NOT_COMPARED if size is None else f"{size:.1f}"


def _span(numbers: tuple[int, int]) -> str:
    low, high = numbers
    return f"{low}" if low == high else f"{low} to {high}"
