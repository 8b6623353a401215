"""A job's closing line, and that nothing of a job outlives it."""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from celery.signals import worker_ready
from django.core.management.base import CommandError

from bench.soak import heap
from bench.soak.probe import Process, measure
from marketsite import celery, clock, memory, vitals
from marketsite.management import JobCommand
from tests.conftest import ROOT, Manage
from tests.processes import outcomes, started, until

LINE = re.compile(
    r"INFO marketsite\.memory Memory cleanup completed job=(\w+) outcome=(\w+) "
    r"rss_before=(\d+) rss_after=(\d+) gc_ms=(\d+\.\d) seconds=(\d+\.\d{3})"
)
MEGABYTE = 1 << 20


def run_job(body: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A job with this body, in a process of its own with the site's own logging."""
    script = (
        "import logging.config, os, signal, sys\n"
        "from marketsite import memory\n"
        "from marketsite.logs import log_settings\n"
        "logging.config.dictConfig(log_settings('text', 'INFO'))\n"
        "with memory.job('trial'):\n"
        f"    {body}\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_neither_a_job_nor_the_clock_interns_a_string_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As each `Path` does: Python's table of them kept 16 bytes each time, and doubled in a day."""
    interned: list[str] = []
    clock_file = tmp_path / "clock"
    clock_file.write_text("=2026-08-21T08:05:00Z")
    monkeypatch.setenv(clock.VARIABLE, f"@{clock_file}")
    monkeypatch.setattr(sys, "intern", lambda text: interned.append(text) or text)
    with memory.job("trial"):
        clock.now()
    assert memory.resident_bytes() > 0
    assert vitals.measured("worker")
    heap.tell(clock.now())
    assert interned == []


@pytest.mark.parametrize(
    ("body", "outcome", "code"),
    [
        ("pass", "ok", 0),
        ("raise ValueError('no price')", "failed", 1),
        ("sys.exit()", "ok", 0),
        ("sys.exit(0)", "ok", 0),
        ("sys.exit(3)", "exit_3", 3),
        ("sys.exit('a reason\\nin two lines')", "exit_1", 1),
        ("signal.raise_signal(signal.SIGINT)", "failed", -signal.SIGINT),
    ],
)
def test_each_end_of_a_job_has_its_line_on_standard_error(
    body: str, outcome: str, code: int
) -> None:
    done = run_job(body)
    assert done.returncode == code
    (found,) = LINE.findall(done.stderr)
    assert found[:2] == ("trial", outcome)
    assert int(found[2]) > MEGABYTE < int(found[3])
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "outcome", "code"),
    [
        (["prune"], "ok", 0),
        (["generate_report", "--slot", "yesterday"], "failed", 2),
    ],
)
def test_a_command_ends_with_the_line(
    manage: Manage, arguments: list[str], outcome: str, code: int
) -> None:
    done = manage(*arguments, LOG_FORMAT="text")
    assert done.returncode == code
    assert [found[:2] for found in LINE.findall(done.stderr)] == [(arguments[0], outcome)]


def test_a_command_that_names_its_exit_code_keeps_it(
    manage: Manage, caplog: pytest.LogCaptureFixture
) -> None:
    class Command(JobCommand):
        def run(self, **options: object) -> None:
            raise SystemExit(4)

    with caplog.at_level(logging.INFO), pytest.raises(SystemExit) as stopped:
        Command().handle()
    assert stopped.value.code == 4
    assert "outcome=exit_4" in caplog.text


def test_the_job_is_named_after_the_commands_module(caplog: pytest.LogCaptureFixture) -> None:
    class Command(JobCommand):
        def run(self, **options: object) -> None:
            raise CommandError("no")

    Command.__module__ = "market.management.commands.refresh_indices"
    with caplog.at_level(logging.INFO), pytest.raises(CommandError):
        Command().handle()
    assert "job=refresh_indices outcome=failed" in caplog.text


# What a failing job held: in processes of their own, since pytest keeps logged tracebacks alive


def measured(script: str) -> list[int]:
    """The numbers that a script prints, of a process that never collects by itself."""
    prelude = (
        "import gc, logging, weakref\n"
        "from marketsite import memory\n"
        "class Large:\n"
        "    def __init__(self): self.bytes, self.itself = bytearray(1 << 20), self\n"
        "gc.disable()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", prelude + script],
        cwd=ROOT,
        env=os.environ | memory.ALLOCATOR_SETTINGS,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [int(number) for number in done.stdout.split()]


def test_what_a_failed_task_held_is_gone_with_the_next_one_at_the_latest() -> None:
    """Celery itself holds the last failure's traceback until its own record is written."""
    alive = measured(
        "from marketsite.celery import app\n"
        "held = []\n"
        "@app.task\n"
        "def failing():\n"
        "    large = Large()\n"
        "    held.append(weakref.ref(large))\n"
        "    try:\n"
        "        raise ValueError('no price')\n"
        "    except ValueError as error:\n"
        "        kept = error\n"
        "        raise RuntimeError('failed') from kept\n"
        "@app.task\n"
        "def nothing(): pass\n"
        "for task in (failing, failing, failing, nothing): task.apply()\n"
        "print(len(held), sum(reference() is not None for reference in held))\n"
    )
    assert alive == [3, 0]


def test_failed_jobs_do_not_add_up() -> None:
    """Of two hundred failures that held ten megabytes each, less than one's worth stays."""
    first, last = measured(
        "def fail():\n"
        "    try:\n"
        "        with memory.job('trial'):\n"
        "            large = [Large() for _ in range(10)]\n"
        "            raise ValueError(len(large))\n"
        "    except ValueError: pass\n"
        "for _ in range(200):\n"
        "    fail()\n"
        "    memory.Job('end').finish('ok')\n"
        "    print(memory.resident_bytes())\n"
    )[::199]
    assert last - first < 10 * MEGABYTE


FAILING = """
from marketsite import worker
from marketsite.celery import app

@app.task(name="fail")
def fail():
    large = bytearray(b"x") * 5_000_000
    raise ValueError(len(large))

worker.main()
"""


@pytest.mark.slow
def test_six_hundred_tasks_that_fail_with_five_megabytes_leave_a_worker_as_it_was(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """The worker of the Procfile, its threads, its broker; with one task more."""
    environment |= memory.ALLOCATOR_SETTINGS | {"LOG_FORMAT": "text"}
    with started(
        [sys.executable, "-c", FAILING, "--without-beat"], environment, tmp_path
    ) as worker:

        def failed(tasks: int) -> Process:
            """The worker once so many tasks more have failed."""
            wanted = outcomes(worker.err, "fail").count("failed") + tasks
            for _ in range(tasks):
                celery.app.send_task("fail", ignore_result=True)
            until(lambda: outcomes(worker.err, "fail").count("failed") >= wanted)
            found = measure(worker.popen.pid)
            assert found
            return found

        until(
            lambda: (
                outcomes(worker.err, "refresh_indices") and outcomes(worker.err, "refresh_overview")
            )
        )
        idle, first, last = failed(1), failed(99), failed(500)
    # the last locals of each of its two threads stay until the next collection: 5 MB each
    assert last.rss - first.rss < 15
    assert last.peak - idle.rss < 40


def test_what_lives_when_a_worker_is_ready_is_left_alone_by_later_collections(
    redis_client: redis.Redis,
) -> None:
    gc.unfreeze()
    try:
        worker_ready.send(sender=celery.app)
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


def test_what_the_first_jobs_have_loaded_is_left_alone_too_but_not_what_jobs_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "_ended", memory.WARM_JOBS - 3)
    monkeypatch.setattr(memory, "_running", 0)
    counts = []

    def finish(job: memory.Job, outcome: str) -> None:
        job.finish(outcome)
        counts.append(gc.get_freeze_count())

    gc.unfreeze()
    try:
        finish(memory.Job("trial"), "ok")
        finish(memory.Job("trial"), "failed")
        other = memory.Job("other")
        finish(memory.Job("trial"), "ok")
        finish(other, "ok")
        gc.unfreeze()
        finish(memory.Job("trial"), "ok")
    finally:
        gc.unfreeze()
    assert max(counts[:3]) < 1000  # 3.12 counts its immortal objects, a few hundred
    assert counts[3] > 10_000
    assert counts[4] < 1000


def test_the_resident_size_is_what_the_system_says() -> None:
    import psutil

    assert abs(memory.resident_bytes() - psutil.Process().memory_info().rss) < 5 * MEGABYTE
