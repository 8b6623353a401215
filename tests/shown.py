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
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.site import site
from marketsite.processes import parse_procfile
from tests.upstreams import Upstreams
from tests.upstreams.scenarios import AFTER_CLOSE

if TYPE_CHECKING:
    from reports.models import Report

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
# Headlines of the reports before the newest; their texts are its own, moved back in time.
EARLIER = (
    ("VN-Index giảm nhẹ 0,35% về 1.734,24 điểm", "VN-Index edged down 0.35% to 1,734.24"),
    ("VN-Index đi ngang ở 1.740,31 điểm", "VN-Index was flat at 1,740.31"),
    ("VN-Index tăng 0,82% lên 1.739,88 điểm", "VN-Index rose 0.82% to 1,739.88"),
    ("Năm chỉ số cùng giảm, VN30 mất 1,12%", "All five indices fell; VN30 lost 1.12%"),
    ("VN-Index rung lắc quanh 1.725 điểm", "VN-Index swung around 1,725"),
)


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
    """Numbers and reports; returns the newest one's slug."""
    from django.core.management import call_command

    from market.history import backfill
    from market.overview import refresh_overview
    from market.refresh import refresh_indices
    from marketsite import clock
    from reports.models import Run
    from reports.writing import pipeline

    call_command("collectstatic", interactive=False, verbosity=0)
    refresh_indices()
    backfill()
    refresh_overview()
    requested, _ = pipeline.request_run(clock.now(), Run.Trigger.COMMAND)
    report = pipeline.run_to_end(requested.pk).report
    if report is None:
        raise SystemExit("no report was written")
    for number in range(24):
        _earlier(report, number)
    return report.slug


def _earlier(report: Report, number: int) -> None:
    from reports.models import Report

    row = Report.objects.get(pk=report.pk)
    row.pk = None
    row.slug = f"earlier-{number}"
    row.title, row.title_en = EARLIER[number % len(EARLIER)]
    row.edition = list(Report.Edition)[(number + 2) % 4]
    back = timedelta(hours=6 * (number + 1))
    for name in ("published_at", "data_as_of", "created_at"):
        setattr(row, name, getattr(row, name) - back)
    row.save()


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
