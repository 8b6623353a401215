"""A day with cron alone: a tick each minute, the clock moved by hand, nobody else at work."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import Settings

from market.models import Bar, Overview
from market.snapshot import iso
from market.snapshot import read as read_snapshot
from marketsite import clock
from reports.models import Report, Run
from reports.publishing import publish
from reports.tick import tick
from reports.writing import pipeline
from reports.writing.requests import request_now
from reports.writing.runs import request_run
from tests.people import editor
from tests.processes import outcomes
from tests.reports.admin import make_report
from tests.upstreams import Upstreams

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MIDNIGHT = datetime(2026, 8, 25, 17, 0, tzinfo=UTC)  # of the 26th, a Wednesday, in Vietnam
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
REFRESH = timedelta(minutes=3)
Cron = Callable[[datetime, datetime], Iterator[datetime]]


@pytest.fixture
def cron(upstreams: Upstreams, at: Callable[[str], None], settings: Settings) -> Iterator[Cron]:
    """Tick each minute from one moment to another, in a market that follows the clock.

    Gives each minute before its tick: what somebody does then, the tick finds.
    """
    upstreams.scenario = "demo"
    settings.RUN_WAITING_SECONDS = 0  # the sweeper's patience is real time, which does not pass
    settings.AUTO_REPORT_INTERVAL_HOURS = 3
    settings.MARKET_BAR_SOURCES = ["vndirect_chart"]  # has a day's bar at its close
    gc.freeze()  # each job collects garbage, and the test's own process is large

    def run(start: datetime, end: datetime) -> Iterator[datetime]:
        while start < end:
            at(iso(start))
            yield start
            assert tick() == []
            start += MINUTE

    yield run
    gc.unfreeze()


def killed_run(slot: datetime) -> Run:
    """A run that a process claimed before it died."""
    run, _ = request_run(slot, Run.Trigger.COMMAND)
    assert pipeline.claim(run.pk)
    Run.objects.filter(pk=run.pk).update(heartbeat=datetime.now(UTC) - timedelta(minutes=1))
    return run


def test_every_refresh_slot_request_killed_run_and_publication_completes(
    cron: Cron, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "marketsite.memory")
    user, ages, done = editor(), list[timedelta](), Counter[str]()
    planned, when = make_report(), MIDNIGHT + timedelta(hours=10)
    assert publish.schedule(planned, when, user)
    asked = killed = None
    for now in cron(MIDNIGHT, MIDNIGHT + DAY):
        if now == MIDNIGHT + timedelta(hours=1, minutes=7):
            asked, _ = request_now(user, draft=True)
        if now == MIDNIGHT + timedelta(hours=5, minutes=20):
            killed = killed_run(now)
        if now > MIDNIGHT:
            ages.append(now - clock.parse(read_snapshot()["generated_at"]))
        if now == when + MINUTE:
            planned.refresh_from_db()
            assert planned.is_public
    for job in (
        "refresh_indices",
        "refresh_overview",
        "close_day",
        "prune",
        "sweep",
        "publish_due",
    ):
        done[job] = len(outcomes(caplog.text, job))
        assert set(outcomes(caplog.text, job)) == {"ok"}
    assert max(ages) == REFRESH
    refreshes = DAY // REFRESH
    assert (done["refresh_indices"], done["refresh_overview"]) == (refreshes, refreshes)
    assert Overview.objects.count() == refreshes
    assert (done["close_day"], done["prune"]) == (5, 2)  # the first tick made up for none before
    assert Bar.objects.filter(day=date(2026, 8, 26)).count() == 5
    slots = [MIDNIGHT + timedelta(hours=hour) for hour in range(0, 24, 3)]
    runs = Run.objects.filter(trigger=Run.Trigger.SCHEDULE).order_by("slot")
    assert list(runs.values_list("slot", flat=True)) == slots
    assert asked
    assert killed
    assert set(Run.objects.values_list("state", flat=True)) == {"done"}
    reports = {run.pk: run.report for run in Run.objects.select_related("report")}
    assert reports[asked.pk].status == Report.Status.REVIEW
    assert reports[killed.pk].is_public
    assert Run.objects.get(pk=killed.pk).attempt == 2


def test_after_a_night_off_the_first_tick_makes_up_what_was_missed_once(
    cron: Cron, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in cron(MIDNIGHT, MIDNIGHT + 2 * MINUTE):
        pass
    caplog.clear()
    morning = MIDNIGHT + timedelta(hours=11, minutes=31)
    for _ in cron(morning, morning + 3 * MINUTE):
        pass
    assert [len(outcomes(caplog.text, job)) for job in ("prune", "close_day")] == [1, 1]
    assert len(outcomes(caplog.text, "refresh_indices")) == 1
    newest = Run.objects.latest("slot")
    assert newest.slot == MIDNIGHT + timedelta(hours=9)
    assert Run.objects.count() == 2
