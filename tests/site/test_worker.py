"""The Procfile's worker with its embedded beat, as a real process over a real broker."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from kombu import Connection

from market.refresh import refresh_indices
from market.tasks import close_day
from marketsite.celery import app
from marketsite.environment import redis_database
from reports.models import Report, Run, Step
from reports.tasks import RING_SECONDS, advance_run, prune, ring
from reports.writing.order import ORDER
from reports.writing.runs import request_run
from tests.conftest import Manage
from tests.processes import Process, broker, locked, outcomes, started, until, worker_command
from tests.upstreams import Upstreams

LOST = "Connection to broker lost"
FAREWELL = "worker: Warm shutdown (MainProcess)"


@pytest.fixture
def quick(environment: dict[str, str]) -> dict[str, str]:
    """A worker's environment in which what takes minutes takes moments."""
    return environment | {
        "LOG_FORMAT": "json",
        "MARKET_REFRESH_SECONDS": "3600",
        "ENABLE_AUTO_REPORT_SCHEDULER": "false",
        "REPORT_CHECK_SECONDS": "0.5",
        "RUN_SWEEP_SECONDS": "0.5",
        "RUN_WAITING_SECONDS": "0.5",
        "DATABASE_TIMEOUT_SECONDS": "60",
    }


def forgotten_run(hour: int = 8) -> Run:
    """A run that waits although nobody was told of it."""
    run, _ = request_run(datetime(2026, 8, 21, hour, tzinfo=UTC), Run.Trigger.EDITOR)
    Run.objects.filter(pk=run.pk).update(heartbeat=datetime.now(UTC) - timedelta(hours=1))
    return run


def stops_cleanly(worker: Process) -> bool:
    """Whether a plain SIGTERM ends it."""
    assert len(worker.living()) == 1  # its tasks and beat are threads
    worker.send(signal.SIGTERM)
    until(lambda: not worker.living())
    return worker.wait() == 0


@pytest.mark.slow
def test_a_worker_does_the_whole_job_and_says_so_line_by_line(
    quick: dict[str, str], upstreams: Upstreams, redis_client: redis.Redis, tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("=2026-08-21T08:09:59Z")
    variables = {
        "MARKETSITE_CLOCK": f"@{clock}",
        "ENABLE_AUTO_REPORT_SCHEDULER": "true",
        "AUTO_REPORT_SCHEDULE_TIMES": "15:10",
        "DATABASE_TIMEOUT_SECONDS": "3",
    }
    with started(worker_command(), quick | variables, tmp_path) as worker:
        until(lambda: redis_client.get("market_indices"))  # at once: beat rings in an hour
        assert len(upstreams.calls_to("vietcap.quotes")) == 1
        close_day.delay()
        until(lambda: outcomes(worker.err, "close_day") == ["ok"])
        with locked("market_bar"):
            clock.write_text("=2026-08-21T08:10:00Z")  # the slot is due, the database in trouble
            failed = until(Run.objects.filter(attempt=2).first)
        until(Report.objects.published().exists)
        for _ in range(2):
            prune.delay()
        until(lambda: outcomes(worker.err, "prune") == ["ok", "ok"])
        assert stops_cleanly(worker)
    assert failed.error.startswith("OperationalError: canceling statement due to statement timeout")
    run = Run.objects.get()
    assert run.slot == datetime(2026, 8, 21, 8, 10, tzinfo=UTC)
    assert (run.state, run.error, run.report) == (Run.State.DONE, "", Report.objects.get())
    assert run.trigger == Run.Trigger.SCHEDULE
    assert outcomes(worker.err, "refresh_indices") == ["ok"]
    assert outcomes(worker.err, "advance_run").count("failed") == run.attempt - 1
    assert outcomes(worker.err, "advance_run").count("ok") >= len(ORDER)
    for job in ("sweep", "start_due_run"):
        assert set(outcomes(worker.err, job)) == {"ok"}
    lines = worker.err.splitlines()
    assert {json.loads(line)["level"] for line in lines} == {"INFO", "WARNING", "ERROR"}
    assert len(lines) == len(set(lines))
    assert worker.out.strip() == FAREWELL  # Celery's, past any logging


@pytest.fixture
def own_broker(quick: dict[str, str]) -> Iterator[Path]:
    """The socket of a broker that a test may end; the worker's environment names it."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "valkey.sock"
        quick["CELERY_BROKER_URL"] = f"unix://{socket}?db=0"
        yield socket


@pytest.mark.slow
def test_a_step_ends_well_while_the_broker_is_away(
    quick: dict[str, str], own_broker: Path, tmp_path: Path
) -> None:
    refresh_indices()
    with broker(own_broker) as first, started(worker_command(), quick, tmp_path) as worker:
        with locked("market_bar") as lock:
            run = forgotten_run()
            lock.waiting()  # in the middle of `prepare_data`
            first.kill()
            until(lambda: LOST in worker.err)
        until(Step.objects.filter(run=run).exists)
        until(lambda: f"bell not rung run={run.pk}" in worker.err)
        with broker(own_broker):
            until(Report.objects.published().exists)
            assert stops_cleanly(worker)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (Run.State.DONE, 1)
    assert "failed" not in outcomes(worker.err, "advance_run")
    assert "DeprecationWarning" not in worker.err


@pytest.mark.slow
def test_a_worker_whose_threads_are_all_busy_hears_a_broker_that_returns(
    quick: dict[str, str], own_broker: Path, tmp_path: Path
) -> None:
    refresh_indices()
    with broker(own_broker) as first, started(worker_command(), quick, tmp_path) as worker:
        with locked("market_bar") as lock:
            forgotten_run()
            with Connection(f"redis+socket://{own_broker}?virtual_host=0") as theirs:
                close_day.apply_async(connection=theirs)  # one thread of two takes no run
            lock.waiting(2)
            first.kill()
        until(Step.objects.exists)
        until(lambda: LOST in worker.err)
        with broker(own_broker):
            until(Report.objects.published().exists)
            assert stops_cleanly(worker)
    assert Run.objects.get().attempt == 1


def test_a_worker_above_its_bound_ends_its_task_and_starts_anew(
    quick: dict[str, str], tmp_path: Path
) -> None:
    small = {"WORKER_MAX_MEMORY_KB": "1000", "MARKET_SOURCES": "vietcap"}
    with started(worker_command(), quick | small, tmp_path) as worker:
        until(lambda: worker.err.count("worker ready") > 1)
        assert worker.living() == [worker.popen.pid]
        until(lambda: len(outcomes(worker.err, "refresh_indices")) > 1)
    assert "holds more than WORKER_MAX_MEMORY_KB" in worker.err
    assert set(outcomes(worker.err, "refresh_indices")) == {"ok"}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_large_worker_that_is_told_to_stop_does_not_start_anew(
    threads: int, quick: dict[str, str], tmp_path: Path
) -> None:
    small = {"WORKER_MAX_MEMORY_KB": "1000", "CELERY_CONCURRENCY": str(threads)}
    with started(worker_command(), quick | small, tmp_path) as worker:
        with locked("market_quote") as lock:
            lock.waiting()  # in the middle of a refresh
            if threads > 1:  # the other one has ended a task, and is about to start anew
                until(lambda: "starts anew" in worker.err)
            farewells = worker.out.count(FAREWELL)
            worker.send(signal.SIGTERM)
            until(lambda: worker.out.count(FAREWELL) > farewells)
        until(lambda: not worker.living())
    assert outcomes(worker.err, "refresh_indices") == ["ok"]
    assert worker.err.count("worker ready") == 1


# Bells


def test_each_bell_of_the_schedule_expires_before_the_next_rings() -> None:
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        expires, schedule = entry["options"]["expires"], entry["schedule"]
        seconds = schedule.total_seconds() if isinstance(schedule, timedelta) else 24 * 3600
        assert 0 < expires <= seconds, name
        assert entry["task"] in app.tasks, name


def test_a_runs_bell_expires_when_the_sweeper_would_ring_again() -> None:
    assert ring(7)
    with redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as client:
        client.select(redis_database(os.environ["REDIS_URL"]) + 1)
        (message,) = [json.loads(text) for text in client.lrange("celery", 0, -1)]
    headers = message["headers"]
    assert (headers["task"], headers["argsrepr"]) == (advance_run.name, "(7,)")
    left = datetime.fromisoformat(headers["expires"]) - datetime.now(UTC)
    assert timedelta(0) < left <= timedelta(seconds=RING_SECONDS)


# Commands


@pytest.mark.parametrize(
    ("command", "scenario", "outcome"),
    [
        ("refresh_indices", "long", "ok"),
        ("refresh_indices", "down", "exit_1"),
        ("backfill_bars", "long", "ok"),
        ("backfill_bars", "down", "exit_1"),
        ("generate_report", "long", "failed"),  # there are no numbers yet
        ("prune", "long", "ok"),
    ],
)
def test_each_command_ends_with_its_one_memory_line(
    manage: Manage, upstreams: Upstreams, command: str, scenario: str, outcome: str
) -> None:
    upstreams.scenario = scenario
    done = manage(command, MAX_REPORT_ATTEMPTS="1")
    assert (done.returncode == 0) == (outcome == "ok")
    assert outcomes(done.stderr, command) == [outcome]
    assert done.stderr.count("Memory cleanup completed") == 1
