"""A site with a front page full of reports, served as production serves it: for pictures of it and
for measuring it. Not for tests, which have fixtures of their own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as daytime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.site import site
from market.sessions import VIETNAM
from marketsite import clock
from marketsite.processes import parse_procfile
from tests.upstreams import Upstreams
from tests.upstreams.scenarios import AFTER_CLOSE

if TYPE_CHECKING:
    from reports.models import Report

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
CLOSE = daytime(15, 0)
EARLIER = 24  # sessions before the newest one, each with its closing report


@dataclass(frozen=True, slots=True)
class Shown:
    """`url` is the address of the site, `report` the path of its newest report."""

    url: str
    report: str


@contextmanager
def shown() -> Iterator[Shown]:
    """Serve the close of 21 August 2026 until the block ends."""
    with (
        tempfile.TemporaryDirectory(prefix="marketsite-shown-") as folder,
        Upstreams("long") as upstreams,
    ):
        settings = {**upstreams.environment, "STATIC_ROOT": folder, "REPORT_WRITERS": "analyst"}
        with site(AFTER_CLOSE, settings):
            slug = _fill()
            with _served() as url:
                yield Shown(url, f"/reports/{slug}/")


def _fill() -> str:
    """Numbers, and the closing reports of a month of sessions; returns the newest one's slug."""
    from django.core.management import call_command

    from market.history import backfill
    from market.models import Quote
    from market.overview import refresh_overview
    from market.refresh import refresh_indices

    call_command("collectstatic", interactive=False, verbosity=0)
    refresh_indices()
    backfill()
    newest = list(Quote.objects.all())
    Quote.objects.all().delete()
    for before in range(EARLIER, 0, -1):
        _close_of(before)
        _write()
    Quote.objects.bulk_create(newest)
    os.environ[clock.VARIABLE] = AFTER_CLOSE
    refresh_overview()
    return _write().slug


def _close_of(before: int) -> None:
    """Go back so many sessions: each index at the close of its day's bar, ten minutes after it."""
    from market.models import Bar, Index, Quote

    for index in Index.objects.all():
        bars = Bar.objects.filter(index=index).order_by("-day")
        today, yesterday = bars[before : before + 2]
        close = datetime.combine(today.day, CLOSE, VIETNAM)
        Quote.objects.create(
            index=index,
            as_of=close,
            price=today.close,
            previous_close=yesterday.close,
            open=today.open,
            high=today.high,
            low=today.low,
            volume=today.volume,
            agreement=Quote.Agreement.CONFIRMED,
            source=today.source,
            fetched_at=close,
        )
    os.environ[clock.VARIABLE] = (close + timedelta(minutes=10)).isoformat()


def _write() -> Report:
    """What the pipeline writes at this moment, published."""
    from reports.models import Run
    from reports.writing import pipeline
    from reports.writing.runs import request_run

    requested, _ = request_run(clock.now(), Run.Trigger.COMMAND)
    report = pipeline.run_to_end(requested.pk).report
    if report is None:
        raise SystemExit("no report was written")
    return report


@contextmanager
def _served() -> Iterator[str]:
    """The Procfile's web process on a free port, on the servers of this process's environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    command = parse_procfile(lines)["web"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=ROOT, env=os.environ | {"PORT": str(port), "PATH": path}
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(port)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
