"""The benches one after another, and what they ran on.

`bench/results/runs.json` has for each bench its command, exit code, time and machine, the load of
the machine before it began among them. A bench that fails does not keep the others from running.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.site import RESULTS, ROOT

RUNS = "runs.json"


@dataclass(frozen=True, slots=True)
class Bench:
    """One script; `minutes` is what it takes about, `output` the file that has what it prints."""

    about: str
    minutes: float
    arguments: tuple[str, ...] = ()
    output: str = ""


BENCHES = {
    "pages": Bench("a page as nginx, the edge and Django serve it", 5, ("--json",), "pages.txt"),
    "live_strip": Bench("the index strip on 10,000 open pages", 6),
    "refresh": Bench("a refresh beside its upstream's latency", 1),
    "pipeline": Bench("a report beside its models' own time", 1),
    "lists": Bench("lists and search among 100,000 reports", 6),
    "history": Bench("reading from ten years of minutes", 2),
    "growth": Bench("each cost at 1, 10 and 100 times the data", 6),
    "startup": Bench("processes and commands from cold", 2),
    "first_view": Bench("what a reader waits for on a slow line", 2),
    "soak": Bench("seven days of schedule: memory", 9),
}


def run(
    names: Iterable[str], results: Path = RESULTS, benches: Mapping[str, Bench] = BENCHES
) -> int:
    """Run these benches; how many failed."""
    names, failed = list(names), 0
    for number, name in enumerate(names, start=1):
        bench = benches[name]
        left = sum(benches[other].minutes for other in names[number - 1 :])
        _say(f"[{number}/{len(names)}] {name}: {bench.about} (some {left:g} minutes to go)")
        code = _run(name, bench, results)
        failed += code != 0
        _say(f"{name}: {'done' if code == 0 else f'exit code {code}'}")
    return failed


def _run(name: str, bench: Bench, results: Path) -> int:
    load, began, at = os.getloadavg()[0], time.monotonic(), datetime.now(UTC)
    arguments = ["-m", f"bench.{name}", *bench.arguments]
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    sys.stdout.write(done.stdout)
    sys.stdout.flush()
    if bench.output:
        (results / bench.output).write_text(done.stdout, encoding="utf-8")
    runs = recorded(results)
    runs[name] = {
        "command": " ".join(["python", *arguments]),
        "at": f"{at:%Y-%m-%dT%H:%MZ}",
        "seconds": round(time.monotonic() - began),
        "code": done.returncode,
        "load": round(load, 1),
        "machine": machine(),
    }
    (results / RUNS).write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    return done.returncode


def recorded(results: Path = RESULTS) -> dict[str, Any]:
    """What was run, by the names of the benches."""
    path = results / RUNS
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def machine() -> dict[str, str]:
    """What a figure depends on besides the code."""
    model = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "processors": str(os.cpu_count()),
        "memory": f"{int(memory[1]) * 1024 / 1e9:.1f} GB" if memory else "unknown",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
