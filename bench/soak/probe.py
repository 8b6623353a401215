"""What processes hold, read from /proc; and what Redis and PostgreSQL say of their clients.

Sizes are MB of 10^6 bytes. PSS counts a page that n processes share as 1/n in each, so that it
adds up; USS is what only one process has; RSS counts shared pages in full (man 5 proc_pid_smaps).
What a process keeps is the part of its PSS that is no file's page, and what is swapped out of it:
files' pages come and go, and a process's share of them changes whenever another starts or ends.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1_000_000
PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
FIELDS = re.compile(
    r"^(Pss|Pss_Anon|Pss_Shmem|SwapPss|Rss|Private_Clean|Private_Dirty):\s+(\d+) kB", re.MULTILINE
)
PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
THREADS = re.compile(r"^Threads:\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Process:
    """One process at one moment."""

    pid: int
    pss: float
    kept: float
    uss: float
    rss: float
    peak: float
    descriptors: int
    threads: int
    cpu: float = 0.0  # seconds since its start, children that have ended left out


def measure(pid: int) -> Process | None:
    """What the process holds now; None when it has ended."""
    folder = PROC / str(pid)
    try:
        sizes = {
            name: int(kilobytes) * 1024 / MEGABYTE
            for name, kilobytes in FIELDS.findall((folder / "smaps_rollup").read_text())
        }
        status = (folder / "status").read_text()
        times = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        descriptors = sum(1 for _ in (folder / "fd").iterdir())
    except OSError:
        return None
    if not sizes:  # a zombie has no pages
        return None
    return Process(
        pid=pid,
        pss=sizes["Pss"],
        kept=sizes["Pss_Anon"] + sizes["Pss_Shmem"] + sizes["SwapPss"],
        uss=sizes["Private_Clean"] + sizes["Private_Dirty"],
        rss=sizes["Rss"],
        peak=int(PEAK.findall(status)[0]) * 1024 / MEGABYTE,
        descriptors=descriptors,
        threads=int(THREADS.findall(status)[0]),
        cpu=sum(map(int, times)) / TICKS,
    )


def forget_peak(pid: int) -> None:
    """Let the peak of the resident set count from now on."""
    with contextlib.suppress(OSError):
        (PROC / str(pid) / "clear_refs").write_text("5")


def tree(pid: int) -> list[int]:
    """The process and its descendants, parents first and in the order of their start."""
    found = [pid]
    for parent in found:
        found += sorted(_children(parent))
    return found


def _children(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in (PROC / str(pid) / "task").iterdir():
            yield from map(int, (task / "children").read_text().split())
