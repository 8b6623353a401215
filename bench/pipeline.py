"""What a report costs beside its models' own time: CPU, what stays between steps, peak memory.

    .venv/bin/python -m bench.pipeline            (about a minute)

Writes `bench/results/pipeline.json` and `pipeline.txt`. Each writer is measured in a process forked
from a warm one, as a worker's child is: a run is done part by part, each followed by the worker's
own clean-up. The model is the local model server, in a process of its own; so is the database.

- `cpu_ms` is the median run's CPU of this process, all threads, without the clean-ups
  (`cleanup_ms`); bound: 150 ms. `per_part` is the same by the part. The old system took 225 ms for
  one call to a model in place of one for each section and language, and proved nothing.
- `left_bytes` is what a part leaves behind after a full collection: by how much all that the
  process can reach has grown, in each of three runs, the most of any part. `objects` counts the
  documents, fact sheets, reports and steps still there, `claim_bytes` is a pickled claim, all
  that a run needs in the process. Bounds: 1,000 bytes, none, and 1,000 bytes.
- `peak_mb` is the peak of the resident set (VmHWM) above the idle process, with every answer of the
  model 100 kB long; bound: 30 MB.

The exit code is 1 over a bound. The machine should have nothing else to do.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import pickle
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from bench.refresh import Clock
from bench.site import RESULTS, site, upstreams

WRITERS = ("gemini", "analyst")
REPEATS = 15
ANSWER_CHARACTERS = 100_000
BOUNDS = {"cpu_ms": 150, "left_bytes": 1000, "objects": 0, "claim_bytes": 1000, "peak_mb": 30}
OLD_SYSTEM = {"cpu_ms": 225, "left_bytes": 790_000}
MEGABYTE = 1 << 20
AFTER_CLOSE = "=2026-08-21T08:10:00Z"
FIRST_SLOT = datetime(2026, 8, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Cost:
    """The median run of a writer."""

    writer: str
    parts: int
    calls: int
    statements: int
    cpu_ms: float
    per_part: float
    cleanup_ms: float
    left_bytes: int
    objects: int
    claim_bytes: int
    peak_mb: float
    notes: list[str]

    @property
    def over(self) -> list[str]:
        return [name for name, bound in BOUNDS.items() if getattr(self, name) > bound]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="marketsite-bench-") as name:
        clock = Clock(Path(name))
        with upstreams(f"@{clock.path}") as addresses, site(AFTER_CLOSE, _settings(addresses)):
            clock.path.write_text(AFTER_CLOSE)
            _prepare()
            url = addresses["VIETCAP_BASE_URL"]
            costs = [_apart(writer, url) for writer in WRITERS]
    load = round(os.getloadavg()[0], 1)
    text = _text(costs, load)
    report = {
        "old_system": OLD_SYSTEM,
        "bounds": BOUNDS,
        "load": load,
        "processors": os.cpu_count(),
        "repeats": REPEATS,
        "costs": [asdict(cost) for cost in costs],
    }
    RESULTS.joinpath("pipeline.json").write_text(json.dumps(report, indent=1) + "\n")
    RESULTS.joinpath("pipeline.txt").write_text(text)
    sys.stdout.write(text)
    return int(any(cost.over for cost in costs))


def _settings(addresses: dict[str, str]) -> dict[str, str]:
    """The site's processes as the local server serves them, with caps that no bench reaches."""
    url = addresses["VIETCAP_BASE_URL"]
    return {
        **addresses,
        "GEMINI_BASE_URL": f"{url}/gemini/v1beta",
        "GEMINI_API_KEY": "AIza-bench-key",
        "RESEARCH_FEEDS": f"{url}/feeds/market.rss,{url}/feeds/coins.atom",
        "RESEARCH_ALLOW_PRIVATE": "true",
        "REPORT_MAX_COST_PER_DAY": "100000",
    }


def _prepare() -> None:
    """What reports are made from: quotes, a year of bars, the coins; then nothing to collect."""
    from django.db import connections

    from market.history import backfill
    from market.overview import refresh_overview
    from market.refresh import refresh_indices
    from marketsite import memory
    from reports import tasks  # noqa: F401 (what a worker has loaded before it forks)

    refresh_indices()
    refresh_overview()
    backfill()
    connections.close_all()
    memory.freeze()


def _apart(writer: str, url: str) -> Cost:
    """The writer's cost, measured in a child of its own."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(_cost, (writer, url))


def _cost(writer: str, url: str) -> Cost:
    slots = _slots()
    for _ in range(3):  # warms up: templates, expressions, connections
        list(_parts(writer, next(slots)))
    runs = [list(_parts(writer, next(slots))) for _ in range(REPEATS)]
    cpu = statistics.median(sum(part for part, _ in run) for run in runs)
    cleanup = statistics.median(sum(clean for _, clean in run) for run in runs)
    statements, calls = _counted(writer, next(slots))
    left, objects, claim = _left(writer, slots)
    return Cost(
        writer=writer,
        parts=len(runs[0]),
        calls=calls,
        statements=statements,
        cpu_ms=round(cpu, 1),
        per_part=round(cpu / len(runs[0]), 1),
        cleanup_ms=round(cleanup, 1),
        left_bytes=left,
        objects=objects,
        claim_bytes=claim,
        peak_mb=round(_peak(writer, next(slots), url) / MEGABYTE, 1),
        notes=_notes(),
    )


def _slots() -> Iterator[datetime]:
    from reports.models import Run

    taken = Run.objects.count()
    while True:
        taken += 1
        yield FIRST_SLOT + timedelta(hours=taken)


def _parts(writer: str, slot: datetime) -> Iterator[tuple[float, float]]:
    """Write a slot's report; for each part its CPU and that of the clean-up, in milliseconds."""
    from marketsite import memory
    from reports.models import Run
    from reports.writing import pipeline
    from reports.writing.runs import request_run

    run_id = request_run(slot, Run.Trigger.COMMAND)[0].pk
    Run.objects.filter(pk=run_id).update(writer=writer)
    more = True
    while more:
        job = memory.Job("advance_run")
        began = time.process_time()
        more = pipeline.advance(run_id)
        ended = time.process_time()
        job.finish("ok")
        yield (ended - began) * 1000, (time.process_time() - ended) * 1000
    run = Run.objects.get(pk=run_id)
    if run.state != Run.State.DONE:
        raise RuntimeError(f"{writer}: {run.state} {run.error}")


def _counted(writer: str, slot: datetime) -> tuple[int, int]:
    """The statements and the calls to the model of one run."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from reports.models import ModelCall, Run

    with CaptureQueriesContext(connection) as captured:
        list(_parts(writer, slot))
    run = Run.objects.get(slot=slot)
    return len(captured), ModelCall.objects.filter(run=run).count()


def _left(writer: str, slots: Iterator[datetime]) -> tuple[int, int, int]:
    """The most that any part of a run leaves: bytes, objects of our kinds; and a claim's size."""
    from reports.document import Document
    from reports.facts import FactSheet
    from reports.models import Report, Run, Step
    from reports.writing import pipeline
    from reports.writing.runs import request_run

    gc.unfreeze()
    kinds = (Document, FactSheet, Report, Step)
    grown: list[list[int]] = []
    for _ in range(3):
        size, objects = _reachable(kinds)
        grown.append([])
        for _ in _parts(writer, next(slots)):
            (size, objects), earlier = _reachable(kinds), size
            grown[-1].append(size - earlier)
    run, _ = request_run(next(slots), Run.Trigger.COMMAND)
    most = max(min(sizes) for sizes in zip(*grown, strict=True))
    return most, objects, len(pickle.dumps(pipeline.claim(run.pk)))


def _reachable(kinds: tuple[type, ...]) -> tuple[int, int]:
    """The size of everything that this process can reach, and how many objects are of a kind.

    Containers as the collector knows them, with the plain values inside that it does not know.
    """
    gc.collect()
    waiting = gc.get_objects()
    seen, size, found = {id(waiting)}, 0, 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        size += sys.getsizeof(item, 0)
        found += isinstance(item, kinds)
        if gc.is_tracked(item):
            waiting += (part for part in gc.get_referents(item) if not gc.is_tracked(part))
        elif isinstance(item, dict | tuple):
            waiting += gc.get_referents(item)
    return size, found


def _notes() -> list[str]:
    """What went wrong in the last run: a sentence that was cut costs a call more."""
    from reports.models import Run

    return list(Run.objects.filter(state=Run.State.DONE).latest("slot").notes)


def _peak(writer: str, slot: datetime, url: str) -> int:
    """How far the resident set rises above its idle size while the model answers at length."""
    reply = {"pad": ANSWER_CHARACTERS}
    order = {"name": "gemini.generate", "replies": [reply], "always": True}
    requests.post(f"{url}/_script", json=order, timeout=10).raise_for_status()
    from marketsite import memory

    memory.Job("idle").finish("ok")
    Path("/proc/self/clear_refs").write_text("5")
    idle = memory.resident_bytes()
    list(_parts(writer, slot))
    status = Path("/proc/self/status").read_text()
    requests.post(f"{url}/_reset", json={}, timeout=10)
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024 - idle


def _text(costs: list[Cost], load: float) -> str:
    names = [name for name in Cost.__dataclass_fields__ if name not in {"writer", "notes"}]
    head = f"{'':<14}" + "".join(f"{name:>{len(name) + 3}}" for name in names)

    def line(title: str, values: dict[str, Any]) -> str:
        cells = (f"{values.get(name, ''):>{len(name) + 3}}" for name in names)
        return f"{title:<14}{''.join(cells)}".rstrip()

    rows = [line(cost.writer, asdict(cost)) for cost in costs]
    rows += [line("bound", BOUNDS), line("old system", OLD_SYSTEM)]
    rows += [
        line(
            f"{cost.writer} / old",
            {name: round(getattr(cost, name) / old, 4) for name, old in OLD_SYSTEM.items()},
        )
        for cost in costs
    ]
    rows += [
        f"{cost.writer} is over the bound of {', '.join(cost.over)}" for cost in costs if cost.over
    ]
    rows += [f"{cost.writer}: {note}" for cost in costs for note in cost.notes]
    first = f"median of {REPEATS} runs; load {load} on {os.cpu_count()} processors"
    return "\n".join([first, "", head, *rows]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
