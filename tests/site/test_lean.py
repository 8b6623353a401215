"""Each kind of process loads what it runs, and nothing of what the others do."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from market.history import backfill
from market.overview import refresh_overview
from market.refresh import refresh_indices
from marketsite import clock
from reports.models import Report, ReportCard, Run
from reports.writing.runs import request_run
from tests.conftest import ROOT, Manage
from tests.processes import Process, outcomes, started, until
from tests.reports.admin import make_report
from tests.site.test_front import web

MOST_MB = 60.0

CELERY = ("celery", "kombu", "billiard")
NETWORK = ("requests", "urllib3", "market.http", "market.sources.upstream")
PIPELINE = (
    "market.refresh",
    "market.tasks",
    "reports.tasks",
    "reports.writing.asking",
    "reports.writing.pipeline",
    "reports.writing.steps",
    "reports.writing.verification",
)
PAGES = (
    "market.admin",
    "market.api",
    "market.views",
    "marketsite.admin",
    "marketsite.api",
    "marketsite.edge",
    "marketsite.urls",
    "ninja",
    "nh3",
    "prometheus_client",
    "pydantic",
    "reports.admin",
    "reports.api",
    "reports.views",
)
PICTURES = ("PIL",)
# Parts of libraries that they load where they are installed, and that nothing of ours uses
OPTIONAL = (
    "chardet", "charset_normalizer", "msgpack", "yaml",
    "django.test.client", "django.test.testcases", "unittest",
)  # fmt: skip
TERMINAL = ("celery.bin", "click_repl", "prompt_toolkit")

ASK = """
import io, os, sys
from marketsite.wsgi import application
for path in sys.argv[1:]:
    told = []
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:8000", "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }
    parts = application(environ, lambda status, headers, exc_info=None: told.append(status))
    b"".join(parts)
    assert told == ["200 OK"], (path, told)
"""
RING = """
import django
django.setup()
from reports.doorbell import ring
assert ring(7)
"""


class Witness:
    """Runs a program of the site's and holds what it had loaded as it ended."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment, self._folder = environment, folder
        self._file = folder / "witness.json"

    def run(self, *arguments: str, **variables: str) -> None:
        """Run it to its own end."""
        with self._started(arguments, variables) as process:
            assert process.wait() == 0, process.err

    def work(self, until_true: Callable[[Process], object], **variables: str) -> None:
        """Run a worker until that is true."""
        with self._started(("-m", "marketsite.worker"), variables) as process:
            until(lambda: until_true(process))
            process.send(signal.SIGTERM)
            assert process.wait() == 0, process.err

    def loaded(self, names: Collection[str]) -> list[str]:
        """What is loaded of these modules, or below them."""
        heads = tuple(f"{name}." for name in names)
        return [one for one in self._told["modules"] if one in names or one.startswith(heads)]

    @property
    def megabytes(self) -> float:
        return float(self._told["pss"])

    def _started(
        self, arguments: tuple[str, ...], variables: dict[str, str]
    ) -> AbstractContextManager[Process]:
        command = [sys.executable, "-m", "bench.witness", str(self._file), *arguments]
        return started(command, self._environment | variables, self._folder)

    @property
    def _told(self) -> Any:
        return json.loads(self._file.read_text(encoding="utf-8"))


@pytest.fixture
def witness(environment: dict[str, str], tmp_path: Path) -> Witness:
    return Witness(environment, tmp_path)


# Libraries in part

PARTS = """
from marketsite.lean import unopened, without
with without("yaml", "json"), unopened("django.test"), unopened("django"):
    import json.decoder
    from django.test.signals import setting_changed
    try:
        import yaml
    except ModuleNotFoundError:
        print("missing")
import sys
print(sorted({"django.test", "unittest", "yaml"} & set(sys.modules)))
import yaml
from django.test import Client
print(Client.__name__, yaml.safe_load("[here]"))
"""


def test_a_library_in_part_is_whole_for_whoever_wants_it_later() -> None:
    lines = ["import json, django", *PARTS.strip().splitlines()]  # what is loaded already stays
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["missing", "[]", "Client ['here']"]


# The web process


def test_a_web_process_that_answers_readers_loads_neither_pipeline_nor_broker_nor_network(
    witness: Witness,
) -> None:
    backfill()
    refresh_indices()
    refresh_overview()
    report = make_report(status="published")
    pages = ("/", "/indices/", "/indices/vnindex/", "/en/", "/reports/", report.get_absolute_url())
    witness.run("-c", ASK, *pages, "/rss.xml", "/api/v1/market/indices", "/api/v1/market/overview")
    assert witness.loaded(["marketsite.urls", "reports.admin", "ninja"])  # it is a web process
    assert witness.loaded([*CELERY, *NETWORK, *PIPELINE, *PICTURES, *TERMINAL, *OPTIONAL]) == []


def test_who_rings_loads_celery_and_no_task(witness: Witness) -> None:
    witness.run("-c", RING)
    assert witness.loaded(["celery.app"])
    assert witness.loaded([*NETWORK, *PIPELINE, *TERMINAL]) == []


def test_the_web_process_is_a_front_and_one_site(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with web(environment, tmp_path) as (process, _port):
        assert len(process.living()) == 2  # Python's own tracker of semaphores is not there


# The worker


def test_a_worker_that_has_refreshed_has_loaded_no_page_no_picture_and_no_terminal(
    witness: Witness,
) -> None:
    witness.work(lambda worker: outcomes(worker.err, "refresh_overview"))
    assert witness.loaded(PIPELINE)
    assert witness.loaded([*PAGES, *PICTURES, *TERMINAL, *OPTIONAL]) == []


@pytest.mark.slow
def test_nor_has_one_that_wrote_a_report_and_drew_its_cards(witness: Witness) -> None:
    backfill()
    refresh_indices()
    run, _ = request_run(clock.now(), Run.Trigger.EDITOR)
    Run.objects.filter(pk=run.pk).update(heartbeat=datetime.now(UTC) - timedelta(hours=1))
    witness.work(
        lambda _worker: ReportCard.objects.count() == 2,
        RUN_SWEEP_SECONDS="0.5",
        ENABLE_AUTO_REPORT_SCHEDULER="false",
    )
    assert Report.objects.published().exists()
    assert witness.loaded(["PIL.Image"])
    assert witness.loaded([*PAGES, *TERMINAL, *OPTIONAL]) == []


# Commands

REFRESHES = [*CELERY, *PAGES, *PICTURES, "reports.writing.pipeline", "reports.writing.steps"]
IDLES = [*REFRESHES, *NETWORK, *PIPELINE]


@pytest.fixture
def settled(manage: Manage) -> None:
    """All that was due has been done."""
    backfill()
    assert manage("tick").returncode == 0


@pytest.mark.parametrize(
    ("command", "unused"),
    [
        ("tick", IDLES),
        ("generate_report --if-due", IDLES),
        ("prune", IDLES),
        ("draw_cards", IDLES),
        ("refresh_indices", REFRESHES),
        ("refresh_overview", REFRESHES),
        ("close_day", REFRESHES),
    ],
)
def test_a_command_of_cron_with_nothing_due_loads_what_it_runs_and_stays_small(
    settled: None, witness: Witness, command: str, unused: list[str]
) -> None:
    witness.run("manage.py", *command.split())
    assert witness.loaded(unused) == []
    assert witness.megabytes <= MOST_MB
