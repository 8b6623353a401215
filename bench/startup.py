"""What each process and command takes to start: processor time and memory, from cold.

    .venv/bin/python -m bench.startup            (about two minutes)

Writes `bench/results/startup.json` and `startup.txt`. Commands run to their end with nothing due,
against upstreams of the bench's own; the worker until it has refreshed once, the web process until
it has answered three pages and the API. `bare` is `django.setup()` with these settings and one
query, `django` the same with Django's own defaults. Seconds are the median of the repeats, MB (10^6
bytes) the largest proportional set size. The bound is 0.6 s and 60 MB for each command; the exit
code is 1 when one is over it. The machine should have nothing else to do.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from bench.site import RESULTS, ROOT, site, upstreams, web
from bench.soak.probe import measure, tree
from marketsite.memory import ALLOCATOR_SETTINGS

REPEATS = 7
MOMENT = "=2026-08-21T03:30:00Z"  # in a session: each refresh asks
MOST_SECONDS, MOST_MB = 0.6, 60.0
PATIENCE, POLL = 60.0, 0.05
DJANGO = """
import os
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "dbname=marketsite",
    }},
)
import django
django.setup()
"""
BARE = """
import django
django.setup()
from django.db import connection
connection.cursor().execute("SELECT 1")
"""
BASE = {"django": ["-c", DJANGO], "bare": ["-c", BARE]}
COMMANDS = {
    name: ["manage.py", *name.split()]
    for name in (
        "tick",
        "generate_report --if-due",
        "refresh_indices",
        "refresh_overview",
        "close_day",
        "prune",
        "draw_cards",
    )
}
PAGES = ("/", "/indices/", "/reports/", "/api/v1/market/indices")
WORKER = ["-m", "marketsite.worker"]


@dataclass(frozen=True)
class Start:
    """One process or command: its processor time, its memory, and what it has loaded."""

    name: str
    kind: str
    seconds: float
    pss_mb: float
    modules: int = 0

    @property
    def within(self) -> bool:
        fits = self.seconds <= MOST_SECONDS and self.pss_mb <= MOST_MB
        return fits or self.kind != "command"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="marketsite-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        static = {"STATIC_ROOT": str(folder / "static"), **ALLOCATOR_SETTINGS}
        with upstreams(MOMENT) as environment, site(MOMENT, environment | static):
            starts = list(_starts(folder))
    load = round(os.getloadavg()[0], 1)
    text = _text(starts, load)
    report = {
        "load": load,
        "processors": os.cpu_count(),
        "python": sys.version.split()[0],
        "repeats": REPEATS,
        "starts": [asdict(start) for start in starts],
    }
    RESULTS.joinpath("startup.json").write_text(json.dumps(report, indent=1) + "\n")
    RESULTS.joinpath("startup.txt").write_text(text)
    sys.stdout.write(text)
    return int(not all(start.within for start in starts))


def _starts(folder: Path) -> Iterator[Start]:
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("backfill_bars", verbosity=0)
    for name, arguments in BASE.items():
        yield _ended(name, "base", arguments, folder)
    for _ in range(2):  # so that nothing is due, and everything is compiled
        _witness(["manage.py", "tick"], folder)
    for name, arguments in COMMANDS.items():
        yield _ended(name, "command", arguments, folder)
    yield _ended("worker", "process", WORKER, folder, _until_refreshed)
    yield from _web()


def _ended(
    name: str,
    kind: str,
    arguments: list[str],
    folder: Path,
    until: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> Start:
    """A program that ends by itself, or once `until` says that it has started."""
    found = [_witness(arguments, folder, until) for _ in range(REPEATS)]
    return Start(
        name,
        kind,
        seconds=round(statistics.median(one["seconds"] for one in found), 2),
        pss_mb=round(max(one["pss"] for one in found), 1),
        modules=max(len(one["modules"]) for one in found),
    )


def _witness(
    arguments: list[str],
    folder: Path,
    until: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> dict[str, Any]:
    file = folder / "witness"
    with _started([sys.executable, "-m", "bench.witness", str(file), *arguments]) as process:
        if until:
            until(process)
            process.send_signal(signal.SIGTERM)
        if process.wait(PATIENCE):
            raise SystemExit(f"{' '.join(arguments)} ends with {process.returncode}")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that may write compiled files: an installed site has them."""
    environment = {**os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _until_refreshed(_process: subprocess.Popen[bytes]) -> None:
    """Until a worker has done its first refresh: it leaves a snapshot of a new moment."""
    from marketsite.redis import client

    client().delete("market_indices", "claim:refresh_indices")
    _wait(lambda: client().exists("market_indices"))


def _web() -> Iterator[Start]:
    """The web process and the one behind it, once they have answered."""
    found: list[list[tuple[float, float]]] = []
    for _ in range(REPEATS):
        with web({}) as (port, pid):
            for page in PAGES:
                requests.get(f"http://127.0.0.1:{port}{page}", timeout=10).raise_for_status()
            found.append([_of(each) for each in tree(pid)])
    for name, runs in zip(("web: front", "web: site"), zip(*found, strict=True), strict=True):
        seconds, sizes = zip(*runs, strict=True)
        yield Start(name, "process", round(statistics.median(seconds), 2), round(max(sizes), 1))


def _of(pid: int) -> tuple[float, float]:
    """The processor time and the memory of a running process."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    held = measure(pid)
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), held.pss if held else 0.0


def _wait(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("a process does not start")
        time.sleep(POLL)


def _text(starts: list[Start], load: float) -> str:
    bare = next(start for start in starts if start.name == "bare")
    lines = [
        f"median of {REPEATS} cold starts, CPU seconds and MB of PSS; load {load} on"
        f" {os.cpu_count()} processors, Python {sys.version.split()[0]}",
        "",
        f"{'':<26}{'seconds':>9}{'of bare':>9}{'MB':>8}{'of bare':>9}{'modules':>9}",
    ]
    lines += [
        f"{start.name:<26}{start.seconds:>9.2f}{start.seconds / bare.seconds:>9.2f}"
        f"{start.pss_mb:>8.1f}{start.pss_mb / bare.pss_mb:>9.2f}{start.modules or '-':>9}"
        f"{'' if start.within else '  over the bound'}"
        for start in starts
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
