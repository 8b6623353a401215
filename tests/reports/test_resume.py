"""`generate_report --resume` and `--writer`, and the progress that the command shows."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from market.history import backfill
from market.refresh import refresh_indices
from reports.management.commands.generate_report import find_run
from reports.models import Report, Run, Step
from reports.writing import pipeline, requests
from reports.writing.order import ORDER
from reports.writing.runs import request_run
from tests.conftest import ROOT, Manage
from tests.people import editor
from tests.processes import locked, manage_command, outcomes, started

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
AGO = timedelta(minutes=1)


@pytest.fixture
def numbers(environment: dict[str, str]) -> None:
    refresh_indices()
    backfill()


@pytest.fixture
def begun(numbers: None) -> Run:
    """A run whose first step is done."""
    run, _ = request_run(SLOT, Run.Trigger.COMMAND)
    assert pipeline.advance(run.pk)
    return run


def failed(run: Run) -> None:
    Run.objects.update(state="failed", attempt=3, error="no writer", finished_at=SLOT)


def cancelled(run: Run) -> None:
    assert requests.cancel(run, editor())


def died(run: Run) -> None:
    assert pipeline.claim(run.pk)
    Run.objects.update(heartbeat=datetime.now(UTC) - AGO)


@pytest.mark.parametrize("ended", [failed, cancelled, died, lambda run: None])
def test_a_run_that_stopped_goes_on_at_its_first_unfinished_step(
    manage: Manage, begun: Run, ended: Callable[[Run], None]
) -> None:
    first = Step.objects.values().get()
    ended(begun)
    done = manage("generate_report", "--resume", str(begun.public_id))
    assert done.returncode == 0, done.stderr
    begun.refresh_from_db()
    assert (begun.state, begun.report) == (Run.State.DONE, Report.objects.get())
    assert Step.objects.values().get(pk=first["id"]) == first
    told = [line.partition(":")[0].strip() for line in done.stdout.splitlines()]
    assert told[: len(ORDER) - 1] == list(ORDER[1:])


@pytest.mark.parametrize(("state", "word"), [("done", "done"), ("running", "running")])
def test_a_run_that_is_done_or_at_work_is_left_alone(
    manage: Manage, begun: Run, state: str, word: str
) -> None:
    Run.objects.update(state=state, heartbeat=datetime.now(UTC) + timedelta(hours=1))
    done = manage("generate_report", "--resume", str(begun.pk))
    assert done.returncode == 3
    assert done.stdout == f"The run of 2026-08-21 08:00Z is {word}: nothing to resume.\n"
    assert Run.objects.get().state == state


@pytest.mark.django_db
def test_a_run_is_found_by_session_slot_and_number() -> None:
    run, _ = request_run(SLOT, Run.Trigger.COMMAND)
    names = (str(run.pk), str(run.public_id), run.public_id.hex, "2026-08-21T08:00:59Z")
    assert [find_run(name) for name in names] == [run] * len(names)
    for name in ("", "0", "9" * 40, "x", "2026-08-21", "2026-08-21T08:01:00Z", "²"):
        assert find_run(name) is None, name


def test_a_cancelled_run_ends_the_command_with_1(
    environment: dict[str, str], numbers: None, tmp_path: Path
) -> None:
    command = manage_command("generate_report", "--slot", SLOT.isoformat())
    with locked("market_bar") as lock, started(command, environment, tmp_path) as process:
        lock.waiting()  # in the middle of `prepare_data`
        assert requests.cancel(Run.objects.get(), editor())
        lock.release()
        assert process.wait() == 1
        assert "The run of 2026-08-21 08:00Z was cancelled." in process.err
        assert outcomes(process.err, "generate_report") == ["failed"]
    assert (Run.objects.get().state, Step.objects.count()) == ("cancelled", 0)
    assert not Report.objects.exists()


def test_the_chosen_writer_stands_in_the_run(manage: Manage, numbers: None) -> None:
    assert manage("generate_report", "--writer", "analyst").returncode == 0
    assert Run.objects.get().writer == "analyst"


def test_on_a_terminal_one_line_is_drawn_anew(
    environment: dict[str, str], numbers: None, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    command = manage_command("generate_report", "--slot", SLOT.isoformat())
    with locked("market_bar") as lock:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment | {"LOG_FORMAT": "text"},
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        lock.waiting()
        shown = read_until(ours, "prepare_data: 2 s")
        lock.release()
    shown += read_until(ours, "/reports/vn-index")
    assert process.wait() == 0
    os.close(ours)
    assert "\r\x1b[K  prepare_data: 1 s (0 %)\r\x1b[K  prepare_data: " in shown
    assert "INFO reports.writing" not in shown


def read_until(terminal: int, text: str) -> str:
    """What a terminal shows up to a text."""
    shown = ""
    while text not in shown:
        shown += os.read(terminal, 4096).decode()
    return shown
