"""The one place that measures a job's memory and gives it back to the system.

A job is one task or one command. Each ends with one line, a failed one too:
`Memory cleanup completed job=… outcome=… rss_before=… rss_after=… gc_ms=… seconds=…` (sizes in
bytes, resident set of this process). The full collection matters for failed jobs: a traceback and
its frames form cycles that hold their locals until a collection runs.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

KEPT_BYTES = 4 << 20  # above the size after the last trim
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# A name and no Path: that interns each of its parts anew, and Python's table of interned strings
# keeps the place of each that has gone, until it doubles (1.9 MB, after some thousand jobs).
OWN_SIZES = "/proc/self/statm"
ALLOCATOR_SETTINGS = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}

WARM_JOBS = 20  # after which a process has loaded what its jobs use

_floor = 0
_ended = _running = 0
_counting = threading.Lock()
_listeners: list[Callable[[str, str, float], None]] = []


def tell_ends_to(listener: Callable[[str, str, float], None]) -> None:
    """Call `listener` with name, outcome and seconds of each job that ends in this process."""
    if listener not in _listeners:
        _listeners.append(listener)


def resident_bytes() -> int:
    """Resident set size of this process in bytes; 0 where the system does not tell."""
    try:
        with open(OWN_SIZES, encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


@dataclass(slots=True)
class Job:
    """A running job: what its closing line needs to know."""

    name: str
    rss_before: int = field(default_factory=resident_bytes)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        global _running
        with _counting:
            _running += 1

    def finish(self, outcome: str) -> None:
        """Collect garbage, hand free pages back, and write the closing line."""
        started = time.perf_counter()
        gc.collect()
        _freeze_when_warm(outcome)
        rss_after = _given_back()
        gc_ms = (time.perf_counter() - started) * 1000
        seconds = time.monotonic() - self.began
        logger.info(
            "Memory cleanup completed job=%s outcome=%s rss_before=%d rss_after=%d gc_ms=%.1f "
            "seconds=%.3f",
            self.name,
            outcome,
            self.rss_before,
            rss_after,
            gc_ms,
            seconds,
        )
        for listener in _listeners:
            listener(self.name, outcome, seconds)


@contextmanager
def job(name: str) -> Iterator[Job]:
    """Run a block as the job `name`; its closing line says ok, failed, or exit_<code>."""
    running = Job(name)
    outcome = "failed"
    try:
        yield running
        outcome = "ok"
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        outcome = f"exit_{code}" if code else "ok"
        raise
    finally:
        running.finish(outcome)


def freeze() -> None:
    """Keep later collections off everything alive now: they take 1 ms then, instead of 60."""
    gc.collect()
    gc.freeze()


def _freeze_when_warm(outcome: str) -> None:
    """What the first jobs have loaded stays: modules, templates, connections, caches. Not what a
    job still holds: one that failed its traceback, one in another thread its work.
    """
    global _ended, _running
    with _counting:
        _ended, _running = _ended + 1, _running - 1
        if _ended < WARM_JOBS or _running or outcome != "ok":
            return
        _ended = -sys.maxsize  # once
    gc.freeze()


def _given_back() -> int:
    """The resident size, once free pages are with the system again: all but a few, which the next
    job would have to fetch back one by one, at more cost than they are worth.
    """
    global _floor
    size = resident_bytes()
    if size > _floor + KEPT_BYTES:
        _trim()
        size = resident_bytes()
        _floor = size
    _floor = min(_floor, size)
    return size


def _trim() -> None:
    if _malloc_trim is not None:
        _malloc_trim(0)


def _find_malloc_trim() -> ctypes._NamedFuncPointer | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):  # musl and macOS have none
        return None


_malloc_trim = _find_malloc_trim()
