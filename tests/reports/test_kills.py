"""One report per slot, whoever starts it and whatever is killed; no finished call is repeated."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection
from django.db.models import QuerySet
from pytest_django import Settings

from market.history import backfill
from market.refresh import refresh_indices
from marketsite.environment import redis_database
from reports.models import ModelCall, Report, Run, Step
from reports.tasks import start_due_run
from reports.writing import requests, sweeping
from reports.writing.budget import run_totals
from reports.writing.order import ORDER
from reports.writing.runs import request_run
from tests.conftest import ROOT
from tests.people import editor
from tests.processes import locked, manage_command, started, until, worker_command
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.slow

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
ENDPOINTS = {"gemini": "gemini.generate", "openai": "openai.chat"}
NEVER = Reply(delay=600)  # longer than any test waits
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@pytest.fixture
def numbers(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a process that writes with models, from numbers that are there."""
    refresh_indices()
    backfill()
    return environment | {
        "GEMINI_API_KEY": "AIza-test-key",
        "OPENAI_API_KEY": "sk-test-key",
        "REPORT_WRITERS": "gemini,analyst",
        "RESEARCH_SOURCES": "feeds",
        "REPORT_MAX_CALLS_PER_RUN": "100",  # each killed call is counted
        "REPORT_MAX_COST_PER_DAY": "1000",
    }


class Forker:
    """A warm process that makes one child for each part of a run."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(self, run: Run) -> int:
        """Let a new process do the run's next part; its process id."""
        assert self._process.stdin
        self._process.stdin.write(f"{run.pk}\n")
        self._process.stdin.flush()
        return self._number()

    def ended(self) -> int:
        """The exit code of that process, once it has one."""
        return self._number()

    def kill(self, pid: int) -> None:
        """End it as nothing can prevent, and wait until it is gone."""
        os.kill(pid, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def _number(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


@contextmanager
def forker(environment: dict[str, str], folder: Path) -> Iterator[Forker]:
    with (folder / "err").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.reports.forker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    with process:
        try:
            yield Forker(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its child, too, where a test failed


def is_alone() -> bool:
    """Whether nobody else is connected: what a dead process had still asked for is done."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return bool(cursor.fetchone() == (0,))


def take_over(run: Run) -> None:
    """Let the sweeper find the run that its process left behind, long enough after its death."""
    until(is_alone)
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(
        heartbeat=datetime.now(UTC) - timedelta(hours=1)
    )
    sweeping.sweep()
    run.refresh_from_db()
    assert run.state == Run.State.WAITING


def kill_before_the_claim(children: Forker, run: Run) -> None:
    with locked("reports_run", "EXCLUSIVE") as lock:
        pid = children.begin(run)
        lock.waiting()
        children.kill(pid)
    take_over(run)


def kill_at_work(children: Forker, run: Run, upstreams: Upstreams, endpoint: str) -> bool:
    """Inside the call to a model; where a part makes none, while its last statement waits. Whether
    it was in a call.
    """
    upstreams.always(endpoint, NEVER)
    before = len(upstreams.calls_to(endpoint))
    with locked("reports_step", "EXCLUSIVE") as lock:
        pid = children.begin(run)
        until(lambda: len(upstreams.calls_to(endpoint)) > before or lock.is_awaited)
        in_call = not lock.is_awaited
        children.kill(pid)
    upstreams.always(endpoint, Reply())
    take_over(run)
    return in_call


def written() -> QuerySet[Report]:
    """The reports, without the notes that the public reads while one waits for its review."""
    return Report.objects.filter(superseded_by=None)


def steps_of(run: Run) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in Step.objects.filter(run=run).values()}


def finished_through_kills(children: Forker, run: Run, upstreams: Upstreams, endpoint: str) -> int:
    """Bring a run to its end, killed twice in each part; how many kills that took.

    What PostgreSQL had been given of a killed process it does, and all of it: a part that had only
    its last statement left is finished then. The report itself takes several, in a transaction.
    """
    kills, steps = 0, steps_of(run)
    while run.state != Run.State.DONE:
        kill_before_the_claim(children, run)
        in_call = kill_at_work(children, run, upstreams, endpoint)
        kills += 2
        after = steps_of(run)
        new = [step["name"] for key, step in after.items() if key not in steps]
        assert not in_call or not new, "a part killed in its call was committed"
        assert "save" not in new, "a report killed in its transaction was committed"
        if not new:
            children.begin(run)
            assert children.ended() == 0
            after = steps_of(run)
        assert after.items() >= steps.items(), "a finished part was done again"
        assert len(after) == len(steps) + 1
        steps = after
        run.refresh_from_db()
    return kills


def test_killed_at_every_boundary_and_in_every_call_a_slot_gets_its_one_report(
    numbers: dict[str, str], upstreams: Upstreams, settings: Settings, tmp_path: Path
) -> None:
    settings.MAX_REPORT_ATTEMPTS = 1000  # the sweeper here counts each kill; its cap is no subject
    kills = 0
    with forker(numbers, tmp_path) as children:
        for hour, (writer, endpoint) in enumerate(ENDPOINTS.items()):
            run, _ = request_run(SLOT.replace(hour=hour), Run.Trigger.COMMAND)
            Run.objects.filter(pk=run.pk).update(writer=writer)
            kills += finished_through_kills(children, run, upstreams, endpoint)
            assert_each_call_was_finished_once(run, upstreams, endpoint)
    assert kills >= 50
    assert written().count() == len(ENDPOINTS)


def assert_each_call_was_finished_once(run: Run, upstreams: Upstreams, endpoint: str) -> None:
    """Each call was made twice: killed inside the first time, and paid for; then answered."""
    steps = list(Step.objects.filter(run=run).order_by("pk"))
    assert list(dict.fromkeys(step.name for step in steps)) == list(ORDER)
    by_model = [step for step in steps if step.usage]
    assert len(by_model) >= 10
    asked = [call.body for call in upstreams.calls_to(endpoint)]
    assert asked[::2] == asked[1::2]
    calls = Counter(ModelCall.objects.filter(run=run).values_list("purpose", "state"))
    purposes = {purpose for purpose, _ in calls}
    assert len(asked) == 2 * len(by_model) == 2 * len(purposes)
    states = (ModelCall.State.OPEN, ModelCall.State.ANSWERED)
    assert calls == {(purpose, state): 1 for purpose in purposes for state in states}
    assert run_totals(run.pk).calls == 2 * len(by_model)
    assert run.report
    assert run.report.writer == run.writer


def test_what_a_killed_worker_leaves_another_finishes(
    numbers: dict[str, str], upstreams: Upstreams, tmp_path: Path
) -> None:
    quick = {
        "ENABLE_AUTO_REPORT_SCHEDULER": "false",
        "MARKET_REFRESH_SECONDS": "3600",
        "RUN_HEARTBEAT_SECONDS": "0.2",
        "RUN_STALE_SECONDS": "2",
        "RUN_WAITING_SECONDS": "0.5",
        "RUN_SWEEP_SECONDS": "0.5",
    }
    upstreams.always("gemini.generate", NEVER)
    run, _ = request_run(SLOT, Run.Trigger.EDITOR)
    for number, name in enumerate(("first", "second"), start=1):
        with started(worker_command(), numbers | quick, tmp_path / name) as worker:
            until(lambda asked=number: len(upstreams.calls_to("gemini.generate")) == asked)
            os.killpg(worker.popen.pid, signal.SIGKILL)  # in the call, which it asked again
            until(lambda one=worker: not one.living())
    upstreams.always("gemini.generate", Reply())
    with started(worker_command(), numbers | quick, tmp_path / "third"):
        until(Run.objects.filter(state=Run.State.DONE).exists)
    run.refresh_from_db()
    assert (run.attempt, run.report) == (3, written().get())
    calls = list(ModelCall.objects.filter(run=run).order_by("pk").values_list("purpose", "state"))
    first = "write what-happened"
    assert calls[:3] == [(first, "open"), (first, "open"), (first, "answered")]
    assert {state for _, state in calls[3:]} == {"answered"}
    assert len({purpose for purpose, _ in calls}) == len(calls) - 2
    assert len(calls) == len(upstreams.calls_to("gemini.generate"))


def test_beats_cron_and_a_click_at_the_same_instant_make_one_run(
    numbers: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    settings.AUTO_REPORT_SCHEDULE_TIMES = [time(15, 10)]  # now, in Vietnam
    variables = {"AUTO_REPORT_SCHEDULE_TIMES": "15:10", "REPORT_WRITERS": "analyst"}
    user = editor()
    jobs = (start_due_run, start_due_run, lambda: requests.request_now(user, draft=False))
    cron = started(
        manage_command("generate_report", "--if-due"), numbers | variables, tmp_path / "cron"
    )
    with ThreadPoolExecutor(len(jobs)) as pool, locked("reports_run", "SHARE") as lock, cron as one:
        tasks = [pool.submit(alone, job) for job in jobs]
        lock.waiting(len(jobs) + 1)  # each has found the slot free
        lock.release()
        for task in tasks:
            task.result()
        written = one.wait() == 0  # else 3: the slot is taken
    assert Run.objects.count() == 1
    assert bells() + written == 1
    assert Report.objects.count() == written


def alone(job: Callable[[], object]) -> None:
    """Do it as a thread with a connection of its own."""
    try:
        job()
    finally:
        connection.close()


def bells() -> int:
    """How many tasks wait at the broker."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.select(redis_database(os.environ["REDIS_URL"]) + 1)
        return client.llen("celery")
