"""`python -m tests.site.peaks WHAT`: how much memory jobs and pages take while they work, as JSON.

A process of its own, so that the local upstreams' memory and pytest's are not counted. `traced` is
the most that Python had allocated above what it held before; it is the same each time, so that its
bounds are narrow. `resident` is how far the resident set rose, which is what a machine must have:
libraries' own memory is in it, and so is the chance of what was free before.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

MEGABYTE = 1_000_000
Peaks = dict[str, float]
LATER = "=2026-08-21T14:00:00Z"  # late enough to ask again
SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
PATHS = {
    "home": "/",
    "indices": "/indices/",
    "list": "/reports/",
    "search": "/reports/?q=vn-index",
    "reports API": "/api/v1/reports?limit=100",
    "Atom": "/feed.xml",
    "JSON feed": "/feed.json",
    "sitemap": "/sitemap-reports-2026-1.xml",
    "one": "/reports/large-0/",
    "export": "/reports/large-0/export.html",
    "articles API": "/api/v1/articles/",
}


@contextmanager
def traced(peaks: Peaks, name: str) -> Iterator[None]:
    """Note the most that the block had allocated; of several blocks of one name the largest."""
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    yield
    _, most = tracemalloc.get_traced_memory()
    peaks[name] = max(peaks.get(name, 0.0), (most - before) / MEGABYTE)


@contextmanager
def resident(peaks: Peaks, name: str) -> Iterator[None]:
    from marketsite import memory

    memory.Job("idle").finish("ok")
    Path("/proc/self/clear_refs").write_text("5")
    before = memory.resident_bytes()
    yield
    (most,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    peaks[name] = (int(most) * 1024 - before) / MEGABYTE


def refreshes() -> Peaks:
    """The market's jobs, each once before it counts."""
    from market.closing import close_day
    from market.history import backfill
    from market.overview import refresh_overview
    from market.refresh import refresh_indices
    from marketsite import clock
    from reports.retention import prune

    backfill()
    peaks: Peaks = {}
    jobs: list[Callable[[], object]] = [refresh_indices, refresh_overview, close_day, prune]
    for job in jobs:
        job()
    os.environ[clock.VARIABLE] = LATER
    tracemalloc.start()
    for job in jobs:
        with traced(peaks, job.__name__):
            job()
    return peaks


def steps() -> Peaks:
    """A run's steps: a usual run before it counts, one that is traced, one that is not."""
    from market.history import backfill
    from market.refresh import refresh_indices

    refresh_indices()
    backfill()
    peaks: Peaks = {}
    for _ in _parts(SLOT):
        pass
    with resident(peaks, "resident"):
        for _ in _parts(SLOT + timedelta(minutes=1)):
            pass
    tracemalloc.start()
    parts = _parts(SLOT + timedelta(minutes=2))
    while True:
        found: Peaks = {}
        with traced(found, "part"):
            name = next(parts, "")
        if not name:
            return peaks
        peaks[name] = max(peaks.get(name, 0.0), found["part"])


def _parts(slot: datetime) -> Iterator[str]:
    """Write the slot's report, part by part; the step that each was of."""
    from reports.models import Run, Step
    from reports.writing import pipeline
    from reports.writing.runs import request_run

    run, _ = request_run(slot, Run.Trigger.COMMAND)
    more = True
    while more:
        more = pipeline.advance(run.pk)
        yield Step.objects.filter(run=run).latest("pk").name
    run.refresh_from_db()
    if run.state != Run.State.DONE or not run.report_id:
        raise RuntimeError(run.error or "the run made no report")


def pages() -> Peaks:
    """Public pages, feeds and API; each once before it counts, and never from a cache."""
    from django.core.cache import caches
    from django.test import Client

    client = Client()
    peaks: Peaks = {}
    for path in PATHS.values():
        client.get(path)
    tracemalloc.start()
    for name, path in PATHS.items():
        caches["default"].clear()
        with traced(peaks, name):
            response = client.get(path)
            size = len(b"".join(response) if response.streaming else response.content)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code}")
        peaks[f"{name}, answer"] = size / MEGABYTE
        del response
    return peaks


if __name__ == "__main__":
    django.setup()
    what = {"refreshes": refreshes, "steps": steps, "pages": pages}[sys.argv[1]]
    sys.stdout.write(json.dumps(what()))
