"""A call to a model takes minutes: what else there is to do goes on in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from market.history import backfill
from market.refresh import refresh_indices
from reports.models import Report, Run, Step
from reports.writing import requests
from reports.writing.runs import request_run
from tests.people import editor
from tests.processes import Process, manage_command, outcomes, started, until, worker_command
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.slow

SLOT = datetime(2026, 8, 21, 8, 0, tzinfo=UTC)
MINUTES = Reply(delay=600)  # longer than any test waits


@pytest.fixture
def worker(environment: dict[str, str], upstreams: Upstreams, tmp_path: Path) -> Iterator[Process]:
    """A worker with two children, whose model does not come to an answer."""
    refresh_indices()
    backfill()
    upstreams.always("gemini.generate", MINUTES)
    quick = {
        "GEMINI_API_KEY": "AIza-test-key",
        "REPORT_WRITERS": "gemini,analyst",
        "ENABLE_AUTO_REPORT_SCHEDULER": "false",
        "MARKETSITE_CLOCK": "2026-08-21T03:00:00Z",  # in session, and running
        "MARKET_REFRESH_SECONDS": "5",
        "RUN_HEARTBEAT_SECONDS": "0.2",
        "RUN_STALE_SECONDS": "1",
        "RUN_WAITING_SECONDS": "0.5",
        "RUN_SWEEP_SECONDS": "0.5",
    }
    with started(worker_command(), environment | quick, tmp_path) as process:
        yield process


def test_a_run_that_is_cancelled_in_a_call_makes_no_other_and_writes_nothing_more(
    environment: dict[str, str], upstreams: Upstreams, tmp_path: Path
) -> None:
    refresh_indices()
    upstreams.always("gemini.generate", Reply(delay=1))
    command = manage_command("generate_report", "--slot", SLOT.isoformat(), "--writer", "gemini")
    key = {"GEMINI_API_KEY": "AIza-test-key"}
    with started(command, environment | key, tmp_path) as process:
        until(lambda: upstreams.calls_to("gemini.generate"))
        finished = list(Step.objects.values_list("pk", flat=True))
        assert requests.cancel(Run.objects.get(), editor())
        assert process.wait() == 1
        assert "claim lost" in process.err
        assert "was cancelled" in process.err
    assert len(upstreams.calls_to("gemini.generate")) == 1
    assert list(Step.objects.values_list("pk", flat=True)) == finished
    assert (Run.objects.get().state, Report.objects.exists()) == ("cancelled", False)


def asked_for(hour: int) -> Run:
    run, _ = request_run(SLOT.replace(hour=hour), Run.Trigger.EDITOR)
    return run


def test_refreshes_and_sweeps_go_on_beside_a_call_and_a_second_run_waits(
    worker: Process, upstreams: Upstreams, redis_client: redis.Redis
) -> None:
    asked_for(1)
    until(lambda: upstreams.calls_to("gemini.generate"))
    asked_for(2)
    (called,) = Run.objects.filter(state=Run.State.RUNNING)
    seen = redis_client.get("market_indices")
    refreshed = len(outcomes(worker.err, "refresh_indices"))
    until(lambda: len(outcomes(worker.err, "refresh_indices")) >= refreshed + 2)
    assert redis_client.get("market_indices") != seen
    swept = len(outcomes(worker.err, "sweep"))
    until(lambda: len(outcomes(worker.err, "sweep")) >= swept + 2)
    called.refresh_from_db()
    assert (called.state, called.attempt) == ("running", 1)  # its heart went on beating
    assert len(upstreams.calls_to("gemini.generate")) == 1
    assert Run.objects.get(slot=SLOT.replace(hour=2)).state == "waiting"
