"""More than one beat and more than one worker, as processes, on one database and one broker."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from market.history import backfill
from market.snapshot import CURRENT_KEY
from marketsite import clock, vitals
from marketsite.redis import read_json
from reports.models import Report, Run, Step
from tests.conftest import ROOT
from tests.processes import Process, outcomes, started, until
from tests.upstreams import Upstreams

BEATS, WORKERS = 2, 3
MORNING = datetime(2026, 8, 21, 3, 0, tzinfo=UTC)  # ten o'clock in Vietnam
INTERVAL = timedelta(seconds=180)
SLOTS = ["10:06", "10:12", "10:18"]
COUNTED = ("vietcap.quotes", "binance.tickers")


@pytest.fixture
def moment(
    environment: dict[str, str],
    upstreams: Upstreams,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The file that every clock follows, that of the upstreams too."""
    upstreams.scenario = "demo"
    file = tmp_path / "clock"
    show(file, MORNING)
    monkeypatch.setenv(clock.VARIABLE, f"@{file}")
    environment |= {
        clock.VARIABLE: f"@{file}",
        "CELERY_BEAT_SCHEDULER": "bench.soak.beat:Scheduler",
        "MARKET_REFRESH_SECONDS": f"{INTERVAL.total_seconds():.0f}",
        "MARKET_SOURCES": "vietcap",
        "CRYPTO_SOURCES": "binance",
        "REPORT_WRITERS": "analyst",
        "AUTO_REPORT_SCHEDULE_TIMES": ",".join(SLOTS),
        "LOG_FORMAT": "text",
    }
    backfill()
    return file


def show(file: Path, now: datetime) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(f"={now:%Y-%m-%dT%H:%M:%SZ}", encoding="ascii")
    fresh.replace(file)


def ends(workers: list[Process], job: str) -> list[str]:
    return [outcome for worker in workers for outcome in outcomes(worker.err, job)]


def shown_moment() -> str:
    """When the snapshot that readers see was made."""
    (found,) = read_json(CURRENT_KEY)
    return str(found["generated_at"]) if found else ""


@pytest.mark.slow
def test_two_beats_and_three_workers_refresh_once_an_interval_and_write_each_slot_once(
    environment: dict[str, str],
    upstreams: Upstreams,
    moment: Path,
    redis_client: redis.Redis,
    tmp_path: Path,
) -> None:
    process = str(ROOT / "deploy/process")
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                started([process, "worker", "--without-beat"], environment, tmp_path / f"worker{n}")
            )
            for n in range(WORKERS)
        ]
        beats = [
            stack.enter_context(started([process, "beat"], environment, tmp_path / f"beat{n}"))
            for n in range(BEATS)
        ]
        roles = {"worker": WORKERS, "beat": BEATS}
        until(lambda: Counter(one.role for one in vitals.read(redis_client)) == roles)
        bells = WORKERS  # each rings once when it is ready
        until(lambda: len(ends(workers, "refresh_indices")) == bells)
        for step in range(1, 8):
            if step == 7:
                beats[0].popen.kill()
                beats[0].popen.wait()
            now = MORNING + step * INTERVAL
            show(moment, now)
            bells += BEATS if step < 7 else BEATS - 1
            until(lambda heard=bells: len(ends(workers, "refresh_indices")) == heard)
            until(lambda heard=bells: len(ends(workers, "refresh_overview")) == heard)
            assert shown_moment() == f"{now:%Y-%m-%dT%H:%M:%SZ}"
            due = sum(slot <= f"{now + timedelta(hours=7):%H:%M}" for slot in SLOTS)
            until(lambda due=due: Report.objects.published().count() == due)
    assert [len(upstreams.calls_to(name)) for name in COUNTED] == [8, 8]
    for job in ("refresh_indices", "refresh_overview", "start_due_run", "advance_run"):
        assert set(ends(workers, job)) == {"ok"}, job
    assert len(ends(workers, "start_due_run")) > 2 * len(SLOTS)
    runs = list(Run.objects.order_by("slot"))
    assert [f"{run.slot + timedelta(hours=7):%H:%M}" for run in runs] == SLOTS
    assert {(run.state, run.attempt, run.trigger) for run in runs} == {("done", 1, "schedule")}
    assert Report.objects.count() == len({run.report_id for run in runs}) == len(SLOTS)
    parts = Counter(Step.objects.values_list("run", "name", "part"))
    assert set(parts.values()) == {1}
