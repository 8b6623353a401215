"""`tick`: what beat and worker would do, from cron alone, each job for itself."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from celery.schedules import crontab
from django.conf import settings as site
from pytest_django import Settings

from market import tasks as market_tasks
from market.models import Quote
from market.sessions import VIETNAM
from marketsite.celery import app
from marketsite.daily import Daily
from marketsite.locks import held
from marketsite.redis import cache_settings
from reports import tasks as report_tasks
from reports.models import JobMark, Report, Run
from reports.publishing import publish
from reports.tick import GROUPS, is_due, tick
from reports.writing.runs import request_run
from tests.conftest import Manage
from tests.people import editor
from tests.processes import locked, manage_command, outcomes, started
from tests.reports.admin import make_report
from tests.upstreams import Upstreams

NOW = datetime(2026, 8, 21, 8, 10, tzinfo=UTC)  # 15:10 in Vietnam
MINUTE = timedelta(minutes=1)
At = Callable[[str], None]
JOBS = {job.name: job for jobs in GROUPS.values() for job in jobs}


def jobs_done(caplog: pytest.LogCaptureFixture) -> set[str]:
    """The jobs that have ended since the last call."""
    done = {job for job in JOBS if outcomes(caplog.text, job)}
    caplog.clear()
    return done


# What is due


def test_each_entry_of_beats_schedule_has_its_job() -> None:
    entries = site.CELERY_BEAT_SCHEDULE.values()
    assert {entry["task"] for entry in entries} == {job.task for job in JOBS.values()}
    for job in JOBS.values():
        assert hasattr(market_tasks if job.task.startswith("market") else report_tasks, job.name)


def test_beat_rings_at_the_hours_that_the_settings_name() -> None:
    rung = app.conf.beat_schedule
    assert rung.keys() == site.CELERY_BEAT_SCHEDULE.keys()
    for name, entry in site.CELERY_BEAT_SCHEDULE.items():
        if isinstance(daily := entry["schedule"], Daily):
            assert rung[name]["schedule"] == crontab(
                hour=[*daily.hours], minute=[daily.minute], app=app
            )
        else:
            assert rung[name] == entry


@pytest.mark.parametrize(
    ("ago", "due"),
    [(0, False), (2 * 60 + 29, False), (2 * 60 + 30, True), (3 * 60 - 1, True), (9999, True)],
)
def test_an_interval_that_cron_met_a_moment_early_counts(ago: int, due: bool) -> None:
    assert is_due(timedelta(minutes=3), NOW - timedelta(seconds=ago), NOW) == due


@pytest.mark.parametrize("schedule", [timedelta(minutes=3), Daily((3,), 40)])
def test_what_was_never_done_or_done_in_the_future_is_due(schedule: timedelta | Daily) -> None:
    assert is_due(schedule, None, NOW)
    assert is_due(schedule, NOW + timedelta(hours=1), NOW)


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        ("2026-08-21T08:20:00Z", "2026-08-21T08:20:00Z"),  # 15:20 in Vietnam
        ("2026-08-21T08:19:59Z", "2026-08-21T01:20:00Z"),
        ("2026-08-21T01:00:00Z", "2026-08-20T14:20:00Z"),
    ],
)
def test_daily_moments_are_vietnams_and_one_that_was_missed_is_made_up(
    now: str, newest: str
) -> None:
    moment, wanted = datetime.fromisoformat(now), datetime.fromisoformat(newest)
    schedule = Daily((8, 15, 18, 21), 20)
    assert schedule.newest(moment.astimezone(VIETNAM)) == wanted
    assert is_due(schedule, wanted - timedelta(seconds=1), moment)
    assert not is_due(schedule, wanted, moment)


@pytest.mark.django_db
def test_a_tick_does_what_is_due_and_the_next_what_is_due_then(
    upstreams: Upstreams, at: At, caplog: pytest.LogCaptureFixture
) -> None:
    paced = {"refresh_indices", "refresh_overview", "close_day", "prune"}
    assert tick() == []
    assert jobs_done(caplog) == paced
    at("2026-08-21T08:11:00Z")
    assert tick() == []
    assert jobs_done(caplog) == set()
    at("2026-08-21T08:12:59Z")
    tick()
    assert jobs_done(caplog) == {"refresh_indices", "refresh_overview"}
    at("2026-08-21T08:20:00Z")
    tick()
    assert "close_day" in jobs_done(caplog)
    at("2026-08-22T08:20:00Z")
    tick()
    assert jobs_done(caplog) == paced


@pytest.mark.django_db
def test_what_a_worker_has_just_refreshed_is_left_alone(
    upstreams: Upstreams, at: At, redis_client: redis.Redis
) -> None:
    market_tasks.refresh_indices()
    market_tasks.refresh_overview()
    upstreams.reset()
    at("2026-08-21T08:11:00Z")
    tick()
    assert [call for call in upstreams.calls if "quotes" in call.name] == []
    redis_client.flushdb()
    tick()
    assert redis_client.get("market_indices")


@pytest.mark.django_db
def test_without_redis_the_database_tells_what_was_done(
    upstreams: Upstreams, settings: Settings, at: At, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": cache_settings("redis://127.0.0.1:9/0", 8, 0.2)}
    assert tick() == ["refresh_indices", "refresh_overview"]  # nobody sees what they fetched
    assert Quote.objects.count() == 5
    jobs_done(caplog)
    at("2026-08-21T08:11:00Z")
    assert tick() == []
    assert "refresh_indices" not in jobs_done(caplog)
    at("2026-08-21T08:13:00Z")
    assert tick() == ["refresh_indices", "refresh_overview"]


# Each job for itself


def test_a_job_that_fails_stops_no_other_and_is_named(manage: Manage, upstreams: Upstreams) -> None:
    upstreams.scenario = "down"
    done = manage("tick", AUTO_REPORT_SCHEDULE_TIMES="15:10", RUN_RETRY_SECONDS="0")
    assert done.returncode == 1
    failed = ["refresh_indices", "refresh_overview", "close_day", "start_due_run"]
    assert f"failed: {', '.join(failed)}" in done.stderr.splitlines()
    assert {job: outcomes(done.stderr, job) for job in failed} == {
        job: ["failed"] for job in failed
    }
    assert outcomes(done.stderr, "prune") == ["ok"]
    assert outcomes(done.stderr, "tick") == ["exit_1"]
    assert "Traceback" not in done.stderr
    assert Run.objects.get().state == Run.State.FAILED
    later = {"MARKETSITE_CLOCK": "=2026-08-21T08:11:00Z", "AUTO_REPORT_SCHEDULE_TIMES": "15:10"}
    again = manage("tick", **later)
    assert (again.returncode, outcomes(again.stderr, "start_due_run")) == (0, [])
    assert outcomes(again.stderr, "tick") == ["ok"]


@pytest.mark.django_db
def test_a_fault_in_a_job_is_logged_with_its_traceback_and_stops_no_other(
    upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("reports.retention.prune", lambda: 1 / 0)
    request_run(NOW, Run.Trigger.SCHEDULE)
    assert tick() == ["prune"]
    assert "ZeroDivisionError" in caplog.text
    assert outcomes(caplog.text, "sweep") == ["ok"]


# Locks


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.django_db
def test_a_group_that_another_tick_is_at_is_left_to_it(
    upstreams: Upstreams, caplog: pytest.LogCaptureFixture, group: str
) -> None:
    request_run(NOW, Run.Trigger.SCHEDULE)
    publish.schedule(make_report(), NOW, editor())
    with held(f"tick {group}") as ours:
        assert ours
        assert tick() == []
    left = {job.name for job in GROUPS[group]}
    assert f"another tick is at it group={group}" in caplog.text
    wanted = {"refresh_indices", "refresh_overview", "publish_due", "close_day", "prune", "sweep"}
    if "publish_due" not in left:  # what it published has no picture yet
        wanted.add("draw_cards")
    assert jobs_done(caplog) == wanted - left


@pytest.mark.django_db
def test_a_lock_ends_with_its_block() -> None:
    for _ in range(2):
        with held("x") as ours, held("x") as theirs, held("y") as other:
            assert (ours, theirs, other) == (True, False, True)


def test_while_a_report_is_being_written_the_next_tick_refreshes(
    environment: dict[str, str], upstreams: Upstreams, tmp_path: Path, redis_client: redis.Redis
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("=2026-08-21T08:10:00Z")
    environment |= {"MARKETSITE_CLOCK": f"@{clock}", "AUTO_REPORT_SCHEDULE_TIMES": "15:10"}
    with ExitStack() as stack:
        lock = stack.enter_context(locked("reports_report", "SHARE"))
        writing = stack.enter_context(started(manage_command("tick"), environment, tmp_path / "a"))
        lock.waiting()  # in the middle of `save`
        first = redis_client.get("market_indices")
        clock.write_text("=2026-08-21T08:13:00Z")
        beside = stack.enter_context(started(manage_command("tick"), environment, tmp_path / "b"))
        assert beside.wait() == 0
        assert outcomes(beside.err, "refresh_indices") == ["ok"]
        assert outcomes(beside.err, "sweep") == []
        assert "another tick is at it group=reports" in beside.err
        assert redis_client.get("market_indices") != first
        lock.release()
        assert writing.wait() == 0
    assert Run.objects.get().report == Report.objects.published().get()


def test_the_next_tick_takes_up_what_a_killed_one_left(
    environment: dict[str, str], upstreams: Upstreams, tmp_path: Path
) -> None:
    environment |= {"AUTO_REPORT_SCHEDULE_TIMES": "15:10"}
    patience = {
        "RUN_HEARTBEAT_SECONDS": "0.1",
        "RUN_STALE_SECONDS": "0.2",
        "RUN_WAITING_SECONDS": "0.2",
    }
    with ExitStack() as stack:
        lock = stack.enter_context(locked("reports_report", "SHARE"))
        process = stack.enter_context(started(manage_command("tick"), environment, tmp_path / "a"))
        lock.waiting()  # in the middle of `save`
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    with started(manage_command("tick"), environment | patience, tmp_path / "b") as process:
        assert process.wait() == 0
    run = Run.objects.get()
    assert (run.state, run.attempt) == (Run.State.DONE, 2)
    assert run.report == Report.objects.published().get()


# What it does


@pytest.mark.django_db
def test_a_request_is_written_by_the_next_tick(upstreams: Upstreams, settings: Settings) -> None:
    settings.RUN_WAITING_SECONDS = 0
    market_tasks.refresh_indices()
    run, _ = request_run(NOW, Run.Trigger.EDITOR, draft=True, requested_by=editor())
    tick()
    run.refresh_from_db()
    assert run.report
    assert run.report.status == Report.Status.REVIEW


@pytest.mark.django_db
def test_a_scheduled_report_becomes_public_at_its_moment(upstreams: Upstreams, at: At) -> None:
    report, user = make_report(), editor()
    when = NOW + 5 * MINUTE
    assert publish.schedule(report, when, user)
    at("2026-08-21T08:14:00Z")
    tick()
    report.refresh_from_db()
    assert report.status == Report.Status.SCHEDULED
    at("2026-08-21T08:15:00Z")
    tick()
    report.refresh_from_db()
    assert (report.status, report.published_at) == (Report.Status.PUBLISHED, when)
    assert report.reviewed_by == user


@pytest.mark.django_db
def test_the_marks_stay_one_a_job(upstreams: Upstreams, at: At) -> None:
    for minute in range(10, 20):
        at(f"2026-08-21T08:{minute}:00Z")
        tick()
    names = JobMark.objects.values_list("name", flat=True)
    assert len(names) == len(set(names)) == 4


@pytest.mark.django_db
def test_a_translation_that_is_still_to_come_is_tried_again(
    upstreams: Upstreams, at: At, caplog: pytest.LogCaptureFixture
) -> None:
    report = make_report(status="published", translation_pending=True)
    run, _ = request_run(NOW, Run.Trigger.SCHEDULE)
    Run.objects.update(state="done", report=report, finished_at=NOW)
    at("2026-08-21T08:20:00Z")
    tick()
    assert "sweep" not in jobs_done(caplog)
    at("2026-08-21T09:20:00Z")
    tick()
    assert f"translation tried again run={run.pk}" in caplog.text


def test_a_lock_is_free_again_at_once(committed: None) -> None:
    """Not only when the server has noticed that the connection is gone."""
    for _ in range(50):
        with held("tick again") as ours:
            assert ours
