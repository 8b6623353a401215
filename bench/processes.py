"""What the running processes of the site take, one line each.

    make run                                                       (in another terminal)
    .venv/bin/python -m bench.processes > bench/results/processes.tsv

`pss_kb` counts a page that n processes share as 1/n in each, so the column adds up to what the site
takes; `rss_kb` counts it in full everywhere. Run it as the account that runs the site.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = str(Path(__file__).resolve().parent.parent)
MARKS = {"web": "marketsite.web", "worker": "marketsite.celery worker"}
SIZES = ("Pss", "Rss")


def main() -> None:
    print("process", "age_seconds", "pss_kb", "rss_kb", sep="\t")  # noqa: T201 (it is a table)
    for role, process in sorted(_processes(), key=lambda found: (found[0], found[1].pid)):
        memory = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
        sizes = [re.findall(rf"^{name}:\s+(\d+) kB", memory, re.MULTILINE)[0] for name in SIZES]
        print(role, int(time.time() - process.create_time()), *sizes, sep="\t")  # noqa: T201


def _processes() -> Iterator[tuple[str, psutil.Process]]:
    """Each process of this checkout with its role: a child runs its parent's command."""
    for process in psutil.process_iter():
        for role, mark in MARKS.items():
            parent = process.parent()
            child = parent is not None and _runs(parent, mark)
            if child or _runs(process, mark):
                yield f"{role} {'child' if child else 'parent'}", process


def _runs(process: psutil.Process, mark: str) -> bool:
    try:
        command = process.cmdline()
        shell = command[:1] == ["/bin/sh"]
        return mark in " ".join(command) and not shell and process.cwd() == ROOT
    except psutil.Error:  # ended while we looked, or not ours
        return False


if __name__ == "__main__":
    main()
